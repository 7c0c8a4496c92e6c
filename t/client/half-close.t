#!/usr/bin/perl
# The end of the input is told to the server when all has come back, for proxies that take it for the end of both
# directions; but a server that answers only at the end is told soon, too.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use IO::Select;
use Mpecho;
use Test::More;

# nginx's stream proxy, or ncat --exec: at the end of the input nothing more is passed on.
my $strict = EchoServer->new(sub ($peer) {
    my ($select, $waiting) = (IO::Select->new($peer), '');
    for (my $ended; !$ended;) {
        $ended = !sysread $peer, my $bytes, 65536;
        $waiting .= $bytes;
        next if $select->can_read($ended ? 0 : 0.1);
        send_all($peer, $waiting) if !$ended;
        $waiting = '';
    }
});
echoes("$_ bytes by way of a server that drops what it has when the input ends", random_bytes($_), $strict->target)
  for 5, 300_000;
$strict->stop;

# What answers only at the end.
my $collector = EchoServer->new(sub ($peer) { send_all($peer, receive($peer, 1e9)) });
my $begun = now();
echoes('a server that answers only at the end', random_bytes(100_000), $collector->target);
cmp_ok(now() - $begun, '<', 5, '... is told of the end before patience is lost');
echoes('... of a short patience half is left', random_bytes(1000), '-W', 0.3, $collector->target);
echoes('... or of one without end', random_bytes(1000), '-W', 0, $collector->target);
$collector->stop;

# A server that is not silent is not told early, however long it takes.
my $slow = EchoServer->new(sub ($peer) {
    my $bytes = receive($peer, 8);
    for my $i (0 .. 7) {
        let_pass(0.15);
        send_all($peer, substr $bytes, $i, 1);
        return if IO::Select->new($peer)->can_read(0) && $i < 7;
    }
    echo($peer);
});
echoes('a slow server is not told early', 'slowness', $slow->target);
$slow->stop;

# Nor is one whose echo waits until our output is taken.
my $one = EchoServer->new(sub ($peer) {
    send_all($peer, receive($peer, 200_000));
    wait_for_go();
    my $rest = receive($peer, 10);
    send_all($peer, $rest) if !IO::Select->new($peer)->can_read(0);
});
pipe my $read, my $write or die "pipe: $!";
my $input = random_bytes(200_010);
my $client = start_mpecho($one->target, { input => $input, stdout => $write });
close $write;
{
    local $SIG{ALRM} = sub { die "the input is not taken\n" };
    alarm 20;
    syswrite $client->{feed}, $input;
    close delete $client->{feed};
    alarm 0;
}
let_pass(0.7);
$one->go;
my $out = do { local $/; readline $read };
my $r = end_of($client);
ok($out eq $input, 'a server is not told early because our output is not taken') or diag(substr $out, -10);
is($r->{status}, 0, '... status 0') or diag($r->{err});
$one->stop;
finish();
