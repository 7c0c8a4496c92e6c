#!/usr/bin/perl
# The open loop does not omit what a stopped server did to messages that were due: they are in the response time, and not
# in the service time. The closed loop, which sends nothing meanwhile, cannot see it.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use FaultyServer;
use JSON::PP;
use Mpecho;
use Test::More;

my $server = FaultyServer->new;

# Stopped for half a second within five, in two runs side by side on servers of their own.
my @assert = ('--assert', 'p95>150ms,service_p95<100ms,p50<100ms,max>450ms,loss=0%');
my $other  = FaultyServer->new;
my $open   = start_mpecho('bench', '-t', 5, '-R', 200, '-c', 4, '--json', @assert, $server->target);
my $closed = start_mpecho('bench', '-t', 5, '-c', 4, '--json', $other->target);
ok($_->do(qw(delay 0)), 'served') for $server, $other;
$server->ask('stop', 0.5);
ok($other->do('stop', 0.5), 'both are stopped for half a second');
ok($server->done, 'and go on');

my $r = end_of($open);
is($r->{status}, 0, 'the assertions hold') or diag($r->{err});
my $result = decode_json($r->{out});
cmp_ok($result->{sent}, '>=', 990, 'nothing is left out');
cmp_ok($result->{sent}, '<=', 200 * ($result->{seconds} + 0.5), 'nor added');
is($result->{replied}, $result->{sent}, 'all is answered');
my $p95 = sub ($timing) { sprintf '%.1f ms', ($timing->{'p90_ns'} + $timing->{'p99_ns'}) / 2e6 };
note('between p90 and p99: response ', $p95->($result->{response}), ', service ', $p95->($result->{service}));

$r = end_of($closed);
is($r->{status}, 0, 'closed loop: status 0');
$result = decode_json($r->{out});
cmp_ok($result->{response}{p99_ns}, '<', 200e6, 'the closed loop sees nothing of it at p99');
cmp_ok($result->{response}{max_ns}, '>', 450e6, 'but once a connection');
is($result->{service}, undef, 'and has no service time');

# A rate that the server cannot keep up with: what was due and could not be sent is lost, and the run ends in time.
my $begun = now();
$r = mpecho('bench', '-t', 1, '-R', '300k', '--json', $server->target);
is($r->{status}, 1, 'too high a rate: status 1');
$result = decode_json($r->{out});
my $due = $result->{replied} + $result->{lost};
cmp_ok($due, '>=', 297_000, 'all that was due is accounted for');
cmp_ok($due, '<=', 300_000 * ($result->{seconds} + 0.5), '... and no more');
cmp_ok($result->{lost}, '>', 10_000, 'as lost');
cmp_ok(now() - $begun, '<', 15, 'and it ends in time');

$_->stop for $server, $other;
finish();
