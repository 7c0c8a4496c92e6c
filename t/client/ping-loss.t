#!/usr/bin/perl
# mpecho ping: a probe that is not answered, or falsely, is lost: a line says so, and the summary counts it.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use FaultyServer;
use Mpecho;
use Test::More;

# Silence: each probe is waited for, and lost.
my $silent = EchoServer->new(\&hold_open);
my $r = mpecho('ping', '-c', 2, '-W', 0.2, '-i', 0.05, $silent->target);
my $from = join ':', $silent->target;
is($r->{status}, 1, 'a silent server: status 1');
is(join('', $r->{out} =~ /^(seq=.*\n)/mg), join('', map { "seq=$_ lost: no reply from $from in time\n" } 1, 2),
    'a line for every loss');
like($r->{out}, qr/^2 sent, 0 received, \+2 broken, 100% loss, time \d+ms\n\z/m, 'the loss, and no times');
my ($time) = $r->{out} =~ /% loss, time (\d+)ms$/m;
ok($time >= 400 && $time < 2000, '-W is how long each was waited for') or diag("$time ms");

my $begun = now();
$r = mpecho('ping', '-w', 0.3, $silent->target);
cmp_ok(now() - $begun, '<', 9, '-w ends waiting, for which there would be 10 s');
is($r->{status}, 1, '-w before the only reply: status 1');
like($r->{out}, qr/^seq=1 lost: no reply before the end$/m, 'and says so');
$silent->stop;

# Nor is a reply that comes in drips waited for as long as it drips.
my $dripping = EchoServer->new(sub ($peer) {
    for (split //, receive($peer, 64)) { send_all($peer, $_) or last; select undef, undef, undef, 0.15 }
});
my $took = timed(sub { $r = mpecho('ping', '-c', 1, '-W', 0.3, $dripping->target) });
cmp_ok($took, '<', 5, 'a reply that takes 10 s is not waited for');
like($r->{out}, qr/^seq=1 lost: no reply from .* in time: \d+ of 64 bytes missing, /m, '... and what is missing is said');
$dripping->stop;

my $server = FaultyServer->new;
my $client = start_mpecho('ping', '-c', 4, '-i', 0.1, '-W', 0.3, $server->target);
wait_for_output($client, qr/seq=1 /);
ok($server->do('swallow'), 'one message of four is swallowed');
$r = end_of($client);
is($r->{status}, 1, 'one loss: status 1');
like($r->{out}, qr/^seq=(\d) lost: no reply.*\n(?s:.*)^4 sent, 3 received, \+1 broken, 25% loss/m, 'one loss of four');

# What comes back wrong.
$client = start_mpecho('ping', '-c', 3, '-i', 0.1, $server->target);
wait_for_output($client, qr/seq=1 /);
ok($server->do('flip', 10), 'a byte is changed');
$r = end_of($client);
is($r->{status}, 1, 'a changed byte: status 1');
like($r->{out}, qr/^seq=\d lost: .*at offset \d+: changed: /m, 'is named');
like($r->{out}, qr/^3 sent, 2 received, \+1 wrong, /m, 'and counted');

$server->stop;
finish();
