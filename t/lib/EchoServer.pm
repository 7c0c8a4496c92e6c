# EchoServer.pm: small servers, good and bad, for the tests of mpecho. Each is one child process with a listening socket
# that serves one connection after another with the code it was given:
#
#     my $good = EchoServer->new(\&echo);
#     my $bad  = EchoServer->new(sub ($peer) { echo($peer, sub ($bytes, $offset) { uc $bytes }) });
#     mpecho($bad->target, { input => "hello" });     # target: HOST PORT, or unix:/path
#     $bad->stop;
#
# A server that begins with wait_for_go() does nothing until the test says $server->go: events, not sleeps. No server
# outlives its test.
package EchoServer;
use v5.36;

use Exporter 'import';
use Harness qw(end_child start_child);
use IO::Socket::IP;
use IO::Socket::UNIX;
use Socket qw(SHUT_WR SOCK_STREAM SOL_SOCKET SO_LINGER);

our @EXPORT = qw(echo send_all receive hold_open wait_for_go);

my $go;          # in a server: where the test says go

# How: host => '::1' (127.0.0.1), port => (any), unix => path, queue => (128). Returns nothing if one cannot listen there.
sub new ($class, $serve, %how) {
    my $listener = $how{unix}
      ? IO::Socket::UNIX->new(Type => SOCK_STREAM, Local => $how{unix}, Listen => $how{queue} // 128)
      : IO::Socket::IP->new(Type => SOCK_STREAM, LocalHost => $how{host} // '127.0.0.1',
        LocalPort => $how{port} // 0, Listen => $how{queue} // 128, ReuseAddr => 1);
    return if !$listener;
    pipe my $read, my $write or die "pipe: $!";
    my $pid = start_child(sub {
        $go = $read;
        close $write;
        serve($listener, $serve);
    });
    $write->autoflush(1);
    my $target = $how{unix} ? ["unix:$how{unix}"] : [$listener->sockhost, $listener->sockport];
    return bless { pid => $pid, go => $write, target => $target }, $class;
}

sub target ($self) { @{ $self->{target} } }
sub port   ($self) { $self->{target}[1] }

# Let the server go past one wait_for_go.
sub go ($self) { print { $self->{go} } '!' }

sub stop ($self) { end_child($self->{pid}) }

# ----------------------------------------------------------------------------------------- in the server's own process

sub serve ($listener, $serve) {
    while (my $peer = $listener->accept) {
        $serve->($peer);
        close $peer;
    }
}

sub wait_for_go () { sysread $go, my $byte, 1 }

# Everything, or nothing when the peer has gone.
sub send_all ($peer, $bytes) {
    for (my $sent = 0; $sent < length $bytes;) {
        $sent += syswrite($peer, $bytes, length($bytes) - $sent, $sent) // return;
    }
    return 1;
}

# Exactly so many bytes, fewer if the peer ends before.
sub receive ($peer, $wanted) {
    my $got = '';
    while (length $got < $wanted) {
        sysread $peer, $got, $wanted - length $got, length $got or last;
    }
    return $got;
}

# Echo to the end of input. filter: gets what came and its offset, returns what to send instead.
sub echo ($peer, $filter = sub ($bytes, $offset) { $bytes }) {
    for (my $offset = 0; my $n = sysread $peer, my $bytes, 65536; $offset += $n) {
        send_all($peer, $filter->($bytes, $offset)) or return;
    }
}

# End the connection by RST.
sub reset ($peer) {
    setsockopt $peer, SOL_SOCKET, SO_LINGER, pack 'i!i!', 1, 0;
    close $peer;
}

# Never close it: what comes is thrown away, until the test stops the server.
sub hold_open ($peer) {
    1 while sysread $peer, my $bytes, 65536;
    sleep 60;
}

1;
