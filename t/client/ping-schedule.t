#!/usr/bin/perl
# When mpecho ping sends: at its interval, whatever replies take; as fast as replies come; until its deadline.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use FaultyServer;
use JSON::PP;
use Mpecho;
use Test::More;
use UdpEchoServer;

my $server = FaultyServer->new;

# The summary as an object, and when each probe was sent, in seconds from the beginning. libev may be some ms early.
sub ping (@arguments) {
    my $r = mpecho('ping', '--json-stream', @arguments);
    is($r->{status}, 0, "@arguments[0 .. $#arguments - 2]: status 0");
    is($r->{err}, '', '... no error');
    my @objects = map { decode_json($_) } split /\n/, $r->{out};
    return (pop @objects, map { $_->{at} } @objects);
}

# At a hundred a second there would be 10 ms between a reply and the next probe.
my ($summary) = ping('-c', 300, '-i', 0, $server->target);
is($summary->{replied}, 300, '-i 0: all came');
cmp_ok($summary->{seconds} - 300 * $summary->{response}{mean_ns} / 1e9, '<', 2.5, '-i 0: as fast as replies came');

# A server that takes its time for the messages that $late says, by their number.
sub slow ($late) {
    my $n = 0;
    return EchoServer->new(sub ($peer) {
        while (defined(my $message = receive($peer, 64))) {
            last if $message eq '';
            select undef, undef, undef, $late->($n++);
            send_all($peer, $message);
        }
    });
}

my $slow = slow(sub ($n) { 0.07 });
($summary, my @sent) = ping('-c', 11, '-i', 0.1, $slow->target);
cmp_ok($sent[10], '>=', 0.99, '-i: not before their time');
cmp_ok($sent[10], '<', 1.7, '-i: the time of replies is not added');
$slow->stop;

# The second probe is due while the first is still on its way: it is left out, and those after it keep their times. They are
# sent neither at once, after 0.7 s, nor an interval after the late reply, at 1.1 s.
my $late = slow(sub ($n) { $n == 0 ? 0.7 : 0 });
($summary, @sent) = ping('-c', 3, '-i', 0.4, $late->target);
is($summary->{replied}, 3, 'a late reply is a reply');
cmp_ok($sent[1], '>=', 0.79, '... and the next is sent when the one after it is due');
cmp_ok($sent[1], '<', 1.1, '... not an interval later');
cmp_ok($sent[2], '>=', 1.19, '... and so is the one that follows');
cmp_ok($sent[2], '<', 1.5, '... on the schedule as it was');
$late->stop;

# Over UDP, too, what each probe is late does not add up: of the last ones, some are almost on time.
my $udp = UdpEchoServer->new;
($summary, @sent) = ping('-u', '-c', 100, '-i', 0.02, $udp->target);
my ($least) = sort { $a <=> $b } map { $_ * 50 - int($_ * 50) } @sent[80 .. 99];
cmp_ok($least, '<', 0.2, '-u: no drift');
$udp->stop;

my $begun = now();
($summary) = ping('-w', 0.5, '-i', 0.1, $server->target);
cmp_ok(now() - $begun, '<', 10, '-w: it ends');
cmp_ok($summary->{sent}, '>=', 2, '-w: and goes on till then');
cmp_ok($summary->{sent}, '<=', 6, '-w: at its interval');

$server->stop;
finish();
