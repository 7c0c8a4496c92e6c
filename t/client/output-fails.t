#!/usr/bin/perl
# Output that cannot be written is an error of its own: status 3, and no silent death by SIGPIPE.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use Fcntl qw(F_SETFL O_NONBLOCK);
use IO::Socket::IP;
use Mpecho;
use Socket qw(SOCK_STREAM);
use Test::More;

use constant F_SETPIPE_SZ => 1031;

my $server = EchoServer->new(\&echo);
my @to = $server->target;

sub fails ($name, $message, %how) {
    my $r = mpecho(@to, { input => "hello\n", %how });
    is($r->{err}, "mpecho: cannot write standard output: $message\n", $name);
    is($r->{status}, 3, "$name: status 3");
}

pipe my $reader, my $writer or die "pipe: $!";
close $reader;
fails('nobody reads', 'Broken pipe', stdout => $writer);
fails('closed', 'Bad file descriptor', in_child => sub { POSIX::close(1) });

SKIP: {
    open my $full, '>', '/dev/full' or skip('no /dev/full', 6);
    fails('a full disk', 'No space left on device', stdout => $full);
    my $bound = IO::Socket::IP->new(Type => SOCK_STREAM, LocalHost => '127.0.0.1', LocalPort => 0) or die "socket: $@";
    my $nobody = mpecho('ping', '--json', '127.0.0.1', $bound->sockport, { stdout => $full });
    is($nobody->{status}, 2, 'a full disk, and nobody there: the status of the latter');
    like($nobody->{err}, qr/Connection refused\nmpecho: cannot write standard output: No space left on device\n\z/, '... and both are told');
    my $r = mpecho('--version', { stdout => $full });
    is($r->{err}, "mpecho: cannot write standard output: No space left on device\n", '--version on a full disk');
    is($r->{status}, 3, 'status 3');
}

# In the midst of a run, which would go on for long.
for my $mode ([ 'ping', '-i', 0.01 ], [ 'bench', '-t', 60, '-i', 0.05 ]) {
    pipe my $read, my $write or die "pipe: $!";
    my $client = start_mpecho(@$mode, @to, { stdout => $write });
    close $write;
    sysread $read, my $heading, 10;
    close $read;
    my $r = end_of($client);
    is($r->{err}, "mpecho: cannot write standard output: Broken pipe\n", "$mode->[0]: the reader leaves");
    is($r->{status}, 3, "$mode->[0]: status 3, at once");
}

# An output that does not block, as its other end's owner has made it, is waited for: more than the pipe holds.
pipe my $read, my $write or die "pipe: $!";
fcntl $write, F_SETPIPE_SZ, 4096;
fcntl $write, F_SETFL, O_NONBLOCK;
my $client = start_mpecho('bench', '-t', 0.3, '-i', 0.01, '--json', @to, { stdout => $write });
ok(wait_until(sub { !has_room($write) || !is_running($client) }), 'the pipe is full');
close $write;
my $out = do { local $/; readline $read };
my $r = end_of($client);
cmp_ok(length $out, '>', 8192, 'a pipe that does not block gets more than it holds');
like($out, qr/^\}\n\z/m, '... to the last byte');
is($r->{err}, '', '... without an error');
is($r->{status}, 0, '... status 0');

$server->stop;
finish();
