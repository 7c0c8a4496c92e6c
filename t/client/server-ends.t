#!/usr/bin/perl
# The server goes before we said goodbye: an error that says how, and how much is lost.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use Mpecho;
use Pty;
use Test::More;

my $lost = random_bytes(100_000);

# Which of several the kernel reports depends on who was quicker; each says that the connection is gone.
my $gone = qr/the server closed the connection(?: early)?|Connection reset by peer|Broken pipe/;

sub cut_off ($name, $serve, $input, $back) {
    my $server = EchoServer->new($serve);
    my $r = mpecho($server->target, { input => $input });
    is($r->{status}, 1, "$name: status 1");
    like($r->{err}, qr/\Ampecho: at offset $back: (?:missing: \d+ of the bytes sent: )?$gone\n\z/, $name);
    ok($r->{out} eq substr($input, 0, $back), "$name: what came back is written");
    $server->stop;
}

cut_off('closed at once',      sub ($peer) { receive($peer, 1) }, $lost, 0);
cut_off('reset at once',       sub ($peer) { receive($peer, 1); EchoServer::reset($peer) }, $lost, 0);
cut_off('closed half-way',     sub ($peer) {
    send_all($peer, receive($peer, 50_000));
    $peer->shutdown(1);
    receive($peer, 1e9);
}, $lost, 50_000);
cut_off('closed in much data', sub ($peer) { receive($peer, 1e6) }, $lost x 100, 0);

subtest 'reset after a part came back' => sub {
    my $server = EchoServer->new(sub ($peer) {
        send_all($peer, receive($peer, 5));
        wait_for_go();
        EchoServer::reset($peer);
    });
    pipe my $stdin, my $feed or die "pipe: $!";
    my $client = start_mpecho($server->target, { stdin => $stdin });
    syswrite $feed, 'hello';
    sysread $client->{collect}, my $back, 5;
    is($back, 'hello', 'a part comes back');
    $server->go;
    my $r = end_of($client);
    is($r->{err}, "mpecho: at offset 5: Connection reset by peer\n", 'the reset is told');
    is($r->{status}, 1, 'status 1');
    $server->stop;
};

subtest 'closed while a person thinks' => sub {
    my $pty = Pty->new // plan(skip_all => 'needs a pseudo-terminal');
    my $server = EchoServer->new(sub ($peer) { send_all($peer, receive($peer, 6)) });
    my $client = start_mpecho($server->target, { stdin => $pty->slave });
    ok($pty->type("hello\n"), 'a line');
    my $r = end_of($client);
    is($r->{out}, "hello\n", 'comes back');
    is($r->{err}, "mpecho: at offset 6: the server closed the connection early\n", 'the end is told');
    is($r->{status}, 1, 'status 1');
    $server->stop;
};

finish();
