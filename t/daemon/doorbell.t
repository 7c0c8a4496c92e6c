#!/usr/bin/perl
# What a worker does to its end of the doorbell does not reach the master's: the master cannot be made to wait for it.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Fcntl qw(F_GETFL F_SETFL O_NONBLOCK);
use Test::More;

my $d = Mpechod->new->start;

sub flags_of ($fd) { return oct((slurp('/proc/' . $d->master . "/fdinfo/$fd") =~ /^flags:\s*(\d+)/m)[0] // 0) }

# pidfd_open(2) and pidfd_getfd(2) give us a worker's end of it (on every architecture under these numbers).
my ($worker) = $d->idle_workers;
my $pidfd    = syscall(434, $worker + 0, 0);
my $stolen   = $pidfd < 0 ? -1 : syscall(438, $pidfd, 5, 0);
plan(skip_all => "pidfd_getfd: $!") if $stolen < 0;
open my $bell, '>&=', $stolen or die $!;
my $name = fd_of($worker, 5);

fcntl $bell, F_SETFL, fcntl($bell, F_GETFL, 0) & ~O_NONBLOCK or die $!;
my ($own) = grep { (fd_of($d->master, $_) // '') eq $name && (flags_of($_) & 3) == 0 } 60 .. 127;
ok(defined $own, "the master has the reading end ($own)");
ok(flags_of($own) & O_NONBLOCK, 'which is as it was: it does not wait');

{
    no warnings 'io';
    ok(!defined sysread($bell, my $byte, 1), 'nobody but the master can hear who rings');
}
ok($d->reload, 'it does what it is told');

# It rings all the time, and the bell is never empty.
my $ringer = fork // die $!;
if ($ringer == 0) {
    $SIG{ALRM} = 'DEFAULT';
    alarm 20;
    1 while syswrite $bell, 'x' x 4096;
    POSIX::_exit(0);
}
echo_ok($d->connect, 'hello', 'clients are served meanwhile');
my $seconds = timed(sub { ok($d->reload, 'requests are acted on') });
cmp_ok($seconds, '<', 5, sprintf 'soon (%.2f s)', $seconds);
kill KILL => $ringer;
waitpid $ringer, 0;
close $bell;

finish();
