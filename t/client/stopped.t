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

# All at once, as it takes a while.
my @runs = map {
    my @arguments = split;
    my $server    = "@arguments" =~ /-u/ ? $udp : $tcp;
    { how => $_, client => start_mpecho(@arguments, '-q', '-W', 1, $server->target) }
} 'bench -c 4 -t 1', 'bench --crr -c 4 -t 1', 'bench -s 1M -t 1', 'bench -R 1000 -t 1', 'ping -i 0 -c 20000', 'ping -i 0 -w 0.5',
  'bench -u -c 4 -t 1', 'bench -u -R 1000 -t 1', 'ping -u -i 0 -w 0.5';
for my $run (@runs) {
    ok(wait_until(sub { blocks_int($run->{client}) }), "$run->{how}: begun");
}
let_pass(0.1);
my @pids = map { $_->{client}{pid} } @runs;
halt(@pids);
let_pass(1.8);
kill CONT => @pids;
for my $run (@runs) {
    my $r = end_of($run->{client});
    is($r->{status}, 0, "$run->{how}: status 0");
    like($r->{out}, qr/\bnone lost\b|\b0% loss\b/, '... nothing is lost') or diag($r->{out});
}

$_->stop for $tcp, $udp;
finish();
