#!/usr/bin/perl
# Whatever a server does to the bytes or the connections of a bench is named, and counted, and the bench goes on.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use FaultyServer;
use Mpecho;
use Test::More;

my $server = FaultyServer->new;

# A bench that meets one fault, and is told to end when it was met.
sub meets ($name, $command, $message, @options) {
    my $client = start_mpecho('bench', '-q', '-t', 20, '-s', 4096, @options, $server->target);
    ok($server->do(@$command), "$name: done");
    kill INT => $client->{pid};
    my $r = end_of($client);
    is($r->{status}, 1, "$name: status 1");
    like($r->{out}, $message, "$name: named");
    return $r;
}

meets('a changed byte', [qw(flip 100)], qr/connection 0 at offset \d+: changed: sent 0x(\w\w), received 0x(?!\1)\w\w/);
meets('missing bytes', [qw(drop 100 77)], qr/at offset \d+: missing: 77 of the bytes sent/);
meets('bytes that come again', [qw(repeat 1000 64)], qr/at offset \d+: extra: 64 /);
meets("nobody's bytes", [qw(insert 1000 64)], qr/at offset \d+: (?:extra: 64|changed: )/);
meets('bytes out of order', [qw(reorder 512 512)], qr/at offset \d+: reordered: /);
meets("another connection's bytes", ['swap'], qr/another connection's data: /, '-c', 2);
meets('an early end', [qw(truncate 100)], qr/closed the connection: 3996 of 4096 bytes missing, from offset \d+ on/);
meets('a reset', [qw(reset 100)], qr/Connection reset by peer/);
meets('a wrong byte just before the time is up', [qw(flip 4095)], qr/at offset \d+: changed: /, '-W', 0.04);
meets('silence', ['swallow'], qr/no reply from .* in time/, '-W', 0.3);
meets('a late answer', [qw(delay 0.5)], qr/no reply from .* in time/, '-W', 0.2);

# Of a pipeline, too.
meets('missing bytes in a pipeline', [qw(drop 5000 77)], qr/missing: 77 of/, '-P', 8);
meets('a changed byte in lines', [qw(flip 64)], qr/at offset \d+: changed: /, '--lines');
meets('a changed newline', [qw(flip 4095)], qr/at offset \d+: changed: sent 0x0a, received 0x/, '--lines');

# What was lost is counted, and the bench goes on, with a new connection.
my $client = start_mpecho('bench', '-q', '-t', 1, '-c', 8, $server->target);
ok($server->do(qw(reset 0)), 'one reset of many connections: done');
my $r = end_of($client);
is($r->{status}, 1, 'one reset of many connections: status 1');
like($r->{out}, qr/^messages .* 1 lost /m, 'one reset of many connections: a message is lost');
like($r->{out}, qr/^connections +9 made, 1 broken$/m, 'one reset of many connections: made anew');

# A server that goes away is refused again and again, and the bench ends in its time.
$client = start_mpecho('bench', '-q', '-t', 1, $server->target);
ok($server->do(qw(flip 0)), 'a server that goes away: served');
ok($server->do('refuse'), 'a server that goes away: done');
$r = end_of($client);
is($r->{status}, 1, 'a server that goes away: status 1');
like($r->{out}, qr/Connection refused/, 'a server that goes away: named');
$r = mpecho('bench', '-t', 1, $server->target);
is($r->{status}, 2, 'nobody there: status 2');
like($r->{err}, qr/cannot connect to .*Connection refused/, 'nobody there: said');

$server->stop;
finish();
