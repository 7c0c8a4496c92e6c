#!/usr/bin/perl
# mpecho ping -u -M do with a range of sizes: the counts add up, and a lower bound is not taken for the path MTU.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP;
use Mpecho;
use Test::More;
use UdpEchoServer;

sub search (@arguments) {
    my $r = mpecho(qw(ping -u -M do -W 0.1 --json -s), @arguments);
    return ($r, decode_json($r->{out}));
}

my $hole = UdpEchoServer->new(sub ($bytes, $n, $keep) { length $bytes > 1000 ? () : $bytes });
my ($r, $o) = search('8-1100', $hole->target);
is($r->{status}, 0, 'a path MTU: status 0');
is("@{$o}{qw(path_mtu path_mtu_at_least)}", '1028 1028', 'both are the same');
cmp_ok($o->{replied}, '>', 1, 'several came back');
is("@{$o}{qw(sent lost unsent)}", "$o->{replied} 0 0", 'no others count');

($r, $o) = search('8-200', '--assert', 'path_mtu_at_least>=228', $hole->target);
is($r->{status}, 0, 'all come back: status 0');
ok(exists $o->{path_mtu} && !defined $o->{path_mtu}, 'the path MTU is not known');
is($o->{path_mtu_at_least}, 228, 'but how much it is at least');
($r, $o) = search('8-200', '--assert', 'path_mtu>=228', $hole->target);
is($r->{status}, 1, 'and what is not known does not hold');
like($r->{err}, qr/path_mtu was not measured/, 'as is said');

($r, $o) = search('1001-1100', $hole->target);
is($r->{status}, 1, 'none comes back: status 1');
is("@{$o}{qw(sent replied)}", "$o->{lost} 0", 'all are lost');
ok(!defined $o->{path_mtu} && !defined $o->{path_mtu_at_least}, 'and nothing is known');

# Stopped while a reply is owed.
my $client = start_mpecho(qw(ping -u -M do -W 10 --json -s 500-1100), $hole->target);
ok(wait_until(sub { blocks_int($client) }), 'a search');
kill INT => $client->{pid};
$r = end_of($client);
$o = decode_json($r->{out});
is($o->{sent}, $o->{replied} + $o->{lost}, 'stopped: they add up') or diag($r->{out});

# Every reply comes when it has been given up, and is one all the same.
my $late = UdpEchoServer->new(sub ($bytes, $n, $keep) { [ 0.15, $bytes ] });
($r, $o) = search('100-103', $late->target);
is($r->{status}, 0, 'late replies: status 0');
is($o->{path_mtu_at_least}, 131, 'late replies: all sizes came back');
cmp_ok($o->{replied}, '>', 0, 'late replies: counted');
is($o->{sent}, $o->{replied} + $o->{lost}, 'late replies: the counts add up');
$late->stop;

for my $option (['-c', 3], ['-i', 1]) {
    $r = mpecho(qw(ping -u -M do -s 8-1100), @$option, $hole->target);
    is($r->{status}, 64, "@$option: status 64");
    like($r->{err}, qr/\Ampecho: --count and --interval make no sense with a range of sizes\n/, "@$option: why");
}
$hole->stop;
finish();
