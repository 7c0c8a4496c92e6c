#!/usr/bin/perl
# Signals to mpecho ping: QUIT shows the summary so far, INT and TERM end with it, a second one ends at once.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use FaultyServer;
use Mpecho;
use Test::More;

my $server = FaultyServer->new;
my $summary = qr/\n--- .* ping statistics ---\n(\d+) sent, \1 received, 0% loss, time \d+ms\nrtt /;

for my $signal (qw(INT TERM)) {
    my $client = start_mpecho('ping', '-i', 0.05, $server->target);
    ok(wait_for_output($client, qr/seq=2 /), "$signal: running");
    kill $signal => $client->{pid};
    my $r = end_of($client);
    is($r->{status}, 0, "$signal: status 0");
    like($r->{out}, $summary, "$signal: the summary");
    is($r->{err}, '', "$signal: no error");
}

my $client = start_mpecho('ping', '-i', 0.05, $server->target);
ok(wait_for_output($client, qr/seq=2 /), 'QUIT: running');
kill QUIT => $client->{pid};
ok(wait_until(sub { -s $client->{stderr} }), 'QUIT: something is written to standard error');
my ($last) = $client->{seen} =~ /.*seq=(\d+) /s;
ok(wait_for_output($client, qr/seq=@{[ $last + 3 ]} /), 'QUIT: it goes on');
kill INT => $client->{pid};
my $r = end_of($client);
like($r->{err}, $summary, 'QUIT: it is the summary so far');
my ($then) = $r->{err} =~ /^(\d+) sent/m;
my ($now) = $r->{out} =~ /^(\d+) sent/m;
cmp_ok($then, '<', $now, 'QUIT: so far');
is(() = $r->{out} =~ /statistics/g, 1, 'QUIT: standard output has one summary');

# Waiting for a reply does not keep it.
my $silent = EchoServer->new(\&hold_open);
$client = start_mpecho('ping', '-W', 60, $silent->target);
wait_for_output($client, qr/PING/);
kill INT => $client->{pid};
$r = end_of($client);
like($r->{out}, qr/^(?:1 sent, 0 received, 100% loss|0 sent)/m, 'INT while a reply is owed');
$silent->stop;

# Nor does a reader that does not read: INT ends the probing, and the next one the waiting for the reader.
pipe my $reader, my $stdout or die "pipe: $!";
$client = start_mpecho('ping', '-i', 0, $server->target, { stdout => $stdout });
ok(wait_until(sub { !has_room($stdout) }), 'a reader that does not read');
fill($stdout);
kill INT => $client->{pid};
ok(wait_until(sub { int_ends_it($client) }), 'INT: it has heard');
kill INT => $client->{pid};
is(end_of($client)->{status}, 130, 'a second INT ends it at once');
$server->stop;

finish();
