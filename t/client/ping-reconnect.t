#!/usr/bin/perl
# mpecho ping goes on when a connection breaks, with another one, and says so.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use FaultyServer;
use Mpecho;
use Test::More;

# A server that ends the connection after every reply: nothing is lost.
my $server = EchoServer->new(sub ($peer) { send_all($peer, receive($peer, 64)) });
my $at = join ':', $server->target;
my $r = mpecho('ping', '-c', 3, '-i', 0.2, $server->target);
is($r->{status}, 0, 'ended between probes: status 0');
like($r->{out}, qr/seq=1 time=\S+ ms\n.*seq=2 time=\S+ ms \(connected again\)\n.*seq=3 time=\S+ ms \(connected again\)\n/,
    'each later reply says that it came on a new connection');
like($r->{err}, qr/\A(?:mpecho: \Q$at\E closed the connection; the next message gets a new connection\n){2,3}\z/,
    'and each end is told when it happens');
like($r->{out}, qr/^3 sent, 3 received, \+[23] broken, 0% loss/m, 'and counted');

$r = mpecho('ping', '-q', '-c', 3, '-i', 0.2, $server->target);
is($r->{err}, '', '-q: nothing is said meanwhile');
like($r->{out}, qr/% loss.*\nproblems +\Q$at\E closed the connection, [23] times\nrtt /, '-q: but in the summary');

$r = mpecho('ping', '--connect', '-c', 2, '-i', 0.2, $server->target);
like($r->{out}, qr/seq=2 connect=\S+ ms time=\S+ ms \(connected again\)$/m, '--connect tells how long it took');
like($r->{err}, qr/\A(?:mpecho: .* closed the connection; .*\n){1,2}\z/, '... and the end is told all the same');
$server->stop;

# Broken while a reply is owed.
$server = FaultyServer->new;
$at = join ':', $server->target;
for my $case (
    [ 'truncate', qr/\Q$at\E closed the connection: 54 of 64 bytes missing, from offset \d+ on/ ],
    [ 'reset',    qr/connection to \Q$at\E: Connection reset by peer: 54 of 64 bytes missing, from offset \d+ on/ ],
) {
    my ($command, $message) = @$case;
    my $client = start_mpecho('ping', '-c', 4, '-i', 0.1, $server->target);
    wait_for_output($client, qr/seq=1 /);
    ok($server->do($command, 10), "$command: done");
    $r = end_of($client);
    is($r->{status}, 1, "$command: status 1");
    like($r->{out}, qr/^seq=\d lost: $message\n.* \(connected again\)\n/m, "$command: told, and the next one is answered");
    like($r->{out}, qr/^4 sent, 3 received, \+1 broken, 25% loss/m, "$command: counted");
    is($r->{err}, '', "$command: no other message");
}

# Bytes that were not asked for, between probes.
my $chatty = EchoServer->new(sub ($peer) { send_all($peer, receive($peer, 64)); wait_for_go(); send_all($peer, 'x'); echo($peer) });
my $client = start_mpecho('ping', '-i', 0.2, '-c', 2, $chatty->target);
wait_for_output($client, qr/seq=1 /);
$chatty->go;
$r = end_of($client);
is($r->{status}, 1, 'an unasked byte: status 1');
like($r->{err} . $r->{out}, qr/offset 64: extra/, 'and named');
$chatty->stop;

# The server goes away, and comes back.
$client = start_mpecho('ping', '-i', 0.1, $server->target);
ok(wait_for_output($client, qr/seq=1 /), 'a server that answers');
$server->stop;
ok(wait_for_output($client, qr/(?:^seq=\d+ lost: cannot connect to \Q$at\E: Connection refused\n){3}/m),
    'is away: every probe is lost');
my $new = FaultyServer->new(port => $server->port);
ok(wait_for_output($client, qr/ \(connected again\)\n.*time=\S+ ms\n/), 'is back: they are answered');
kill INT => $client->{pid};
$r = end_of($client);
is($r->{status}, 1, 'status 1');
like($r->{err}, qr/\A(?:mpecho: \Q$at\E closed the connection; .*\n)?\z/, 'its end is told if nothing was owed');
unlike($r->{out} =~ s/\n\n.*//sr, qr/^(?!PING|seq=\d+ lost|64 bytes)/m, 'not more than a line for a probe');
$new->stop;

# As fast as possible does not mean that a server that refuses is asked so fast.
$server = FaultyServer->new;
$client = start_mpecho('ping', '-q', '-i', 0, '-w', 1, $server->target);
wait_for_output($client, qr/PING/);
ok($server->do('refuse'), 'a server refuses from now on');
$r = end_of($client);
my ($sent, $received) = $r->{out} =~ /^(\d+) sent, (\d+) received/m;
ok($sent - $received >= 1 && $sent - $received <= 110, 'it is asked 100 times a second') or diag($r->{out});
$server->stop;

finish();
