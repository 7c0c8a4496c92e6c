#!/usr/bin/perl
# mpecho check: one line and one of four states, as the Monitoring Plugins Development Guidelines have it, within its time.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use FaultyServer;
use IO::Socket::INET;
use IO::Socket::IP;
use Mpecho;
use Socket qw(SOCK_STREAM);
use Test::More;

my @states = qw(OK WARNING CRITICAL UNKNOWN);
my $ms = qr/\d+\.\d{3}/;

# A test: this state, and a line that begins with "ECHO STATE - ", this text and nothing else, or performance data.
sub state_is ($name, $state, $text, $data, @arguments) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $begun = now();
    my $r = mpecho('check', @arguments);
    is($r->{status}, $state, "$name: status $state");
    like($r->{out}, $data ? qr/\AECHO $states[$state] - $text \| $data\n\z/ : qr/\AECHO $states[$state] - $text\n\z/,
        "$name: the line");
    cmp_ok(now() - $begun, '<', 5, "$name: in time");
    return $r;
}

my $server = FaultyServer->new;
my $good = qr/loss=0%;;0;0;100 connect=${ms}ms;;;0/;
my $bad = qr/rtt=(?:U|${ms}ms);;;0 loss=\d[\d.]*%;;0;0;100 connect=${ms}ms;;;0/;
my $none = qr/rtt=U;;;0 loss=U;;0;0;100 connect=U;;;0/;

# By time.
is(state_is('a good server', 0, qr/rtt $ms ms/, qr/rtt=${ms}ms;;;0 $good/, $server->target)->{err}, '', 'no error');
state_is('thresholds', 0, qr/rtt $ms ms/, qr/rtt=${ms}ms;5000;20000.5;0 $good/, '-w', 5000, '-c', 20000.5, $server->target);
state_is('above --warning', 1, qr/rtt $ms ms, above 0\.0001 ms/, qr/rtt=${ms}ms;0\.0001;5000;0 $good/,
    '-w', 0.0001, '-c', 5000, $server->target);
state_is('above --critical', 2, qr/rtt $ms ms, above 0\.001 ms/, qr/rtt=${ms}ms;0\.0001;0\.001;0 $good/,
    '-w', 0.0001, '-c', 0.001, $server->target);
state_is('above --critical alone', 2, qr/rtt $ms ms, above 0\.001 ms/, qr/rtt=${ms}ms;;0\.001;0 $good/,
    '-c', 0.001, $server->target);

# The average is what counts: one of five that is slow puts it above 30 ms, and not above the 300 ms of that one.
my $slow = EchoServer->new(sub ($peer) {
    echo($peer, sub ($bytes, $offset) { select undef, undef, undef, 0.3 if $offset == 0; $bytes });
});
# Ranges, as the guidelines have them.
state_is("within $_->[1]", 0, qr/rtt $ms ms/, qr/rtt=${ms}ms;\Q$_->[1];$_->[3]\E;0 $good/, @$_, $server->target)
  for [qw(-w 0:5000 -c 0.0001:)], [qw(-w ~:5000 -c @5000:6000)];
state_is('below a range', 1, qr/rtt $ms ms, below 5000 ms/, qr/rtt=${ms}ms;5000:;;0 $good/, qw(-w 5000:), $server->target);
state_is('in a forbidden range', 2, qr/rtt $ms ms, from 0 to 5000 ms/, qr/rtt=${ms}ms;;\@5000;0 $good/, qw(-c @5000),
    $server->target);

state_is('the average', 1, qr/rtt \d+\.\d+ ms, above 30 ms/, qr/rtt=(?:[6-9]\d|[12]\d\d)\.\d+ms;30;300;0 $good/, '-w', 30, '-c', 300,
    $slow->target);
$slow->stop;

# By failure.
my @target = $server->target;
for my $case (
    [ 'a changed byte', [qw(flip 10)],     qr/connection 0 at offset \d+: changed: .+/ ],
    [ 'an early end',   [qw(truncate 10)], qr/127\.0\.0\.1:\d+ closed the connection: 54 of 64 bytes missing, from offset 10 on/ ],
    [ 'a reset',        [qw(reset 10)],    qr/connection to 127\.0\.0\.1:\d+: Connection reset by peer: 54 of 64 bytes missing, from offset 10 on/ ],
) {
    my ($name, $command, $text) = @$case;
    $server->ask(@$command);
    state_is($name, 2, $text, $bad, @target);
    ok($server->done, "$name: done");
}
# A server that answers one probe, and no other: it has waited for more than twice as long as the first one.
my $once = EchoServer->new(sub ($peer) { send_all($peer, receive($peer, 64)); hold_open($peer) });
state_is('a lost probe', 2, qr/no answer from 127\.0\.0\.1\S* within 0\.4 s/, qr/rtt=${ms}ms;;;0 loss=50%;;0;0;100 connect=${ms}ms;;;0/,
    '-t', 0.4, $once->target);
$once->stop;

# A server that changes some values only: the six messages hold them all.
for my $value (0 .. 255) {
    next if $value % 51 && $value != 10 && $value != 13;    # some of them
    my $other = EchoServer->new(sub ($peer) { echo($peer, sub ($bytes, $offset) { $bytes =~ s/\Q${\chr $value}\E/??/gr }) });
    state_is("a server that changes byte $value", 2, qr/connection 0 at offset \d+: .+/, $bad, '-t', 2, $other->target);
    $other->stop;
}

# Servers that echo by line.
my $by_line = EchoServer->new(sub ($peer) { while (my $line = readline $peer) { send_all($peer, $line) } });
state_is('--lines', 0, qr/rtt $ms ms/, qr/rtt=${ms}ms;;;0 $good/, '--lines', $by_line->target);
my $r = mpecho('ping', '--lines', '-i', 0, '-c', 30, $by_line->target);
is($r->{status}, 0, 'ping --lines');
$by_line->stop;

my $silent = EchoServer->new(\&hold_open);
state_is('silence', 2, qr/no answer from 127\.0\.0\.1:\d+ within 0\.3 s/,
    qr/rtt=U;;;0 loss=100%;;0;0;100 connect=${ms}ms;;;0/, '-t', 0.3, $silent->target);
$silent->stop;

my $bound = IO::Socket::IP->new(Type => SOCK_STREAM, LocalHost => '127.0.0.1', LocalPort => 0) or die "socket: $@";
state_is('refused', 2, qr/cannot connect to 127\.0\.0\.1:\d+: Connection refused/, $none, '127.0.0.1', $bound->sockport);

my $full = IO::Socket::IP->new(Type => SOCK_STREAM, LocalHost => '127.0.0.1', Listen => 1) or die "socket: $@";
my @queued = map {
    IO::Socket::IP->new(Type => SOCK_STREAM, PeerHost => '127.0.0.1', PeerPort => $full->sockport, Blocking => 0)
} 1 .. 4;
state_is('no answer', 2, qr/(?:no answer from|cannot connect to) 127\.0\.0\.1.+/, $none, '-t', 0.3, '127.0.0.1',
    $full->sockport);

# Of several addresses each has its share of the time: one that does not answer leaves some for the next.
SKIP: {
    my $why = cannot_replace('/etc/hosts');
    skip $why, 2 if $why;
    my $next = EchoServer->new(\&echo, host => '127.0.0.2', port => $full->sockport);
    my $r = mpecho_where('/etc/hosts', "127.0.0.1 two.test\n127.0.0.2 two.test\n", 'check', '-4', '-t', 1, 'two.test', $full->sockport);
    like($r->{out}, qr/^ECHO OK - rtt /, 'two addresses of which one does not answer');
    is($r->{status}, 0, '... status 0');
    $next->stop;
}

# Names come from the configuration of the monitoring system, and must not forge what it reads.
state_is('no such name', 2, qr/cannot resolve ::\?OK\?\? port 9190: [^|]+/, qr/rtt=U;5;9;0 loss=U;;0;0;100 connect=U;;;0/, qw(-w 5 -c 9), "::|OK\n\x7f");
my $dir = temp_dir();
state_is('a path with a bar', 2, qr{cannot connect to unix:\Q$dir\E/\?: .+}, $none, "unix:$dir/|");

state_is("a path $_->[0]", 3, qr/unix:.*: a socket's path has 1 to 107 bytes/, $none, "unix:$_->[1]")
  for [ 'too long', "$dir/" . 'x' x 108 ], [ 'of nothing', '' ];

# Usage.
for my $arguments ([], ['-x'], ['a', 1, 2], [qw(-w 5 -c 1 127.0.0.1)], [qw(-w x 127.0.0.1)], [qw(-w 20:10 127.0.0.1)], [qw(-c : 127.0.0.1)], [qw(127.0.0.1 0)]) {
    my $r = state_is("usage: @$arguments", 3, qr/wrong usage: mpecho check .*HOST \[PORT\]/, undef, @$arguments);
    like($r->{err}, qr/\A.+\nTry 'mpecho check --help'\.\n\z/, "usage: @$arguments: details");
}
for my $option (qw(--help --version)) {
    my $r = mpecho('check', $option);
    is($r->{status}, 3, "$option: UNKNOWN, as nothing was checked");
    is($r->{err}, '', '... no error');
}

# A name server that does not answer.
SKIP: {
    my $why = cannot_replace('/etc/resolv.conf');
    skip $why, 3 if $why;
    my $deaf = IO::Socket::INET->new(Proto => 'udp', LocalAddr => '127.9.9.9', LocalPort => 53)
      or skip "127.9.9.9 port 53: $@", 3;
    my $begun = now();
    my $r = mpecho_where('/etc/resolv.conf', "nameserver 127.9.9.9\n", 'check', '-t', 0.5, 'name.example');
    is($r->{out}, "ECHO CRITICAL - the name was not looked up in time | rtt=U;;;0 loss=U;;0;0;100 connect=U;;;0\n",
        'a deaf name server: the line');
    is($r->{status}, 2, 'a deaf name server: status 2');
    cmp_ok(now() - $begun, '<', 3, 'a deaf name server: in time');
}

$server->stop;
finish();
