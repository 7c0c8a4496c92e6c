#!/usr/bin/perl
# A bench with a server that has no room: a queue that is full, or never served, or one connection only.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use IO::Socket::IP;
use JSON::PP;
use Mpecho;
use Socket qw(SOCK_STREAM);
use Test::More;

# Connections that a Unix socket has no room for yet wait, as they do with TCP.
my $dir = temp_dir();
my $small = EchoServer->new(\&echo, unix => "$dir/small", queue => 8);    # one after another
my $r = mpecho('bench', '--json', '--crr', '-c', 40, '-t', 0.5, $small->target);
my $o = decode_json($r->{out});
is($o->{refused}, 0, 'a full Unix socket: nobody is refused');
cmp_ok($o->{replied}, '>', 40, 'and all are served');
$small->stop;

# A server that serves the first connection only.
my $single = EchoServer->new(sub ($peer) { echo($peer); EchoServer::hold_open($peer) });
$r = mpecho('bench', '-t', 0.3, '--json', $single->target);
is($r->{status}, 0, 'a server of one connection: good');
is(decode_json($r->{out})->{connected}, 1, 'which it gets');
$single->stop;

# Connections that are never made are told of.
sub unserved () { IO::Socket::IP->new(LocalHost => '127.0.0.1', LocalPort => 0, Type => SOCK_STREAM, Listen => 1) // die $@ }
my $listener = unserved();
$r = mpecho('bench', '--json', '-c', 12, '-t', 1.3, '-W', 2, '127.0.0.1', $listener->sockport);
$o = decode_json($r->{out});
is($r->{status}, 1, 'a queue that is never served: status 1');
is($o->{connected} + $o->{refused}, 12, "made ($o->{connected}) or not: every connection is told of");
$listener = unserved();
my $client = start_mpecho(qw(bench --json --burst -c 12 -W 20), '127.0.0.1', $listener->sockport);
ok(wait_until(sub { blocks_int($client) }), 'all at once at such a queue');
let_pass(1.5);    # a connection is not late before
kill INT => $client->{pid};
$o = decode_json(end_of($client)->{out});
cmp_ok($o->{refused}, '>', 0, 'connections that are not made count as refused');
is($o->{unsent}, $o->{refused}, 'and their messages as unsent');
is($o->{sent} + $o->{unsent}, $o->{replied} + $o->{lost}, 'the counts add up');
close $listener;

finish();
