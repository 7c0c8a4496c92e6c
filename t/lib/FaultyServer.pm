# FaultyServer.pm: an echo server that misbehaves on command, for the tests of mpecho's measuring modes. One child process
# serves any number of connections, and echoes as it should until it is told otherwise:
#
#     my $server = FaultyServer->new;
#     my $client = start_mpecho('bench', '-t', 5, $server->target);
#     $server->do('flip', 10);      # once: the next chunk comes back with its byte 10 flipped
#
# A command is for the next chunk, on any connection, that has all the bytes the command names; do() returns when that chunk was met, so that events and not times order a test. Commands:
#
#     flip N       byte N comes back with a bit changed
#     drop N LEN   LEN bytes from N on do not come back
#     repeat N LEN LEN bytes from N on come back twice
#     insert N LEN LEN bytes of nobody's come before byte N
#     reorder N LEN the LEN bytes from N on change places with the LEN bytes after them
#     swap         two connections' next chunks go back on each other's
#     delay SECONDS the chunk is held back for so long, and what follows it on its connection until then
#     stop SECONDS nothing is read or written for so long, on any connection
#     truncate N   N bytes of it come back, then an orderly end
#     reset N      N bytes of it come back, then a reset
#     swallow      nothing of it comes back, nor of what follows on its connection
#     refuse       the listening socket is closed, and all connections are reset
#
# No server outlives its test.
package FaultyServer;
use v5.36;

use Harness qw(end_child start_child);
use IO::Handle;
use IO::Select;
use IO::Socket::IP;
use Socket qw(SOCK_STREAM);

sub new ($class, %how) {
    my $listener = IO::Socket::IP->new(Type => SOCK_STREAM, LocalHost => $how{host} // '127.0.0.1',
        LocalPort => $how{port} // 0, Listen => 1024, ReuseAddr => 1) or die "listen: $@";
    pipe my $commands, my $give or die "pipe: $!";
    pipe my $take, my $answers or die "pipe: $!";
    my $pid = start_child(sub {
        close $_ for $give, $take;
        FaultyServer::Child->new($listener, $commands, $answers)->serve;
    });
    $give->autoflush(1);
    return bless { pid => $pid, give => $give, take => $take, port => $listener->sockport, host => $listener->sockhost },
      $class;
}

sub target ($self) { ($self->{host}, $self->{port}) }
sub port   ($self) { $self->{port} }

# Ask, and wait until it was done, at most $seconds: true if it was.
sub do ($self, @command) {
    $self->ask(@command);
    return $self->done;
}

sub ask ($self, @command) { print { $self->{give} } "@command\n" }

sub done ($self, $seconds = 10) {
    IO::Select->new($self->{take})->can_read($seconds) or return;
    sysread $self->{take}, my $byte, 1;
    return 1;
}

sub stop ($self) { end_child($self->{pid}) }

# ------------------------------------------------------------------------------------------ in the server's own process

package FaultyServer::Child;
use v5.36;

use Harness qw(now);
use IO::Select;
use POSIX qw(EAGAIN);
use Socket qw(IPPROTO_TCP SOL_SOCKET SO_LINGER TCP_NODELAY);
use Time::HiRes ();

sub new ($class, $listener, $commands, $answers) {
    $_->blocking(0) for $listener, $commands;
    return bless { listener => $listener, commands => $commands, answers => $answers, command => [], peers => {} }, $class;
}

# A peer: { socket, out: what is to go back, later: [time, bytes]..., end: what to do when all is out, deaf }
sub serve ($self) {
    while (1) {
        my @peers = values %{ $self->{peers} };
        my $read  = IO::Select->new($self->{commands}, $self->{listener} // (), map { $_->{socket} } grep { !$_->{end} } @peers);
        my $write = IO::Select->new(map { $_->{socket} } grep { length $_->{out} } @peers);
        my ($readable, $writable) = IO::Select->select($read, $write, undef, $self->until_next);
        $self->release($_) for @peers;
        $self->write($_) for grep { $_ } map { $self->{peers}{$_} } @{ $writable // [] };
        for my $handle (@{ $readable // [] }) {
            if    ($handle == $self->{commands}) { $self->take_command }
            elsif ($self->{listener} && $handle == $self->{listener}) { $self->accept }
            elsif (my $peer = $self->{peers}{$handle}) { $self->read($peer) }
        }
    }
}

sub until_next ($self) {
    my @times = sort { $a <=> $b } map { $_->{later}[0] ? $_->{later}[0][0] : () } values %{ $self->{peers} };
    return @times ? ($times[0] > now() ? $times[0] - now() : 0) : undef;
}

sub take_command ($self) {
    my $n = sysread $self->{commands}, my $text, 4096;
    exit 0 if defined $n && $n == 0;
    return if !$n;
    $self->{command} = [split ' ', $text];
    my ($word, $number) = @{ $self->{command} };
    if ($word eq 'stop') { Time::HiRes::sleep($number); $self->answer }
    if ($word eq 'refuse') {
        $self->end($_, 1) for values %{ $self->{peers} };
        close delete $self->{listener};
        $self->answer;
    }
}

sub answer ($self) {
    $self->{command} = [];
    syswrite $self->{answers}, '.';
}

sub accept ($self) {
    my $socket = $self->{listener}->accept or return;
    $socket->blocking(0);
    setsockopt $socket, IPPROTO_TCP, TCP_NODELAY, 1;
    $self->{peers}{$socket} = { socket => $socket, out => '', later => [] };
}

sub end ($self, $peer, $reset) {
    setsockopt $peer->{socket}, SOL_SOCKET, SO_LINGER, pack 'i!i!', 1, 0 if $reset;
    delete $self->{peers}{ $peer->{socket} };
    close $peer->{socket};
}

sub read ($self, $peer) {
    my $n = sysread $peer->{socket}, my $bytes, 1 << 18;
    return if !defined $n && $! == EAGAIN;
    return $self->end($peer, 0) if !$n;
    return if $peer->{deaf};
    $self->misbehave($peer, \$bytes) if @{ $self->{command} };
    my $after = $peer->{later}[-1];
    if ($after) { push @{ $peer->{later} }, [$after->[0], $bytes] }
    else        { $peer->{out} .= $bytes }
    $self->write($peer);
}

# What was delayed and is due.
sub release ($self, $peer) {
    while (@{ $peer->{later} } && $peer->{later}[0][0] <= now()) { $peer->{out} .= (shift @{ $peer->{later} })->[1] }
    $self->write($peer);
}

sub write ($self, $peer) {
    if (length $peer->{out}) {
        my $n = syswrite $peer->{socket}, $peer->{out};
        return $self->end($peer, 0) if !defined $n && $! != EAGAIN;
        substr $peer->{out}, 0, $n // 0, '';
    }
    $self->end($peer, $peer->{end} eq 'reset') if $peer->{end} && !length $peer->{out} && !@{ $peer->{later} };
}

sub misbehave ($self, $peer, $bytes) {
    my ($word, $n, $length) = @{ $self->{command} };
    my $enough = ($n // 0) + ($length // 1) * ($word eq 'reorder' ? 2 : 1);
    return if $word =~ /^(?:flip|drop|repeat|insert|reorder)$/ && length $$bytes < $enough;
    if ($word eq 'flip')    { substr($$bytes, $n, 1) ^.= "\x20" }
    if ($word eq 'drop')    { substr $$bytes, $n, $length, '' }
    if ($word eq 'repeat')  { substr $$bytes, $n, 0, substr $$bytes, $n, $length }
    if ($word eq 'insert')  { substr $$bytes, $n, 0, "\xaa" x $length }
    if ($word eq 'reorder') { substr $$bytes, $n, 2 * $length, substr($$bytes, $n + $length, $length) . substr $$bytes, $n, $length }
    if ($word eq 'delay')   { push @{ $peer->{later} }, [now() + $n, ''] }
    if ($word =~ /^(?:truncate|reset)$/) {
        $peer->{end} = $word;
        $$bytes = substr $$bytes, 0, $n;
    }
    if ($word eq 'swallow') { $peer->{deaf} = 1; $$bytes = '' }
    return $self->swap($peer, $bytes) if $word eq 'swap';
    $self->answer;
}

# Keep the first connection's chunk until there is a second one's.
sub swap ($self, $peer, $bytes) {
    my $kept = $self->{kept};
    if (!$kept) {
        $self->{kept} = [$peer, $$bytes];
        $$bytes = '';
    } elsif ($kept->[0] != $peer) {
        ($$bytes, $kept->[0]{out}) = ($kept->[1], $kept->[0]{out} . $$bytes);
        $self->write($kept->[0]);
        delete $self->{kept};
        $self->answer;
    }
}

1;
