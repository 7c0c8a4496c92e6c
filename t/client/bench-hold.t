#!/usr/bin/perl
# mpecho bench --hold: idle connections; a message before and one after tell whether they survive.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use FaultyServer;
use JSON::PP;
use Mpecho;
use Mpechod;
use Test::More;

my $server = FaultyServer->new;
my $r = mpecho('bench', '--json', '--hold', 0.5, '-c', 10, $server->target);
is($r->{status}, 0, 'status 0');
is($r->{err}, '', 'no error');
my $o = decode_json($r->{out});
is("@$o{qw(connected sent replied survived)}", '10 20 20 10', 'two messages each');
cmp_ok($o->{seconds}, '>=', 0.5, 'with time between them');
$server->stop;

# A server that does not bear idleness.
my $short = Mpechod->new(timeout => { idle => 0.3 })->start;
$r = mpecho('bench', '--json', '--hold', 1, '-c', 3, '127.0.0.1', $short->port);
is($r->{status}, 1, 'idle connections that are cut: status 1');
is($r->{err}, '', '... no error');
$o = decode_json($r->{out});
is("@$o{qw(replied lost broken survived)}", '3 3 3 0', '... and counted');

finish();
