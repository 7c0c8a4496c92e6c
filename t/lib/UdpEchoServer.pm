# UdpEchoServer.pm: echo servers for datagrams, good and bad, for the tests of mpecho. Each is one child process with a
# socket of its own. It gives back what comes, or whatever a function says:
#
#     my $good = UdpEchoServer->new;
#     my $bad  = UdpEchoServer->new(sub ($bytes, $n) { $n == 3 ? () : $bytes });    # drops its fourth datagram
#     mpecho('ping', '-u', $bad->target);
#     $bad->stop;
#
# The function gets a datagram and how many came before it, and returns the datagrams to send now, none or several. With
# [SECONDS, BYTES] one goes out that much later. Its third argument is a hash that is kept from call to call, for
# what is to be sent later. Each client has a hash and an $n of its own. No server outlives its test.
package UdpEchoServer;
use v5.36;

use Harness qw(end_child now start_child);
use IO::Select;
use IO::Socket::IP;
use Socket qw(MSG_DONTWAIT SOCK_DGRAM SOL_SOCKET SO_RCVBUF);

# How: host => '::1' (127.0.0.1), port => (any). Returns nothing if one cannot be bound to that.
sub new ($class, $answer = sub ($bytes, $n, $keep) { $bytes }, %how) {
    my $socket = IO::Socket::IP->new(Type => SOCK_DGRAM, Proto => 'udp', LocalHost => $how{host} // '127.0.0.1',
        LocalPort => $how{port} // 0) or return;
    setsockopt $socket, SOL_SOCKET, SO_RCVBUF, 1 << 20;
    my $pid = start_child(sub { serve($socket, $answer) });
    return bless { pid => $pid, host => $socket->sockhost, port => $socket->sockport }, $class;
}

sub target ($self) { ($self->{host}, $self->{port}) }
sub host   ($self) { $self->{host} }
sub port   ($self) { $self->{port} }
sub pid    ($self) { $self->{pid} }

sub stop ($self) { end_child($self->{pid}) }

# A port on which nobody is.
sub closed_port ($host = '127.0.0.1') {
    my $socket = IO::Socket::IP->new(Type => SOCK_DGRAM, Proto => 'udp', LocalHost => $host) or die "bind: $@";
    return $socket->sockport;
}

# ----------------------------------------------------------------------------------------- in the server's own process

sub serve ($socket, $answer) {
    my (%clients, @later);    # later: [time, peer, bytes]
    my $select = IO::Select->new($socket);
    while (1) {
        @later = sort { $a->[0] <=> $b->[0] } @later;
        my $wait = @later ? $later[0][0] - now() : undef;
        $select->can_read(defined $wait && $wait < 0 ? 0 : $wait);
        while (@later && $later[0][0] <= now()) {
            my (undef, $peer, $bytes) = @{ shift @later };
            send $socket, $bytes, 0, $peer;
        }
        while (defined(my $peer = recv $socket, my $bytes, 65536, MSG_DONTWAIT)) {
            my $client = $clients{$peer} //= { n => 0, keep => {} };
            for my $reply ($answer->($bytes, $client->{n}++, $client->{keep})) {
                if   (ref $reply) { push @later, [now() + $reply->[0], $peer, $reply->[1]] }
                else              { send $socket, $reply, 0, $peer }
            }
            last if @later;
        }
    }
}

1;
