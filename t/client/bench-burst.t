#!/usr/bin/perl
# mpecho bench --burst: all connections at once, and one message on each.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use FaultyServer;
use JSON::PP;
use Mpecho;
use Test::More;

my $server = FaultyServer->new;
my $r = mpecho('bench', '--json', '--burst', '-c', 40, $server->target);
is($r->{status}, 0, 'status 0');
is($r->{err}, '', 'no error');
my $o = decode_json($r->{out});
is("@$o{qw(connected sent replied)}", '40 40 40', 'one message on each');
is($o->{response}{count}, 40, 'each is timed');
cmp_ok($o->{seconds}, '<', 8, 'it is over when the last one is answered, not after 10 s');

$server->stop;
finish();
