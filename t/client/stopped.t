#!/usr/bin/perl
# mpecho is stopped for longer than it waits for a reply: what came meanwhile has come.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use FaultyServer;
use Mpecho;
use Test::More;
use UdpEchoServer;

my $tcp = FaultyServer->new;
my $udp = UdpEchoServer->new;

# Each is stopped as soon as it has begun, and all for the same time, as it takes a while.
my @runs;
for (
    'bench -c 4 -t 1', 'bench --crr -c 4 -t 1', 'bench -s 1M -t 1', 'bench -R 200 -t 1', 'ping -i 0 -c 20000', 'ping -i 0 -w 1',
    'bench -u -c 4 -t 1', 'bench -u -R 200 -t 1', 'ping -u -i 0 -w 1'
  ) {
    my @arguments = split;
    my $server    = "@arguments" =~ /-u/ ? $udp : $tcp;
    my $client    = start_mpecho(@arguments, '-q', '-W', 1, $server->target);
    push @runs, { how => $_, client => $client };
    ok(wait_until(sub { blocks_int($client) }), "$_: begun");
    let_pass(0.05);
    halt($client->{pid});
}
let_pass(1.8);
kill CONT => map { $_->{client}{pid} } @runs;
for my $run (@runs) {
    my $r = end_of($run->{client});
    is($r->{status}, 0, "$run->{how}: status 0");
    like($r->{out}, qr/\bnone lost\b|\b0% loss\b/, '... nothing is lost') or diag($r->{out});
}

$_->stop for $tcp, $udp;
finish();
