#!/usr/bin/perl
# Nobody reads what a run writes: ^C ends it all the same, and the load ends in its time.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use FaultyServer;
use JSON::PP;
use List::Util qw(sum);
use Mpecho;
use Test::More;

for my $mode ([ 'bench', '-t', 2, '-i', '0.01', '--json-stream' ], [ 'ping', '-i', '0.001', '--json-stream' ]) {
    my $name   = $mode->[0];
    my $server = FaultyServer->new;
    pipe my $unread, my $write or die "pipe: $!";
    my $client = start_mpecho(@$mode, $server->target, { stdout => $write });
    ok(wait_until(sub { !has_room($write) }, 20), "$name: the pipe is full");
    kill INT => $client->{pid};
    ok(wait_until(sub { waits($client->{pid}) }), "$name: the first is taken");
    kill INT => $client->{pid};
    my $r = end_of($client, 5);
    like($r->{status}, qr/^(?:0|130)$/, "$name: two ^C end it");
    $server->stop;
}

# What was not written for want of a reader is in the summary all the same.
my $server = FaultyServer->new;
pipe my $read, my $write or die "pipe: $!";
my $client = start_mpecho(qw(bench -R 1000 -t 2 -i 0.01 --json-stream), $server->target, { stdout => $write });
ok(wait_until(sub { !has_room($write) }, 20), 'intervals: the pipe is full');
close $write;
let_pass(0.7);    # in which 700 are sent, and no interval can be written
my @lines = map { decode_json($_) } <$read>;
end_of($client);
is($lines[-1]{type}, 'summary', 'intervals: the summary comes');
is($lines[-1]{sent}, 2000, 'intervals: all was sent');
my $told = sum(map { $_->{sent} } @{ $lines[-1]{intervals} });
cmp_ok($told, '>', 1600, "intervals: which they tell, but for what came late ($told)");
$server->stop;

# Sleeping, with no signal left to be taken.
sub waits ($pid) { status_of($pid, 'State') =~ /^[SZ]/ && status_of($pid, 'ShdPnd') =~ /^0+$/ }

finish();
