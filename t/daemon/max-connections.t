#!/usr/bin/perl
# pool.max_connections: a worker leaves after so many connections, and is replaced without a warning.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d = Mpechod->new(pool => { start => 1, min_spare => 1, max_spare => 1, max_workers => 1, max_connections => 3 })->start;

my @served;
for (1 .. 9) {
    my $c = $d->connect;
    push @served, $d->worker_of($c);
    exchange($c, 'x') eq 'x' or fail("client $_");
    end_ok($c);
}
my %times;
$times{$_}++ for @served;
is(join(' ', sort values %times), '3 3 3', 'three workers served three connections each');
wait_ok(sub { (() = $d->log_lines(qr/DEBUG \[\d+\] worker \d+ \(slot \d+\) left$/)) >= 3 }, 5, 'their leaving is a debug line');

finish();
