#!/usr/bin/perl
# Somebody shuts a listening socket down: it is made anew, on the same address, and service goes on.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Strace;
use Test::More;

my $d    = Mpechod->new;
my $unix = $d->dir . '/echo.sock';
$d->configure(listen => [ { address => '127.0.0.1', port => 0 }, { path => $unix }, { address => '*', port => 0 } ])->start;

$d->expect(qr/broken/, qr/WARN \[\d+\] worker leaves: its listening socket/, qr/exited with status/);
my $busy = $d->connect;
echo_ok($busy, 'before');
for my $i (0 .. 2) {
    my $address = $d->listening($i);
    $d->log_mark;
    my $worker = $d->worker_of($d->connect);
    my $inode  = fd_of($worker, 8 + $i);
    my $socket = descriptor_of($worker, 8 + $i);
    if (!$socket) { diag("pidfd_getfd: $!, skipped"); last }
    shutdown $socket, 2 or die $!;
    close $socket;
    my $c;
    my $seconds = timed(sub { wait_until(sub { $c = connect_to($address) and exchange($c, 'x', 1) eq 'x' }) });
    cmp_ok($seconds, '<', 2, sprintf '%s: clients are served again (after %.2f s)', $address, $seconds);
    echo_ok($c, 'hello');
    ok($d->log_wait(qr/WARN \[\d+\] .*broken/), 'logged');
    cmp_ok(scalar(my @lines = $d->log_lines(qr/WARN|ERROR/)), '<=', 6, 'in a few lines');
    close $c;
    isnt(fd_of($d->worker_of($d->connect), 8 + $i), $inode, 'it is a new socket');
    my @different = grep { my $c = connect_to($address); !$c || exchange($c, 'on') ne 'on' } 1 .. 30;
    is("@different", '', 'and no client fails from then on');
    wait_until(sub { $d->idle_workers >= 2 });
}
for my $i (0, 1) { SKIP: {
    skip 'strace may not trace here', 1 if run('strace', '-o', '/dev/null', 'true')->{status} ne '0';
    my $worker = $d->turn_holder or skip 'nobody has the turn', 1;
    my $socket = descriptor_of($worker, 8 + $i) // skip "pidfd_getfd: $!",     1;
    my $strace = Strace->attach($worker, '-e', 'trace=write');
    shutdown $socket, 2 or die $!;
    wait_ok(sub { $strace->lines(qr/^write\(5, /) }, 5, 'whoever finds it rings the bell, so that it is not for the tick to find');
    $strace->detach;
    wait_ok(sub { my $c = connect_to($d->listening($i)); $c && exchange($c, 'x', 1) eq 'x' }, 5, 'and it is made good');
    wait_until(sub { $d->idle_workers >= 2 && $d->turn_holder });
} }
echo_ok($busy, 'after', 'a connection lives through all of it');
end_ok($busy);

finish();
