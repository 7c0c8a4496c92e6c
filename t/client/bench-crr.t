#!/usr/bin/perl
# mpecho bench --crr: a connection for every message.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use FaultyServer;
use JSON::PP;
use Mpecho;
use Test::More;

my $server = FaultyServer->new;
my $r = mpecho('bench', '--json', '-t', 0.3, '--crr', '-c', 4, $server->target);
is($r->{status}, 0, 'status 0');
is($r->{err}, '', 'no error');
my $o = decode_json($r->{out});
cmp_ok(abs($o->{connected} - $o->{replied}), '<=', 4, 'as many connections as replies');
cmp_ok($o->{replied}, '>', 4, 'many');
cmp_ok($o->{response}{min_ns}, '>', $o->{connect}{min_ns}, 'connecting is a part of the time');

$server->stop;
finish();
