#!/usr/bin/perl
# What a bench finds at the edges: a queue that is full, a server of one connection, no memory, signals that are ignored.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use EchoServer;
use FaultyServer;
use IO::Socket::UNIX;
use JSON::PP;
use Mpecho;
use Socket qw(SOCK_STREAM);
use Test::More;

# Connections that a Unix socket has no room for yet wait, as they do with TCP.
my $dir = temp_dir();
my $small = EchoServer->new(\&echo, unix => "$dir/small");    # one after another, and a queue of eight
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
my $listener = IO::Socket::IP->new(LocalHost => '127.0.0.1', LocalPort => 0, Type => SOCK_STREAM, Listen => 1) or die $@;
$r = mpecho('bench', '--json', '-c', 12, '-t', 1.3, '-W', 5, '127.0.0.1', $listener->sockport);
$o = decode_json($r->{out});
is($r->{status}, 1, 'a queue that is never served: status 1');
is($o->{connected} + $o->{refused}, 12, "made ($o->{connected}) or not: every connection is told of");
close $listener;

# Nobody's own.
for my $address ('255.255.255.255', '224.0.0.1', 'ff02::1') {
    my $r = mpecho('bench', '-u', $address);
    is($r->{status}, 64, "$address: asked");
    like($r->{err}, qr/--yes-i-may/, "$address: how to go on");
}

# Numbers are read as they are meant.
sub refused ($why, @options) {
    my $r = mpecho('bench', @options, 'localhost');
    is($r->{status}, 64, "@options: refused");
    like($r->{err}, qr/\Ampecho: $why\nTry 'mpecho bench --help'\.\n\z/, '... and why');
}
refused(qr/--size \Q$_\E: not a number of bytes, several of .*/, '-s', $_)
  for '1.5', '1.5,64', '64,1.5', '0x40', '1e', '1T', ',1';
refused(qr/a range of sizes needs --udp --pmtudisc do/, '-s', '10-20');
refused(qr/--connections 0x10: not a whole number within 1 and 1000000/, '-c', '0x10');
refused(qr/--omit makes no sense with --burst or --hold/, '--burst', '--omit', 1);

my $server = FaultyServer->new;
my ($program, @target) = ($Mpecho::PROGRAM, $server->target);
SKIP: {
    skip 'a sanitizer needs more memory', 2 if $ENV{MPECHOD_SANITIZED};
    my $out = qx(ulimit -v 200000; $program bench -c 10000 -P 4096 -t 0.1 @target 2>&1);
    is($? >> 8, 3, 'no memory: status 3');
    is($out, "mpecho: out of memory\n", '... told');
}

# Whoever had ^C ignored wants it so.
my $client = start_mpecho('bench', '--json', '-t', 1, @target, { in_child => sub { $SIG{INT} = 'IGNORE' } });
ok($server->do(qw(delay 0)), 'ignored: begun');
kill INT => $client->{pid} for 1 .. 3;
$r = end_of($client);
is($r->{status}, 0, 'ignored: goes on to its end');
ok(!decode_json($r->{out})->{interrupted}, 'ignored: not interrupted');

# So far, by ^\: also before the first interval has ended.
$client = start_mpecho('bench', '-q', '-i', 60, '-t', 1, @target);
ok($server->do(qw(delay 0)), 'so far: begun');
kill QUIT => $client->{pid};
$r = end_of($client);
like($r->{err}, qr/^messages +[1-9]/m, 'so far: what was counted by then');
$server->stop;
finish();
