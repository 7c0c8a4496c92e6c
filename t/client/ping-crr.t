#!/usr/bin/perl
# mpecho ping --crr: a new connection for every probe, timed apart, and ended in order. --connect: timed when one is made.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use JSON::PP;
use Mpecho;
use Test::More;

# A server that writes down how each connection ended: e, the end of input; r, a reset.
sub recording_server () {
    pipe my $ends, my $write or die "pipe: $!";
    my $server = EchoServer->new(sub ($peer) {
        my $n;
        send_all($peer, my $bytes = $_) while $n = sysread $peer, $_, 65536;
        syswrite $write, defined $n ? 'e' : 'r';
    });
    return ($server, $ends);
}

# Of so many connections; a longer text if there were more.
sub ends_of ($count, $server, $ends) {
    my $text = receive($ends, $count);
    $server->stop;
    $ends->blocking(0);
    return $text . receive($ends, 1);
}

my $ms = qr/\d+\.\d{3}/;
my ($server, $ends) = recording_server();
my $r = mpecho('ping', '--crr', '-c', 4, '-i', 0.05, $server->target);
is($r->{status}, 0, 'four connections: status 0');
is($r->{err}, '', 'no error');
my @times = map { [ /^64 bytes from \S+ seq=\d connect=($ms) ms time=($ms) ms total=($ms) ms$/ ] } grep { /seq=/ }
  split /\n/, $r->{out};
is(scalar(grep { @$_ == 3 } @times), 4, 'each reply tells the times of both and of the whole') or diag($r->{out});
is(scalar(grep { abs($_->[0] + $_->[1] - $_->[2]) > 0.002 } @times), 0, 'the whole is both together');
like($r->{out}, qr{^4 sent, 4 received, 0% loss, time \d+ms
connect min/avg/max/mdev = $ms/$ms/$ms/$ms ms
rtt min/avg/max/mdev = $ms/$ms/$ms/$ms ms
rtt p50/p90/p99 = $ms/$ms/$ms ms
total min/avg/max/mdev = $ms/$ms/$ms/$ms ms
total p50/p90/p99 = $ms/$ms/$ms ms
\z}m, 'and so does the summary');
is(ends_of(4, $server, $ends), 'eeee', 'four connections, ended in order');

# On average, to the nanosecond.
($server, $ends) = recording_server();
my $json = JSON::PP->new->decode(mpecho('ping', '--crr', '-c', 4, '-i', 0.02, '--json', $server->target)->{out});
my ($whole, $echo, $connect) = map { $_->{mean_ns} * $_->{count} } @$json{qw(response service connect)};
cmp_ok(abs($whole - $echo - $connect), '<', 4, 'JSON: response time is that of the echo and of connecting together');
$server->stop;

# So many in a second that their ports would run out: ended by a reset.
($server, $ends) = recording_server();
mpecho('ping', '--crr', '-c', 3, '-i', 0.005, $server->target);
is(ends_of(3, $server, $ends), 'rrr', 'a short interval: ended by a reset, which leaves no TIME-WAIT');

($server, $ends) = recording_server();
$r = mpecho('ping', '--connect', '-c', 3, '-i', 0.05, $server->target);
is($r->{status}, 0, '--connect: status 0');
like($r->{out}, qr/seq=1 connect=$ms ms time=$ms ms\n.*seq=2 time=$ms ms\n.*seq=3 time=$ms ms\n/,
    '--connect: told with the first reply, as there is one connection');
like($r->{out}, qr{^connect min/avg/max/mdev = ($ms)/\1/\1/0\.000 ms\nrtt }m, '--connect: and in the summary');
is(ends_of(1, $server, $ends), 'e', '--connect: one connection');

# A connection that fails is a probe that is lost, and the next one is not.
my $count = 0;
$server = EchoServer->new(sub ($peer) { $count++ == 1 ? EchoServer::reset($peer) : echo($peer) });
$r = mpecho('ping', '--crr', '-c', 3, '-i', 0.05, $server->target);
is($r->{status}, 1, 'one of three connections is reset: status 1');
like($r->{out}, qr/seq=1 connect.*\nseq=2 lost: .+\n.*seq=3 connect.*\(connected again\)\n/, 'the others are good');
$server->stop;

finish();
