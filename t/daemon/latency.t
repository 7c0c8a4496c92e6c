#!/usr/bin/perl
# A small message comes back at once: no Nagle, whatever is still unacknowledged.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d = Mpechod->new->start;
my $c = $d->connect;
echo_ok($c, 'warm');

# Two messages in a row: with Nagle the second echo would wait for the client's delayed ACK, 40 ms.
my @pairs = map {
    timed(sub { $c->syswrite('a'); $c->syswrite('b'); read_some($c, 2) })
} 1 .. 50;
my ($median) = (sort { $a <=> $b } @pairs)[25];
cmp_ok($median, '<', 0.02, sprintf 'two messages in a row take %.2f ms', $median * 1000);

my @single = map { timed(sub { $c->syswrite('a'); read_some($c, 1) }) } 1 .. 200;
$median = (sort { $a <=> $b } @single)[100];
cmp_ok($median, '<', 0.01, sprintf 'one message takes %.3f ms', $median * 1000);
end_ok($c);

finish();
