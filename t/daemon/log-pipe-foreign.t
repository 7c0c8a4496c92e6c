#!/usr/bin/perl
# Standard error is another user's pipe, which cannot be opened anew, and nobody reads it: echo goes on, and so do signals.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Copy 'copy';
use File::Temp;
use Mpechod;
use POSIX ();
use Test::More;

need_root();
need_command('setpriv');

my $dir = File::Temp->newdir('mpechod-XXXXXX', TMPDIR => 1);
chmod 0777, $dir;
my $port = free_port();
copy($Mpechod::PROGRAM, "$dir/mpechod") or die "copy: $!";    # to where that user can surely get at it
chmod 0755, "$dir/mpechod";
pipe(my $read, my $write) or die "pipe: $!";
my $pid = fork // die "fork: $!";
if ($pid == 0) {
    open STDERR, '>&', $write;
    exec { 'setpriv' } 'setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', "$dir/mpechod", '-f', '-c', '/dev/null',
      '-l', "127.0.0.1:$port", '-o', "accept.lock_file=$dir/lock", '-o', "process.pid_file=$dir/pid"
      or POSIX::_exit(127);
}
close $write;
END { kill KILL => $pid if $pid }

ok(defined readline($read), 'it has told that it is ready');

# An access line is some 100 bytes, and the pipe holds 64 KiB at most.
my $served = 0;
while ($served < 1000) {
    my $c = connect_to("127.0.0.1:$port");
    last if !$c || exchange($c, 'x', 5) ne 'x';
    $served++;
}
is($served, 1000, 'all are served, though the pipe is full');
kill TERM => $pid;
wait_ok(sub { waitpid($pid, POSIX::WNOHANG()) == $pid }, 10, 'and it stops when told to');
$pid = 0;
finish();
