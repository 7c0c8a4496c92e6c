#!/usr/bin/perl
# When all idle workers are stopped, clients are served all the same.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d = Mpechod->new(pool => { start => 3, min_spare => 3, max_spare => 6 }, accept => { stall_timeout => 0.5 })->start;
my @stopped = $d->workers;
$d->expect(map { qr/WARN \[\d+\] worker $_ / } @stopped);
halt(@stopped);
for my $n (1 .. 4) {
    my $seconds = timed(sub { my $c = $d->connect; echo_ok($c, 'hello', "client $n is served"); close $c });
    cmp_ok($seconds, '<', 1.5, sprintf 'within stall_timeout + 1 s (%.2f s)', $seconds);
}
kill CONT => @stopped;
wait_ok(sub { $d->idle_workers >= 3 }, 5, 'the pool is whole');
echo_ok($d->connect, 'hello');

# And a stop is not held up for longer than the drain time by workers that stand still.
$d->reload(timeout => { drain => 0.5 });
@stopped = $d->workers;
$d->expect(qr/have not ended/, map { qr/WARN \[\d+\] worker $_ / } @stopped);
halt(@stopped);
my $seconds = timed(sub { $d->stop });
cmp_ok($seconds, '<', 3, sprintf 'stopped workers do not hold up the end (%.2f s)', $seconds);

finish();
