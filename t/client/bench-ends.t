#!/usr/bin/perl
# However a bench ends, what was sent came back or is lost, and nothing of it goes on.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use FaultyServer;
use JSON::PP;
use Mpecho;
use Test::More;

use constant F_SETPIPE_SZ => 1031;    # fcntl(2)

my $server = FaultyServer->new;

sub adds_up ($name, $r) {
    my $o = decode_json($r->{out});
    is($o->{sent}, $o->{replied} + $o->{lost}, "$name: sent is replied and lost: $o->{sent}");
    return $o;
}

# A server that answers nothing, and ^C. All at once, as each waits for a while for what is on its way.
my @runs = map {
    my $silent = FaultyServer->new;
    $silent->ask('swallow');
    { how => "@$_ ^C", server => $silent, client => start_mpecho('bench', '--json', '-t', 30, @$_, $silent->target) }
} [], [ '-c', 4, '-P', 4 ], ['--crr'], [ '--burst', '-c', 3 ], [ '--hold', 5 ], [ '-R', 100, '-P', 16 ];
for my $run (@runs) {
    ok($run->{server}->done, "$run->{how}: nothing comes back");
    $run->{server}->ask('stop', 3);
}
kill INT => map { $_->{client}{pid} } @runs;
for my $run (@runs) {
    my $r = end_of($run->{client});
    is($r->{status}, 1, "$run->{how}: status 1");
    my $o = adds_up($run->{how}, $r);
    cmp_ok($o->{lost}, '>', 0, "$run->{how}: lost");
    ok($o->{interrupted}, "$run->{how}: interrupted");
    $run->{server}->stop;
}

# Idle connections that were not asked are not said to have survived.
my $client = start_mpecho('bench', '--hold', 30, '-c', 3, $server->target);
ok($server->do(qw(delay 0)), 'hold: held');
kill INT => $client->{pid};
like(end_of($client)->{out}, qr/^idle +0 of 3 survived 30 s, 3 not asked$/m, 'hold: nobody was asked');

# A server of one connection at a time: the others have their turn when the first has ended.
my $one = EchoServer->new(\&echo);
for my $load ([qw(-t 0.3)], [qw(-t 0.3 -R 50)], [qw(--hold 0.3)]) {
    my $r = mpecho('bench', '--json', '-c', 3, @$load, $one->target);
    is($r->{status}, 0, "@$load, one at a time: status 0");
    is(adds_up("@$load, one at a time", $r)->{lost}, 0, '... and nothing is lost');
}
$one->stop;

# Connections that the server closes are a failure, though no message is lost.
my $closing = EchoServer->new(sub ($peer) { send_all($peer, receive($peer, 64)) });
my $closed = mpecho('bench', '--json', '-R', 5, '-t', 1, $closing->target);
my $found = decode_json($closed->{out});
is("$found->{lost} $closed->{status}", '0 1', 'connections that break while nothing is owed: status 1');
cmp_ok($found->{broken}, '>', 0, '... for they are counted');
$closing->stop;

# A rate far beyond anything.
my $begun = now();
my $r = mpecho('bench', '--json', '-R', '1000M', '-t', 0.3, $server->target);
cmp_ok(now() - $begun, '<', 15, 'a senseless rate ends in time');
my $o = decode_json($r->{out});
my $due = $o->{replied} + $o->{lost};
cmp_ok($due, '>=', 2.9e8, 'and all is accounted for');
cmp_ok($due, '<=', 1e9 * ($o->{seconds} + 0.5), '... and no more');

# A reader that does not read does not prolong the load: its thread is gone.
pipe my $read, my $write or die "pipe: $!";
fcntl $write, F_SETPIPE_SZ, 4096 or die "fcntl: $!";
$client = start_mpecho('bench', '-t', 0.5, '-i', '0.01', '--json-stream', $server->target, { stdout => $write });
my $threads = sub { (status_of($client->{pid}, 'Name') // '') eq 'mpecho' ? status_of($client->{pid}, 'Threads') // 0 : 0 };
ok(wait_until(sub { $threads->() > 1 }), 'nobody reads: a thread has begun');
ok(wait_until(sub { $threads->() == 1 && !has_room($write) }, 20), 'nobody reads: the load ends all the same');
close $_ for $write, $read;
is(end_of($client)->{err}, "mpecho: cannot write standard output: Broken pipe\n", '... and then there is nobody to read');
$server->stop;
finish();
