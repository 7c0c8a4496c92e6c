#!/usr/bin/perl
# However a bench ends, what was sent came back or is lost, and nothing of it goes on.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use FaultyServer;
use JSON::PP;
use Mpecho;
use Test::More;

my $server = FaultyServer->new;

sub adds_up ($name, $r) {
    my $o = decode_json($r->{out});
    is($o->{sent}, $o->{replied} + $o->{lost}, "$name: sent is replied and lost: $o->{sent}");
    return $o;
}

# A server that answers nothing, and ^C.
for my $how ([], [ '-c', 4, '-P', 4 ], ['--crr'], [ '--burst', '-c', 3 ], [ '--hold', 5 ], [ '-R', 100, '-P', 16 ]) {
    my $silent = FaultyServer->new;
    $silent->ask('swallow');
    my $client = start_mpecho('bench', '--json', '-t', 30, @$how, $silent->target);
    ok($silent->done, "@$how: nothing comes back");
    $silent->ask('stop', 3);
    kill INT => $client->{pid};
    my $r = end_of($client);
    is($r->{status}, 1, "@$how ^C: status 1");
    my $o = adds_up("@$how ^C", $r);
    cmp_ok($o->{lost}, '>', 0, "@$how ^C: lost");
    ok($o->{interrupted}, "@$how ^C: interrupted");
    $silent->stop;
}

# Idle connections that were not asked are not said to have survived.
my $client = start_mpecho('bench', '--hold', 30, '-c', 3, $server->target);
ok($server->do(qw(delay 0)), 'hold: held');
kill INT => $client->{pid};
like(end_of($client)->{out}, qr/^idle +0 of 3 survived 30 s, 3 not asked$/m, 'hold: nobody was asked');

# What was omitted counts neither as sent nor as come back; all threads begin together.
my $r = mpecho('bench', '--json', '-c', 8, '-P', 8, '--omit', 0.3, '-t', 0.3, $server->target);
is($r->{status}, 0, 'omitted: status 0');
my $o = adds_up('omitted', $r);
ok(!$o->{interrupted}, 'omitted: not interrupted');
$r = mpecho('bench', '--json', '-c', 32, '-j', 32, '-t', 0.5, $server->target);
$o = adds_up('many threads', $r);
is($o->{intervals}[0]{start}, 0, 'many threads: from the beginning');

# A rate far beyond anything.
my $begun = now();
$r = mpecho('bench', '--json', '-R', '1000M', '-t', 0.3, $server->target);
cmp_ok(now() - $begun, '<', 8, 'a senseless rate ends in time');
$o = decode_json($r->{out});
cmp_ok(abs($o->{replied} + $o->{lost} - 3e8), '<', 1e8, 'and all is accounted for');

# The reader leaves.
pipe my $read, my $write or die "pipe: $!";
$client = start_mpecho('bench', '-t', 60, '-i', 0.05, $server->target, { stdout => $write });
close $write;
sysread $read, my $some, 10;
close $read;
$begun = now();
$r = end_of($client);
is($r->{status}, 3, 'nobody reads any more: status 3');
is($r->{err}, "mpecho: cannot write standard output: Broken pipe\n", 'and why');
cmp_ok(now() - $begun, '<', 20, 'long before its time');

# A reader that does not read does not prolong the load.
pipe $read, $write or die "pipe: $!";
$client = start_mpecho('bench', '-t', 2, '-i', '0.01', '--json-stream', $server->target, { stdout => $write });
close $write;
my $ticks = sub {
    open my $file, '<', "/proc/$client->{pid}/stat" or return 0;
    my @fields = split ' ', <$file> =~ s/^.*\) //r;
    return $fields[11] + $fields[12];
};
my ($last, $quiet) = (-1, 0);
ok(wait_until(sub {
    my $now = $ticks->();
    ($last, $quiet) = $now == $last ? ($last, $quiet + 1) : ($now, 0);
    return $now > 20 && $quiet > 100;
}, 20), 'nobody reads: the load ends all the same');
close $read;
is(end_of($client)->{err}, "mpecho: cannot write standard output: Broken pipe\n", 'and why it ends then');
$server->stop;
finish();
