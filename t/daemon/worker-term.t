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
echo_ok($d->connect, 'hello');

finish();
