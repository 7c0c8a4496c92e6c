#!/usr/bin/perl
# The open loop has as many arrivals as the rate and the time make, whatever it can send of them; and what was due in the
# omitted time does not count, sent or not.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use FaultyServer;
use JSON::PP;
use Mpecho;
use Test::More;
use UdpEchoServer;

sub begin (@arguments) { start_mpecho('bench', '--json', @arguments) }
sub result ($client)   { decode_json(end_of($client)->{out}) }
sub bench (@arguments) { result(begin(@arguments)) }
sub due   ($json)      { $json->{sent} + $json->{unsent} }

my $echo       = EchoServer->new(\&echo);
my $udp        = UdpEchoServer->new;
my $silent     = EchoServer->new(sub ($peer) { hold_open($peer) });
my $udp_silent = UdpEchoServer->new(sub { () });

# Those that mostly wait, all at once.
my @silence     = (qw(-R 1000 -t 0.2 -W 0.4), $silent->target);
my @omitting    = qw(-R 1000 --omit 0.5 -t 0.3 -W 0.2);
my ($slow, $slower) = map { FaultyServer->new } 1 .. 2;
$slow->ask('delay', 0.5);
$slower->ask('delay', 1.6);
my %waiting = (
    silence  => begin(@silence),
    words    => start_mpecho('bench', @silence),
    tcp      => begin(@omitting, $silent->target),
    udp      => begin('-u', @omitting, $udp_silent->target),
    slow     => begin(qw(-R 100 -t 0.3), $slow->target),
    slower   => begin(qw(-t 0.2), $slower->target),
);

is(due(bench('-R', 1000, '-t', 0.5, $echo->target)), 500, 'all are sent: the rate by the time');
is(due(bench(qw(-u -R 1000 -t 0.5 -c 3 -j 2), $udp->target)), 500, 'datagrams, sockets and threads: the same');
is(due(bench(qw(-R 1000000 -t 0.2 -W 0.4), $echo->target)), 200_000, 'more than can be sent: the same');
is(due(bench(qw(-u -R 1000000 -t 0.2 -W 0.2), $udp->target)), 200_000, 'more datagrams than can be sent: the same');
my $json = result($waiting{silence});
is(due($json), 200, 'a silent server: the same');
like(end_of($waiting{words})->{out},
    qr/^messages +\d sent, 0 came back, 200 lost \(100 %\), 19\d of them never sent$/m, '... in words');
my ($why) = grep { $_->{text} =~ /^a message was due and not sent/ } @{ $json->{problems} };
cmp_ok($why->{count} // 0, '>=', 190, '... and the problem is named');

for ([ 'silence', 'tcp' ], [ 'silence, datagrams', 'udp' ]) {
    my ($what, $which) = @$_;
    my $json = result($waiting{$which});
    is(due($json), 300, "$what: nothing of the omitted time counts");
    is($json->{lost}, due($json), "$what: all lost");
}

# What was due and could not be sent has a second more; what was sent is waited for as long as -W says.
$json = result($waiting{slow});
is("@$json{qw(sent lost)}", '30 0', 'a server that is slow at the end: all are sent after it');
$json = result($waiting{slower});
is("@$json{qw(sent lost)}", '1 0', 'a reply that takes longer than a second after the end: it is waited for');

$_->stop for $slow, $slower, $echo, $udp, $silent, $udp_silent;
finish();
