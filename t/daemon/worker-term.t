#!/usr/bin/perl
# A worker that gets TERM finishes its connection and leaves; an idle one leaves at once, and is replaced.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Strace;
use Test::More;

my $d = Mpechod->new->start;
my $c = $d->connect;
echo_ok($c, 'before');
my $busy = $d->worker_of($c);
my @idle = $d->idle_workers;
kill TERM => @idle, $busy;
wait_ok(sub { !grep { alive($_) } @idle }, 2, 'idle ones leave');
wait_ok(sub { $d->idle_workers >= 2 }, 5, 'and are replaced');
echo_ok($c, 'after', 'the busy one serves on');
ok(alive($busy), '... and lives');
end_ok($c);
wait_ok(sub { !alive($busy) }, 5, 'until the end of its connection');
is(scalar(() = $d->log_lines(qr/WARN|ERROR/)), 0, 'no warning');

# TERM just as the client ends: it leaves then, and not when it would next look.
my @late;
for my $n (1 .. 20) {
    $c = $d->connect;
    exchange($c, 'x');
    $busy = $d->worker_of($c);
    if ($n % 2) { kill TERM => $busy; $c->shutdown(2) }
    else        { $c->shutdown(2); kill TERM => $busy }
    my $seconds = timed(sub { wait_until(sub { !alive($busy) }, 5) });
    push @late, sprintf '%.2f', $seconds if $seconds > 0.5;
}
cmp_ok(scalar @late, '<=', 2, "after TERM a worker leaves with its client (late: @late)");
echo_ok($d->connect, 'hello');

SKIP: {
    skip 'strace may not trace here', 3 if run('strace', '-o', '/dev/null', 'true')->{status} ne '0';

    # TERM when the connection is closed and not logged yet.
    $c = $d->connect;
    echo_ok($c, 'to be logged');
    my $strace = Strace->attach($d->worker_of($c), '-e', 'trace=close', '-e', 'inject=close:signal=TERM:when=1');
    end_ok($c);
    $d->log_wait(qr/in=12 .*end=eof/);
    reap($strace->{pid});

    # And with nothing to do: at once, without a look at anything.
    wait_until(sub { $d->idle_workers >= 2 });
    ($busy) = map { exchange($_, 'x'); my $worker = $d->worker_of($_); close $_; $worker } $d->connect;
    wait_until(sub { grep { $_ == $busy } $d->idle_workers });
    $strace = Strace->attach($busy, '-e', 'trace=alarm,setitimer,exit_group');
    kill TERM => $busy;
    reap($strace->{pid});
    like(join(' ', $strace->lines(qr/^\w+\(/)), qr/^exit_group\(0\)/, 'one that is idle after a connection leaves at once');
}

finish();
