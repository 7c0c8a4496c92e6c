#!/usr/bin/perl
# A multicast address is nobody's own, though one can be bound to it and connected to it where there is a route.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpecho;
use Test::More;

own_network_namespace();
set_up('ip route add 224.0.0.0/4 dev lo') or plan(skip_all => 'no route can be set up');
for my $address ('224.0.0.1', '239.1.2.3') {
    my $r = mpecho(qw(bench -u -t 0.1), $address);
    is($r->{status}, 64, "$address: refused");
    like($r->{err}, qr/^mpecho: \Q$address\E:9190 is not an address of this machine/, '... and why');
}
finish();
