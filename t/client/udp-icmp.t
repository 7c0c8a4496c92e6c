#!/usr/bin/perl
# What an ICMP message says is said: of a firewall on this machine, whose message is there before the datagram is sent; of
# routers, one that prohibits, one that has no way, and two that send it round in a circle. Each message is told of the one
# datagram that it is about. In a network of its own.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP;
use Mpecho;
use Test::More;
use UdpEchoServer;

own_network_namespace();

sub ping ($host, $port, @options) { mpecho('ping', '-u', '-c', 2, '-i', 0.02, '-W', 0.5, @options, $host, $port) }

# What ping and bench say where everything is refused by this ICMP message.
sub is_refused ($name, $host, $port, $words, %icmp) {
    my $r = ping($host, $port);
    is($r->{status}, 2, "$name: status 2");
    like($r->{out}, qr/^seq=1 lost: $words, says \Q$icmp{from}\E\nseq=2 lost: $words, says \Q$icmp{from}\E\n\n/m, "$name: in words, once for each");
    like($r->{out}, qr/^2 sent, 0 received, \+2 refused, 100% loss/m, "$name: counted");
    my @lines = map { decode_json($_) } split /\n/, ping($host, $port, '--json-stream')->{out};
    is_deeply($lines[0]{icmp}, \%icmp, "$name: in JSON, of a probe");
    my $json = decode_json(mpecho(qw(bench -u -R 100 -t 0.1 -W 1 --yes-i-may --json), $host, $port)->{out});
    is("@$json{qw(sent refused lost replied)}", '10 10 10 0', "$name: bench counts each once");
    is_deeply([ map { $_->{icmp} } @{ $json->{problems} } ], [ \%icmp ], "$name: in JSON, of a bench's problem");
}

is_refused('a closed port', '127.0.0.1', UdpEchoServer::closed_port(), 'port unreachable', version => 4, type => 3, code => 3, from => '127.0.0.1');

# A firewall on this machine. With a DROP there is no message, but the call fails.
SKIP: {
    my @kinds = (
        [ 9001, 'icmp type port-unreachable',  'port unreachable',                    3 ],
        [ 9002, 'icmp type prot-unreachable',  'protocol unreachable',                2 ],
        [ 9003, 'icmp type net-prohibited',    'network administratively prohibited', 9 ],
        [ 9004, 'icmp type host-prohibited',   'host administratively prohibited',    10 ],
        [ 9005, 'icmp type admin-prohibited',  'administratively prohibited',         13 ],
    );
    set_up('nft add table inet t', q(nft add chain inet t o '{ type filter hook output priority 0; }'), 'nft add rule inet t o udp dport 9000 drop',
        map { "nft add rule inet t o ip version 4 udp dport $_->[0] reject with $_->[1]" } @kinds) or skip('needs nft', 1);
    for (@kinds) {
        my ($port, undef, $words, $code) = @$_;
        is_refused("a firewall here, $words", '127.0.0.1', $port, $words, version => 4, type => 3, code => $code, from => '127.0.0.1');
    }
    like(ping('127.0.0.1', 9000)->{out}, qr/^seq=1 lost: not permitted by this machine\nseq=2 lost: not permitted by this machine\n\n.*^2 sent, 0 received, \+2 refused/ms,
        'a firewall here that drops: said');
    set_up('nft add rule inet t o udp dport 9006 reject with icmpv6 type admin-prohibited') && -e '/proc/net/if_inet6' or skip('no IPv6', 1);
    is_refused('a firewall here, IPv6', '::1', 9006, 'administratively prohibited', version => 6, type => 1, code => 1, from => '::1');
}

# A router behind a link, and another with which it exchanges what it has no route for. Routers say such things seldom.
SKIP: {
    my @router = ('ip netns exec router sysctl -w', 'ip netns exec back sysctl -w');
    set_up('mount -t tmpfs tmpfs /run', 'ip netns add router', 'ip netns add back',
        'ip link add near type veth peer name far netns router', 'ip -n router link add out type veth peer name in netns back',
        'ip addr add 10.1.0.2/24 dev near', 'ip link set near up', 'ip route add default via 10.1.0.1',
        'ip -n router addr add 10.1.0.1/24 dev far', 'ip -n router addr add 10.5.0.1/24 dev out', 'ip -n back addr add 10.5.0.2/24 dev in',
        'ip -n router link set far up', 'ip -n router link set out up', 'ip -n back link set in up',
        'ip -n router route add default via 10.5.0.2', 'ip -n back route add default via 10.5.0.1',
        map({ my $run = $_; map { "$run net.ipv4.$_" } 'ip_forward=1', 'conf.all.rp_filter=0', 'conf.all.send_redirects=0' } @router),
        'ip netns exec router sysctl -w net.ipv4.conf.out.rp_filter=0 net.ipv4.conf.out.send_redirects=0', 'ip netns exec back sysctl -w net.ipv4.conf.in.rp_filter=0 net.ipv4.conf.in.send_redirects=0',
        'ip -n router route add prohibit 10.2.0.0/16', 'ip -n router route add unreachable 10.3.0.0/16') or skip('no router can be set up', 1);
    for ([ '10.2.0.1', 'administratively prohibited', 3, 13 ], [ '10.3.0.1', 'host unreachable', 3, 1 ], [ '10.4.0.1', 'time to live exceeded on the way', 11, 0 ]) {
        my ($host, $words, $type, $code) = @$_;
        my ($probe) = map { decode_json($_) } split /\n/, mpecho(qw(ping -u -c 1 -W 5 --json-stream), $host)->{out};
        like($probe->{note}, qr/^$words, says 10\.[15]\.0\.[12]$/, "a router, $words: in words");
        is("$probe->{icmp}{type}/$probe->{icmp}{code}", "$type/$code", "a router, $words: in JSON");
    }
}

finish();
