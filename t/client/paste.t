#!/usr/bin/perl
# A large paste cannot deadlock, whoever is slow: the server, or the terminal.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use Mpecho;
use Pty;
use Test::More;

plan(skip_all => 'needs a pseudo-terminal') if !Pty->new;

my $text = join '', map { sprintf "%07d %s\n", $_, 'x' x ($_ % 71) } 1 .. 12_000;

sub start ($server) {
    my $pty = Pty->new;
    return ($pty, start_mpecho($server->target, { stdin => $pty->slave, stdout => $pty->slave }));
}

sub ends_well ($pty, $client) {
    ok($pty->type("q\n"), 'goodbye');
    my $r = end_of($client);
    is($r->{status}, 0, 'status 0');
    is($r->{err}, '', 'nothing to say');
}

subtest 'the server reads nothing until all is pasted' => sub {
    my $server = EchoServer->new(sub ($peer) { wait_for_go(); echo($peer) });
    my ($pty, $client) = start($server);
    ok($pty->type($text), length($text) . ' bytes are taken');
    $server->go;
    ok($pty->read_some(length $text) eq $text, 'they come back');
    ends_well($pty, $client);
    $server->stop;
};

subtest 'more than mpecho keeps, a server in small steps' => sub {
    my $server = EchoServer->new(sub ($peer) {
        while (sysread $peer, my $bytes, 3000) { send_all($peer, $bytes) }
    });
    my ($pty, $client) = start($server);
    my $more = $text x 5;
    ok($pty->paste($more, length $more) eq $more, length($more) . ' bytes come back');
    ends_well($pty, $client);
    $server->stop;
};

subtest 'the terminal shows nothing until it takes no more' => sub {
    my $server = EchoServer->new(\&echo);
    my ($pty, $client) = start($server);
    ok(!$pty->type($text x 5, 0.5), 'the paste stops');
    ok(is_running($client), 'mpecho waits');
    kill KILL => $client->{pid};
    is(end_of($client)->{status}, 137, 'that was all');
    $server->stop;
};

finish();
