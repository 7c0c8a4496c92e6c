#!/usr/bin/perl
# mpecho ping -u -M do: nothing is fragmented, and a range of sizes finds the path MTU: by what the kernel says, by what
# a router says, and where nobody says anything. In a network of its own, of which nothing is left.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP;
use Mpecho;
use Test::More;
use UdpEchoServer;

own_network_namespace();

sub search (@arguments) { mpecho('ping', '-u', '-M', 'do', @arguments) }

set_up('ip link set lo up mtu 1500') or die 'no loopback';
my $server = UdpEchoServer->new;
my $r = search('-s', '1200-9000', $server->target);
is($r->{status}, 0, 'the kernel knows: status 0');
like($r->{out}, qr/^seq=1 9000 bytes: datagram too long, MTU 1500$/m, 'the kernel knows: it says so');
like($r->{out}, qr/^1472 bytes from \S+ seq=2 time=/m, 'the kernel knows: tried');
like($r->{out}, qr/^path MTU 1500 \(1472 bytes of data in a datagram\)$/m, 'the kernel knows: found');
like(search('--json', '-s', '1200-9000', $server->target)->{out}, qr/"path_mtu": ?1500\b.*"interrupted": ?false/s,
    'the kernel knows: in JSON');
like(search('-s', '1200-1300', $server->target)->{out}, qr/^path MTU at least 1328 \(1300 bytes/m, 'more than was asked for');
like(search('-s', '1472-1473', $server->target)->{out}, qr/^path MTU 1500 \(1472 bytes/m, 'just the two sizes');

$r = search('-s', '1473-9000', $server->target);
is($r->{status}, 1, 'less than was asked for: status 1');
like($r->{out}, qr/^path MTU not found$/m, 'less than was asked for: not found');

$r = search('-c', 2, '-i', 0.02, '-s', 1473, $server->target);
is($r->{status}, 1, 'one size, too long: status 1');
like($r->{out}, qr/^seq=1 lost: datagram too long, MTU 1500\nseq=2 lost: /m, 'one size, too long: said');
my $json = decode_json(search('-c', 2, '-i', 0.02, '-s', 1473, '--json', $server->target)->{out});
is_deeply([ map { "$_->{count} $_->{text}" } @{ $json->{problems} } ], [ '2 ' . join(':', $server->target) . ': datagram too long, MTU 1500' ], 'one size, too long: each once');
is("@$json{qw(sent lost refused)}", '2 2 0', '... lost, but nobody refused it');
is(search('-c', 2, '-i', 0.02, '-s', 1472, $server->target)->{status}, 0, 'one size that fits: status 0');
is(mpecho('ping', '-u', '-c', 2, '-i', 0.02, '-s', 4000, $server->target)->{status}, 0, 'fragmented, if it may be');

$r = search('-s', '1200-9000', '127.0.0.1', UdpEchoServer::closed_port());
is($r->{status}, 2, 'nobody there: status 2');
$server->stop;

# Larger ones are swallowed without a word: found all the same.
set_up('ip link set lo mtu 65536');
my $hole = UdpEchoServer->new(sub ($bytes, $n, $keep) { length $bytes > 3000 ? () : $bytes });
$r = search('-W', 0.1, '-s', '2900-3100', $hole->target);
is($r->{status}, 0, 'a black hole: status 0');
like($r->{out}, qr/^(?:seq=[123] 3100 bytes: no reply in time\n){3}/m, 'a black hole: each size has three tries');
like($r->{out}, qr/^path MTU 3028 \(3000 bytes/m, 'a black hole: found');
$r = search('-W', 5, '-w', 0.3, '-s', '2900-3100', $hole->target);
like($r->{out}, qr/^path MTU not found; the search was ended early$/m, 'a black hole, and no time: said');
$hole->stop;
my $deaf = UdpEchoServer->new(sub { () });
$r = search('-W', 0.1, '-s', '1200-9000', $deaf->target);
is($r->{status}, 1, 'silence: status 1');
is(() = $r->{out} =~ /no reply in time/g, 6, 'silence: the largest and the smallest are enough');
like($r->{out}, qr/^path MTU not found$/m, 'silence: not found');
$deaf->stop;

SKIP: {
    set_up('ip link set lo mtu 1500');
    my $six = UdpEchoServer->new(sub ($bytes, $n, $keep) { $bytes }, host => '::1') or skip('no IPv6', 1);
    like(search('-s', '1200-9000', $six->target)->{out}, qr/^path MTU 1500 \(1452 bytes of data/m, 'IPv6: larger headers');
    $six->stop;
}

# Two links and a router between: the far one is narrow, and the router says so.
SKIP: {
    set_up('mount -t tmpfs tmpfs /run', map({ "ip netns add $_" } qw(router far)),
        'ip link add near0 mtu 9000 type veth peer name near1 mtu 9000 netns router',
        'ip -n router link add far0 mtu 1400 type veth peer name far1 mtu 1400 netns far',
        'ip addr add 10.1.0.2/24 dev near0', 'ip link set near0 up', 'ip route add 10.2.0.0/24 via 10.1.0.1',
        'ip -n router addr add 10.1.0.1/24 dev near1', 'ip -n router link set near1 up',
        'ip -n router addr add 10.2.0.1/24 dev far0', 'ip -n router link set far0 up',
        'ip -n far addr add 10.2.0.2/24 dev far1', 'ip -n far link set far1 up', 'ip -n far route add default via 10.2.0.1',
        q{ip netns exec router sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'},
        q{ip netns exec router sh -c 'echo 1 > /proc/sys/net/ipv4/neigh/far0/mcast_solicit'}) or skip('no veth', 4);
    my $pid = open my $far, '-|', qw(ip netns exec far), $^X, "-I$FindBin::Bin/../lib", '-MUdpEchoServer', '-e', <<~'END' or die "ip: $!";
        $| = 1;
        my $server = UdpEchoServer->new(sub { $_[0] }, host => '10.2.0.2', port => 9190);
        $SIG{TERM} = sub { exit 0 };
        say STDOUT 'ready';
        alarm 60;
        sleep 60;
        END
    readline $far;
    $r = search('-s', '1200-8000', '10.2.0.2', 9190);
    is($r->{status}, 0, 'a router knows: status 0');
    like($r->{out}, qr/^seq=\d 8000 bytes: datagram too long, MTU 1400, says 10\.1\.0\.1$/m, 'a router knows: it says so');
    like($r->{out}, qr/^path MTU 1400 \(1372 bytes of data in a datagram\)$/m, 'a router knows: found');
    $r = mpecho('ping', '-u', '-c', 1, '10.2.0.7', 9190, '-W', 10);
    like($r->{out}, qr/^seq=1 lost: host unreachable, says 10\.1\.0\.1$/m, 'a host that is not there: the router says so');
    kill TERM => $pid;
    close $far;
}

finish();
