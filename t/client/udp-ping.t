#!/usr/bin/perl
# mpecho ping -u: a datagram every interval, whether or not the last one was answered, and a line for what becomes of it.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP;
use Mpecho;
use Test::More;
use UdpEchoServer;

sub ping (@arguments) { mpecho('ping', '-u', @arguments) }

my $ms = qr/\d+\.\d{3}/;
my $server = UdpEchoServer->new;
my ($host, $port) = $server->target;
my $r = ping('-c', 3, '-i', 0.02, $server->target);
is($r->{status}, 0, 'three datagrams: status 0');
is($r->{err}, '', 'no error');
like($r->{out}, qr{\APING \Q$host\E \(\Q$host:$port\E\) 64 bytes of data\.
(?:64 bytes from \Q$host:$port\E: seq=\d time=$ms ms\n){3}
--- \Q$host:$port\E ping statistics ---
3 sent, 3 received, 0% loss, time \d+ms
rtt min/avg/max/mdev = .*
rtt p50/p90/p99 = .*
jitter $ms ms, avg/p99 = [\d./]+ ms\n\z}, 'heading, lines, summary, jitter');

# From the least size to the largest, and with no interval one after another.
for my $size (8, 15, 1000, 65507) {
    $r = ping('-q', '-c', 20, '-i', 0, '-s', $size, $server->target);
    is($r->{status}, 0, "$size bytes: status 0") or diag($r->{out});
    like($r->{out}, qr/^20 sent, 20 received, 0% loss/m, "$size bytes: all came back");
}
$r = ping('-c', 3, '-i', 0.01, '-s', 7, $server->target);
is($r->{status}, 64, 'too small to tell which one it is: status 64');
like($r->{err}, qr/\Ampecho: a datagram has 8 to 65507 bytes\n/, '... and why');

$r = ping('--json', '-c', 3, '-i', 0.01, $server->target);
my $json = decode_json($r->{out});
is($json->{replied}, 3, 'JSON: replied');
cmp_ok($json->{jitter_ns}, '>', 0, 'JSON: jitter');

# The jitter of RFC 3550 soon forgets; the whole run's has not forgotten what was at the beginning.
my $unsteady = UdpEchoServer->new(sub ($bytes, $n, $keep) { $n == 1 || $n == 3 ? [0.1, $bytes] : $bytes });
$r = ping('--json', '-c', 60, '-i', 0.005, $unsteady->target);
$json = decode_json($r->{out});
is($json->{jitter}{count}, 59, 'jitter of all: between each reply and the next');
cmp_ok($json->{jitter}{p99_ns}, '>', 50e6, 'jitter of all: p99');
cmp_ok($json->{jitter}{mean_ns}, '>', 2 * 50e6 / 59, 'jitter of all: on average');
cmp_ok($json->{jitter_ns}, '<', 0.5 * $json->{jitter}{p99_ns}, "jitter of RFC 3550: of the last few ($json->{jitter_ns})");
$unsteady->stop;

# The first reply comes after all others: none waits for it.
my $slow = UdpEchoServer->new(sub ($bytes, $n, $keep) { $n == 0 ? [0.5, $bytes] : $bytes });
$r = ping('-c', 3, '-i', 0.02, $slow->target);
is($r->{status}, 0, 'the first one last: status 0');
is(join(' ', $r->{out} =~ /seq=(\d)/g), '2 3 1', 'the first one last: lines as they come');
like($r->{out}, qr/seq=1 time=$ms ms \(out of order\)$/m, 'the first one last: said');
like($r->{out}, qr/^3 sent, 3 received, \+1 reordered, 0% loss/m, 'the first one last: counted');
my $tardy = UdpEchoServer->new(sub ($bytes, $n, $keep) { [0.5, $bytes] });
like(ping('-c', 1, '--csv', $tardy->target)->{out}, qr/^1,0\.[0-3]\d*,64,/m, 'a late reply: of a probe that was sent at the beginning');
$tardy->stop;

# Silence is bounded, and what comes after it is late.
my $silent = UdpEchoServer->new(sub { () });
my $took = timed(sub { $r = ping('-c', 3, '-i', 0.05, '-W', 0.3, $silent->target) });
is($r->{status}, 1, 'silence: status 1');
like($r->{out}, qr/^seq=1 lost: no reply in time\nseq=2 lost: no reply in time\nseq=3 lost: /m, 'silence: lines');
like($r->{out}, qr/^3 sent, 0 received, 100% loss/m, 'silence: all lost');
cmp_ok($took, '<', 3, 'silence: bounded');
$took = timed(sub { $r = ping('-c', 1, $silent->target) });
cmp_ok($took, '>', 0.9, 'a second is waited for a reply if nothing else is said: no less');
cmp_ok($took, '<', 9, '... and not the 10 s of a connection');

my $late = UdpEchoServer->new(sub ($bytes, $n, $keep) { $n == 1 ? [0.4, $bytes] : $bytes });
$r = ping('-c', 15, '-i', 0.05, '-W', 0.2, $late->target);
is($r->{status}, 1, 'late: status 1');
like($r->{out}, qr/^seq=2 lost: no reply in time\n.*seq=2 time=$ms ms \(reply too late\)\n/ms, 'late: lost, then late');
like($r->{out}, qr/^15 sent, 14 received, 6\.667% loss/m, 'late: it stays lost');

# Nobody there.
my $closed = UdpEchoServer::closed_port();
$r = ping('-c', 2, '-i', 0.02, '127.0.0.1', $closed);
is($r->{status}, 2, 'nobody there: status 2');
like($r->{out}, qr/^seq=1 lost: port unreachable, says 127\.0\.0\.1\nseq=2 lost: port unreachable/m, 'nobody there: who says so');
is(ping('--json', '-c', 1, '127.0.0.1', $closed)->{status}, 2, 'nobody there, JSON: status 2');

# Somebody who leaves: what came back came back, and what did not was refused.
my $leaving = UdpEchoServer->new(sub ($bytes, $n, $keep) { POSIX::_exit(0) if $n == 2; $bytes });
$r = ping('-c', 5, '-i', 0.05, '-W', 0.3, $leaving->target);
is($r->{status}, 1, 'somebody who leaves: status 1');
like($r->{out}, qr/^5 sent, 2 received, \+2 refused, 60% loss/m, 'somebody who leaves: counted');
$_->stop for $leaving, $slow, $silent, $late;

# The end by time, and by signals.
$took = timed(sub { $r = ping('-i', 0.05, '-w', 0.3, $server->target) });
is($r->{status}, 0, 'deadline: status 0');
cmp_ok($took, '<', 3, 'deadline: kept');
my $client = start_mpecho('ping', '-u', '-i', 0.02, $server->target);
ok(wait_for_output($client, qr/seq=3 /), 'running');
kill QUIT => $client->{pid};
ok(wait_until(sub { -s $client->{stderr} }), 'QUIT: a summary');
kill INT => $client->{pid};
$r = end_of($client);
is($r->{status}, 0, 'INT: status 0');
like($r->{out}, qr/^(\d+) sent, \1 received, 0% loss/m, 'INT: a summary');
like($r->{err}, qr/^(\d+) sent, \1 received, 0% loss/m, 'QUIT: to standard error');

SKIP: {
    my $six = UdpEchoServer->new(sub ($bytes, $n, $keep) { $bytes }, host => '::1') or skip('no IPv6', 3);
    $r = ping('-c', 2, '-i', 0.02, $six->target);
    is($r->{status}, 0, 'IPv6: status 0');
    $six->stop;
    $r = ping('-c', 2, '-i', 0.02, '::1', UdpEchoServer::closed_port('::1'));
    is($r->{status}, 2, 'IPv6, nobody there: status 2');
    like($r->{out}, qr/^seq=1 lost: port unreachable, says ::1$/m, 'IPv6, nobody there: who says so');
}

$server->stop;
finish();
