#!/usr/bin/perl
# Whatever becomes of a datagram is named and counted, by ping and by bench.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP;
use Mpecho;
use Test::More;
use UdpEchoServer;

# Do this to the fifth datagram: ping says so, and counts it, and the others come back.
sub meets ($name, $do, $note, $counts, @options) {
    my $server = UdpEchoServer->new(sub ($bytes, $n, $keep) { $n == 4 ? $do->($bytes) : $bytes });
    my $r = mpecho('ping', '-u', '-c', 8, '-i', 0.01, '-W', 0.2, @options, '--json-stream', $server->target);
    $server->stop;
    my ($summary, @probes) = reverse map { decode_json($_) } split /\n/, $r->{out};
    my $said = join '', map({ "$_->{sequence}: $_->{note}\n" } grep { $_->{note} } reverse @probes),
      map { "problem: $_->{text}\n" } @{ $summary->{problems} };
    like($said, $note, "$name: named");
    is($r->{status}, $counts->{lost} || $counts->{wrong} ? 1 : 0, "$name: status");
    my %expected = (sent => 8, replied => 8 - ($counts->{lost} // 0), lost => 0, wrong => 0, duplicates => 0, reordered => 0, %$counts);
    is_deeply({ map { $_ => $summary->{$_} } keys %expected }, \%expected, "$name: counted");
}

sub flip ($bytes, $at) { substr($bytes, $at, 1) ^.= "\x20"; return $bytes }

meets('a lost one', sub ($bytes) { () }, qr/^5: no reply in time$/m, { lost => 1 });
meets('one that comes twice', sub ($bytes) { ($bytes, $bytes) }, qr/^5: DUP!$/m, { duplicates => 1 });
meets('one that comes four times', sub ($bytes) { ($bytes) x 4 }, qr/^(?:5: DUP!\n){3}/m, { duplicates => 3 });
meets('one that is overtaken', sub ($bytes) { [0.03, $bytes] }, qr/^5: out of order$/m, { reordered => 1 });
meets('a changed byte', sub ($bytes) { flip($bytes, 40) },
    qr/^5: changed at offset 40: sent 0x(\w\w), received 0x(?!\1)\w\w$/m, { lost => 1, wrong => 1 });
meets('a changed first byte', sub ($bytes) { flip($bytes, 0) }, qr/^5: changed at offset 0: /m, { lost => 1, wrong => 1 });
meets('a changed last byte', sub ($bytes) { flip($bytes, 63) }, qr/^5: changed at offset 63: /m, { lost => 1, wrong => 1 });
meets('fewer bytes', sub ($bytes) { substr $bytes, 0, 30 }, qr/^5: truncated: 30 of 64 bytes came back$/m, { lost => 1, wrong => 1 });
meets('more bytes', sub ($bytes) { "$bytes..." }, qr/^5: extra: 67 bytes came back, 64 were sent$/m, { lost => 1, wrong => 1 });
meets('no bytes', sub ($bytes) { '' }, qr/^problem: .*: a datagram of unknown origin: 0 bytes$/m, { lost => 1, wrong => 1 });
meets("nobody's bytes besides", sub ($bytes) { ($bytes, 'x' x 64) }, qr/^problem: .*: a datagram of unknown origin: 64 bytes$/m, { wrong => 1 });
meets('a change and the right one', sub ($bytes) { (flip($bytes, 20), $bytes) },
    qr/^5: changed .*5: DUP!/ms, { lost => 1, wrong => 1, duplicates => 1 });
meets('the right one and a change', sub ($bytes) { ($bytes, flip($bytes, 20)) }, qr/^problem: .*datagram 5: changed at offset 20/m, { wrong => 1 });
meets('a change where nothing tells which one it was', sub ($bytes) { flip($bytes, 3) },
    qr/^problem: .*: a datagram of unknown origin: 8 bytes$/m, { lost => 1, wrong => 1 }, '-s', 8);

# Bench has them all at once, on two sockets, and none is left uncounted.
my %does = (
    10 => sub ($bytes) { () },
    20 => sub ($bytes) { ($bytes, $bytes) },
    30 => sub ($bytes) { flip($bytes, 9) },
    40 => sub ($bytes) { substr $bytes, 0, 20 },
    50 => sub ($bytes) { "${bytes}x" },
);
my $server = UdpEchoServer->new(sub ($bytes, $n, $keep) { my $do = $does{ $n % 100 }; $do ? $do->($bytes) : $bytes });
my $r = mpecho('bench', '-u', '-t', 1, '-c', 2, '-R', 1000, '-W', 0.2, '--json', $server->target);
is($r->{status}, 1, 'bench: status 1');
my $json = decode_json($r->{out});
my $sent = $json->{sent};
cmp_ok($sent, '>=', 950, 'bench: sent at the rate');
is($json->{replied} + $json->{lost}, $sent, 'bench: each has come back or is lost');
my $each = $sent / 100;
cmp_ok(abs($json->{duplicates} - $each), '<=', 2, 'bench: duplicates');
cmp_ok(abs($json->{wrong} - 3 * $each), '<=', 6, 'bench: faults');
my $problems = join "\n", map { $_->{text} } @{ $json->{problems} };
like($problems, qr/^socket [01], datagram 31: changed at offset 9: /m, 'bench: changed, where');
like($problems, qr/^socket [01], datagram 41: truncated: 20 of 64 /m, 'bench: truncated, where');
like($problems, qr/: no reply in time$/m, 'bench: lost');
$server->stop;

# The closed loop is thousands of datagrams further when a reply comes again.
$server = UdpEchoServer->new(sub ($bytes, $n, $keep) { $n % 100 == 9 ? ($bytes, [ 0.1, $bytes ]) : $bytes });
$json   = decode_json(mpecho('bench', '-u', '-t', 0.5, '-P', 8, '-W', 2, '--json', $server->target)->{out});
cmp_ok($json->{sent}, '>', 3000, 'duplicates that come late: many were sent');
cmp_ok($json->{duplicates}, '>', $json->{sent} / 400, "duplicates that come late: counted ($json->{duplicates} of $json->{sent})");
is_deeply([ map { $_->{text} } @{ $json->{problems} } ], [], 'duplicates that come late: nothing else');
$server->stop;

# What answers no datagram of ours is told, in the summary, as no line of a probe's can tell it.
$server = UdpEchoServer->new(sub ($bytes, $n, $keep) { ($bytes, 'nobody has sent this') });
$r = mpecho('ping', '-u', '-c', 2, '-i', 0.05, $server->target);
like($r->{out}, qr/^problems +.*unknown origin/m, 'ping: a datagram of unknown origin is told') or diag($r->{out});
$server->stop;

# Another socket's reply: the server answers one client with what came from the other.
$server = UdpEchoServer->new(sub ($bytes, $n, $keep) { state $first = $bytes; $n == 5 && $first ne $bytes ? ($bytes, $first) : $bytes });
$r = mpecho('bench', '-u', '-t', 0.5, '-c', 2, '-R', 100, '--json', $server->target);
$problems = join "\n", map { $_->{text} } @{ decode_json($r->{out})->{problems} };
like($problems, qr/another socket's data: socket [01]/, "another socket's data");
$server->stop;

finish();
