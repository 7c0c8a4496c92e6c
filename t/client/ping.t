#!/usr/bin/perl
# mpecho ping: a line for every reply, as ping(8) writes it, and a summary.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use FaultyServer;
use Mpecho;
use Test::More;

my $server = FaultyServer->new;
my ($host, $port) = $server->target;
my $at = "$host:$port";
my $ms = qr/\d+\.\d{3}/;
my $rtt = qr{rtt min/avg/max/mdev = ($ms)/($ms)/($ms)/$ms ms\nrtt p50/p90/p99 = $ms/$ms/$ms ms\n};

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

$server->stop;

finish();
