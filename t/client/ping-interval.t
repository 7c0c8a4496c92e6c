#!/usr/bin/perl
# mpecho ping: an interval below 10 us is none, on connections and with datagrams: the next probe follows the reply, and
# where there is none, 10 ms.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use Mpecho;
use Test::More;
use UdpEchoServer;

sub sent_in ($seconds, @arguments) {
    my $r = mpecho('ping', '-q', '-i', '0.000005', '-w', $seconds, @arguments);
    return $r->{out} =~ /^(\d+) sent/m ? $1 : die "no summary: $r->{out}$r->{err}";
}

my $silent = UdpEchoServer->new(sub { () });
my $sent = sent_in(0.3, '-u', $silent->target);
ok($sent >= 1 && $sent <= 31, 'datagrams that are not answered') or diag($sent);
$silent->stop;

my $brief = EchoServer->new(sub ($peer) { receive($peer, 1) });
$sent = sent_in(0.3, $brief->target);
ok($sent >= 1 && $sent <= 31, 'connections that break without a reply') or diag($sent);
$brief->stop;

my ($stream, $datagram) = (EchoServer->new(\&echo), UdpEchoServer->new);
cmp_ok(sent_in(1, $stream->target), '>', 100, 'replies are followed at once: connections');
cmp_ok(sent_in(1, '-u', $datagram->target), '>', 100, 'replies are followed at once: datagrams');
$_->stop for $stream, $datagram;
finish();
