#!/usr/bin/perl
# mpecho bench --omit: the beginning is no part of what is measured; all threads begin together.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use FaultyServer;
use JSON::PP;
use Mpecho;
use Test::More;

my $server = FaultyServer->new;

sub bench (@options) {
    my $r = mpecho('bench', '--json', @options, $server->target);
    is($r->{status}, 0, "@options: status 0");
    is($r->{err}, '', '... no error');
    return decode_json($r->{out});
}

my $r = bench('-t', 0.1, '--omit', 0.5);
cmp_ok($r->{seconds}, '>=', 0.05, 'the time that is measured');
cmp_ok($r->{seconds}, '<', 0.5, '... is not that of both');
cmp_ok(abs($r->{replied} - $r->{rate_per_second} * $r->{seconds}), '<', 50, 'nor is the count');

$r = bench('-c', 8, '-P', 8, '--omit', 0.2, '-t', 0.2);
is($r->{sent}, $r->{replied} + $r->{lost}, "a pipeline: what was omitted is neither sent nor come back: $r->{sent}");
ok(!$r->{interrupted}, '... and the run was not interrupted');

$r = bench('-c', 32, '-j', 32, '-t', 0.3);
is($r->{sent}, $r->{replied} + $r->{lost}, 'many threads: sent is replied and lost');
is($r->{intervals}[0]{start}, 0, 'many threads: from the beginning');

# Connections that cannot be made then do not count, nor the messages that they were for.
my $gone = EchoServer->new(sub ($peer) { exit });
$r = decode_json(mpecho('bench', '--json', '--crr', '--omit', 1, '-t', 0.3, $gone->target)->{out});
cmp_ok($r->{lost}, '<=', 5, "nobody there: what is lost in the omitted time does not count ($r->{lost})");
is("$r->{refused} $r->{unsent}", "$r->{lost} $r->{lost}", '... nor are its connections');
$gone->stop;

# Of a run that ends before the measuring begins nothing is measured.
my $client = start_mpecho(qw(bench --json --omit 30 -t 1), $server->target);
ok(wait_until(sub { blocks_int($client) }), 'begun');
let_pass(0.3);
kill INT => $client->{pid};
cmp_ok(decode_json(end_of($client)->{out})->{seconds}, '<', 0.2, 'ended in the omitted time: no time was measured');

# What breaks then does not count; wrong bytes do.
$server->ask(qw(reset 0));
$r = bench('-t', 0.1, '--omit', 0.5);
ok($server->done, 'a reset in the omitted time');
is($r->{broken}, 0, '... is not counted');
is_deeply($r->{problems}, [], '... nor told');
$server->ask(qw(flip 3));
$r = decode_json(mpecho('bench', '--json', '-t', 0.1, '--omit', 0.5, $server->target)->{out});
ok($server->done, 'a wrong byte in the omitted time');
is($r->{wrong}, 1, '... is counted');
is($r->{intervals}[0]{wrong}, 1, '... in the first interval');
is($r->{status}, 1, '... and is a failure');
like($r->{problems}[0]{text}, qr/offset 3\b/, '... and told');

$server->stop;
finish();
