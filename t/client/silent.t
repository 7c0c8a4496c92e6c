#!/usr/bin/perl
# A server that owes something and is silent does not hold mpecho for ever.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use Mpecho;
use Test::More;

my $server = EchoServer->new(\&hold_open);
my $begun = now();
loses('no echo', 'hello', 'at offset 0: missing: 5 of the bytes sent: the server was silent for 0.5 s', '-W', '0.5',
    $server->target);
cmp_ok(now() - $begun, '>=', 0.5, 'not before its time');
$server->stop;

$server = EchoServer->new(sub ($peer) { echo($peer); sleep 60 });
loses('all is back, but no end', 'hello', 'at offset 5: the server kept the connection open for 0.5004 s', '-W.5004',
    $server->target);
$server->stop;

$server = EchoServer->new(sub ($peer) { send_all($peer, receive($peer, 100)); hold_open($peer) });
my $r = mpecho('--timeout=0.5', $server->target, { input => random_bytes(3 << 20) });
like($r->{err}, qr/\Ampecho: at offset 100: missing: \d+ of the bytes sent: the server was silent for 0.5 s\n\z/,
    'silent in the middle of much data');
is($r->{status}, 1, 'status 1');
$server->stop;

# An input that comes slowly must not put the end off: silence is counted from what the server owes.
$server = EchoServer->new(\&hold_open);
pipe my $stdin, my $feed or die "pipe: $!";
my $client = start_mpecho('-W0.5', $server->target, { stdin => $stdin });
close $stdin;
ok(wait_until(sub { !defined syswrite $feed, '.' }), 'silence ends it while the input goes on');
$r = end_of($client);
is($r->{status}, 1, 'status 1');
like($r->{err}, qr/\Ampecho: at offset 0: missing: \d+ of the bytes sent: the server was silent for 0\.5 s\n\z/, 'and why');
$server->stop;

finish();
