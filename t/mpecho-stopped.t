#!/usr/bin/perl
# mpecho is stopped for longer than it waits for a reply: what came meanwhile has come.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use FaultyServer;
use JSON::PP;
use Mpecho;
use Test::More;

my $server = FaultyServer->new;

for my $arguments ([qw(bench -c 4 -t 1)], [qw(bench --crr -c 4 -t 1)], [qw(ping -i 0 -c 20000)]) {
    my $client = start_mpecho(@$arguments, '-W', 0.5, '--json', $server->target);
    ok($server->do(qw(delay 0)), "@$arguments: begun");
    kill STOP => $client->{pid};
    let_pass(0.9);
    kill CONT => $client->{pid};
    my $r    = end_of($client);
    my $json = decode_json($r->{out});
    is($r->{status}, 0, '... status 0');
    is($json->{lost}, 0, '... nothing is lost');
    is($json->{broken}, 0, '... no connection is broken');
    cmp_ok($json->{response}{max_ns}, '>', 0.8e9, '... though it took that long');
}

$server->stop;
finish();
