#!/usr/bin/perl
# mpecho bench --hold: idle connections; a message before and one after tell whether they survive.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use FaultyServer;
use JSON::PP;
use Mpecho;
use Mpechod;
use Test::More;

my $server = FaultyServer->new;
my $r = mpecho('bench', '--json', '--hold', 0.5, '-c', 10, $server->target);
is($r->{status}, 0, 'status 0');
is($r->{err}, '', 'no error');
my $o = decode_json($r->{out});
is("@$o{qw(connected sent replied survived)}", '10 20 20 10', 'two messages each');
cmp_ok($o->{seconds}, '>=', 0.5, 'with time between them');
$server->stop;

# A server that does not bear idleness.
my $short = Mpechod->new(timeout => { idle => 0.3 })->start;
$r = mpecho('bench', '--json', '--hold', 1, '-c', 3, '127.0.0.1', $short->port);
is($r->{status}, 1, 'idle connections that are cut: status 1');
is($r->{err}, '', '... no error');
$o = decode_json($r->{out});
is("@$o{qw(replied lost broken survived)}", '3 3 3 0', '... and counted');

# A connection that has no echo at all is not held; and of a run that is ended early, those are told that were not asked.
my $deaf = EchoServer->new(sub ($peer) { hold_open($peer) });
$r = mpecho('bench', '--hold', 1, '-c', 3, '-W', 0.3, $deaf->target);
is($r->{status}, 1, 'no echo: status 1');
like($r->{out}, qr/^idle +no connection was held$/m, 'no echo: none was held');
$deaf->stop;
$server = FaultyServer->new;
my $client = start_mpecho('bench', '--hold', 30, '-c', 3, '-i', 0.1, $server->target);
ok(wait_for_output($client, qr/ [1-9]\S* k?\/s.*\n.* 0 \/s/), 'all are idle');
kill INT => $client->{pid};
like(end_of($client)->{out}, qr/^idle +0 of 3 survived 30 s, 3 not asked$/m, 'ended early: said');
$server->stop;

# Asked again, and not answered before the end: it did not survive.
pipe my $asked, my $write or die "pipe: $!";
my $half = EchoServer->new(sub ($peer) {
    my $first = receive($peer, 64) or return;    # the connection that found the server
    send_all($peer, $first);
    syswrite $write, receive($peer, 64);
    hold_open($peer);
});
close $write;
$client = start_mpecho('bench', '--hold', 0.1, '-W', 20, $half->target);
is(length receive($asked, 64), 64, 'asked again');
kill INT => $client->{pid};
like(end_of($client)->{out}, qr/^idle +0 of 1 survived 0\.1 s$/m, '... and not answered: said');
$half->stop;
like(mpecho('bench', '--hold', 1, '-c', 3, '127.0.0.1', $short->port)->{out}, qr/^idle +0 of 3 survived 1 s$/m, 'all are cut: said');

finish();
