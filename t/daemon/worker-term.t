#!/usr/bin/perl
# A worker that gets TERM finishes its connection and leaves; an idle one leaves at once, and is replaced.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
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

finish();
