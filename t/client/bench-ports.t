#!/usr/bin/perl
# This machine's ports: a bench leaves none of them in TIME-WAIT, so that the next one finds them free; and if they are
# used up all the same, that is no fault of the server's. In a network of its own, which has a hundred ports.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use FaultyServer;
use JSON::PP;
use Mpecho;
use Test::More;

own_network_namespace();
set_up(q(echo '40000 40099' > /proc/sys/net/ipv4/ip_local_port_range)) or plan(skip_all => 'cannot limit the ports');

my $server = FaultyServer->new(port => free_port());

# How many connections to or from the server are in TIME-WAIT.
sub waiting () {
    my $port = sprintf ':%04X', $server->port;
    return scalar grep { (split)[3] eq '06' && /$port / } split /\n/, slurp('/proc/net/tcp');
}

for my $load ([ '--burst', '-c', 60 ], [ '--hold', 0.1, '-c', 60 ], [ '-t', 0.1, '-c', 60 ], [ '-R', 2000, '-t', 0.1, '-c', 60 ], [ '--crr', '-t', 0.1, '-c', 60 ]) {
    my @results = map { mpecho('bench', @$load, $server->target) } 1 .. 3;
    is(join(' ', map { $_->{status} } @results), '0 0 0', "@$load, three times: all is well") or diag($results[-1]{out});
    is(waiting(), 0, '... and no port waits');
}

my $r = mpecho('bench', '--json', '--burst', '-c', 120, $server->target);
my $json = decode_json($r->{out});
is($r->{status}, 3, 'more connections than ports: a local failure');
is("@$json{qw(connected refused broken lost)}", '100 0 0 20', '... and nobody refused anything');
like($json->{problems}[0]{text}, qr/^cannot connect to \S+: this machine has no port left, or no address, to connect from$/, '... which is said');
like(mpecho('bench', '--burst', '-c', 120, $server->target)->{out}, qr/^connections +100 made of 120 asked for, 20 not possible here$/m, '... in words');

# A connection that is held by somebody else takes the last port.
my @held = map { IO::Socket::IP->new(PeerHost => '127.0.0.1', PeerPort => $server->port) } 1 .. 100;
for my $mode ([qw(ping -c 1)], [qw(bench -t 0.1)]) {
    $r = mpecho(@$mode, $server->target);
    is($r->{status}, 3, "$mode->[0], no port left: a local failure");
    like($r->{err}, qr/^mpecho: cannot connect to \S+: this machine has no port left, or no address, to connect from$/, '... which is said');
}
is(mpecho('check', $server->target)->{status}, 3, 'check, no port left: UNKNOWN');
undef @held;

$server->stop;
finish();
