#!/usr/bin/perl
# The last idle worker takes a connection: the next client does not wait for the slow tick.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use Mpechod;
use Test::More;

my $d = Mpechod->new(pool => { start => 1, min_spare => 1, max_spare => 1, max_workers => 40 })->start;

my (@c, @seconds);
for (1 .. 30) {
    push @seconds, timed(sub { my $c = $d->connect; exchange($c, 'x') eq 'x' or die 'no echo'; push @c, $c });
}
my ($median, $worst) = (sort { $a <=> $b } @seconds)[15, 29];
cmp_ok($median, '<', 0.05, sprintf 'each client finds a worker after %.1f ms', $median * 1000);
cmp_ok($worst, '<', 0.35, sprintf 'the unluckiest after %.1f ms', $worst * 1000);
close $_ for @c;

finish();
