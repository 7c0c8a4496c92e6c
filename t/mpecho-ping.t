#!/usr/bin/perl
# mpecho ping: a line for every reply, as ping(8) writes it, at the times that were asked for, and a summary.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use EchoServer;
use FaultyServer;
use IO::Socket::IP;
use Mpecho;
use Socket qw(SOCK_STREAM);
use Test::More;

my $server = FaultyServer->new;
my ($host, $port) = $server->target;
my $at = "$host:$port";
my $ms = qr/\d+\.\d{3}/;
my $rtt = qr{rtt min/avg/max/mdev = ($ms)/($ms)/($ms)/$ms ms\nrtt p50/p90/p99 = $ms/$ms/$ms ms\n};

sub time_of ($r) { return $r->{out} =~ /% loss, time (\d+)ms$/m ? $1 : die "no summary: $r->{out}" }

# The form.
my $r = mpecho('ping', '-c', 3, '-i', 0.05, $host, $port);
is($r->{status}, 0, 'three probes: status 0');
is($r->{err}, '', 'no error');
my $reply = qr/64 bytes from \Q$at\E: /;
my @rtt = $r->{out} =~ /\APING \Q$host\E \(\Q$at\E\) 64 bytes of data\.
${reply}seq=1 time=$ms ms
${reply}seq=2 time=$ms ms
${reply}seq=3 time=$ms ms

--- \Q$at\E ping statistics ---
3 sent, 3 received, 0% loss, time (\d+)ms
$rtt\z/;
ok(scalar @rtt, 'heading, replies, summary') or diag($r->{out});
if (@rtt) {
    cmp_ok($rtt[0], '>=', 100, 'the time of the whole');
    ok($rtt[1] <= $rtt[2] && $rtt[2] <= $rtt[3], 'min <= avg <= max');
    my @times = sort { $a <=> $b } $r->{out} =~ /time=(\S+) ms/g;
    is_deeply([@rtt[1, 3]], [@times[0, 2]], 'min and max are those of the replies');
}

# Options.
$r = mpecho('ping', '-q', '-c', 3, '-i', 0.01, $host, $port);
like($r->{out}, qr/\APING .*\n\n--- .*\n3 sent, 3 received, 0% loss, time \d+ms\n$rtt\z/, '-q: heading and summary only');

$r = mpecho('ping', '-s', '1M', '-c', 2, '-i', 0, $host, $port);
like($r->{out}, qr/\APING .* 1048576 bytes of data\.\n1048576 bytes from \Q$at\E: seq=1 /, '-s: the size');
is($r->{status}, 0, '-s: status 0');

my $begun = time;
$r = mpecho('ping', '-D', '-c', 2, '-i', 0.01, $host, $port);
my @stamps = $r->{out} =~ /^\[(\d+\.\d{6})\] 64 bytes from /mg;
is(scalar @stamps, 2, '-D: the time before every reply');
ok(!(grep { $_ < $begun || $_ > time + 1 } @stamps), '-D: it is the time of day');

my $path = temp_dir() . '/echo';
my $unix = EchoServer->new(\&echo, unix => $path);
$r = mpecho('ping', '-c', 1, $unix->target);
like($r->{out}, qr/^64 bytes from unix:\Q$path\E: seq=1 /m, 'a Unix socket');
$unix->stop;

# When.
$r = mpecho('ping', '-q', '-c', 300, '-i', 0, $host, $port);
like($r->{out}, qr/^300 sent, 300 received, 0% loss, /m, '-i 0: all came');
cmp_ok(time_of($r), '<', 2500, '-i 0: as fast as replies came, not at 100 a second');

my $slow = EchoServer->new(sub ($peer) {
    echo($peer, sub ($bytes, $offset) { select undef, undef, undef, 0.05; $bytes });
});
$r = mpecho('ping', '-q', '-c', 11, '-i', 0.1, $slow->target);
cmp_ok(time_of($r), '>=', 1040, '-i: not before their time');
cmp_ok(time_of($r), '<', 1400, '-i: the time of replies does not add up');
$slow->stop;

# The second probe is due while the first is still on its way: it is left out, and those after it keep their times.
my $late = EchoServer->new(sub ($peer) {
    echo($peer, sub ($bytes, $offset) { select undef, undef, undef, 0.5 if $offset == 0; $bytes });
});
$r = mpecho('ping', '-D', '-c', 3, '-i', 0.4, $late->target);
my @sent = map { /^\[(\S+)\] .* time=(\S+) ms/ ? $1 - $2 / 1000 : () } split /\n/, $r->{out};
is(scalar @sent, 3, 'a late reply is a reply');
ok(abs($sent[1] - $sent[0] - 0.8) < 0.15 && abs($sent[2] - $sent[0] - 1.2) < 0.15, '-i: the schedule stays as it was')
  or diag("@sent");
$late->stop;

$begun = now();
$r = mpecho('ping', '-w', 0.5, '-i', 0.1, $host, $port);
cmp_ok(now() - $begun, '<', 3, '-w: it ends');
is($r->{status}, 0, '-w: status 0');
my $count = () = $r->{out} =~ /^64 bytes from /mg;
ok($count >= 2 && $count <= 6, '-w: and went on till then') or diag($r->{out});

# Loss.
my $silent = EchoServer->new(\&hold_open);
$r = mpecho('ping', '-c', 2, '-W', 0.2, '-i', 0.05, $silent->target);
my $from = join ':', $silent->target;
is($r->{status}, 1, 'a silent server: status 1');
is(join('', $r->{out} =~ /^(seq=.*\n)/mg), join('', map { "seq=$_ lost: no reply from $from in time\n" } 1, 2),
    'a line for every loss');
like($r->{out}, qr/^2 sent, 0 received, \+2 broken, 100% loss, time \d+ms\n\z/m, 'the loss, and no times');
ok(time_of($r) >= 400 && time_of($r) < 2000, '-W is how long each was waited for');

$begun = now();
$r = mpecho('ping', '-w', 0.3, $silent->target);
cmp_ok(now() - $begun, '<', 3, '-w ends waiting');
is($r->{status}, 1, '-w before the only reply: status 1');
like($r->{out}, qr/^seq=1 lost: no reply before the end$/m, 'and says so');
$silent->stop;

my $client = start_mpecho('ping', '-c', 4, '-i', 0.1, '-W', 0.3, $host, $port);
wait_for_output($client, qr/seq=1 /);
ok($server->do('swallow'), 'one message of four is swallowed');
$r = end_of($client);
is($r->{status}, 1, 'one loss: status 1');
like($r->{out}, qr/^seq=(\d) lost: no reply.*\n(?s:.*)^4 sent, 3 received, \+1 broken, 25% loss/m, 'one loss of four');

# What comes back wrong.
$client = start_mpecho('ping', '-c', 3, '-i', 0.1, $host, $port);
wait_for_output($client, qr/seq=1 /);
ok($server->do('flip', 10), 'a byte is changed');
$r = end_of($client);
is($r->{status}, 1, 'a changed byte: status 1');
like($r->{out}, qr/^seq=\d lost: .*at offset \d+: changed: /m, 'is named');
like($r->{out}, qr/^3 sent, 2 received, \+1 wrong, /m, 'and counted');

# No server.
my $bound = IO::Socket::IP->new(Type => SOCK_STREAM, LocalHost => '127.0.0.1', LocalPort => 0) or die "socket: $@";
my $closed = $bound->sockport;
for my $case (
    [ 'no connection', qr/cannot connect to 127\.0\.0\.1:$closed: Connection refused/, '127.0.0.1', $closed ],
    [ 'no address',    qr/cannot resolve 256\.1\.1\.1 port 9190: .+/,                 '256.1.1.1' ],
    [ 'no such kind of address', qr/cannot resolve 127\.0\.0\.1 port 9190: .+/, '-6', '127.0.0.1' ],
) {
    my ($name, $message, @arguments) = @$case;
    $r = mpecho('ping', @arguments);
    is($r->{status}, 2, "$name: status 2");
    like($r->{err}, qr/\Ampecho: $message\n\z/, "$name: why");
    is($r->{out}, '', "$name: no output");
}

# A queue that nobody accepts from, and full.
my $full = IO::Socket::IP->new(Type => SOCK_STREAM, LocalHost => '127.0.0.1', Listen => 1) or die "socket: $@";
my @queued = map {
    IO::Socket::IP->new(Type => SOCK_STREAM, PeerHost => '127.0.0.1', PeerPort => $full->sockport, Blocking => 0)
} 1 .. 4;
for my $option ('-W', '-w') {
    $begun = now();
    $r = mpecho('ping', $option, 0.3, '127.0.0.1', $full->sockport);
    is($r->{status}, 2, "no answer, $option: status 2");
    like($r->{err}, qr/\Ampecho: cannot connect to 127\.0\.0\.1:\d+: Connection timed out\n\z/, "no answer, $option: why");
    cmp_ok(now() - $begun, '<', 3, "no answer, $option: in time");
}

# Nobody reads on.
pipe my $reader, my $stdout or die "pipe: $!";
$client = start_mpecho('ping', '-i', 0.01, $host, $port, { stdout => $stdout });
close $stdout;
sysread $reader, my $heading, 10;
close $reader;
$r = end_of($client);
is($r->{status}, 3, 'the output is closed: it ends with status 3');
is($r->{err}, "mpecho: cannot write standard output: Broken pipe\n", 'and says why');
$server->stop;

finish();
