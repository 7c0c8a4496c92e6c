#!/usr/bin/perl
# At a terminal both directions go on at once: a line is sent when it is typed, what comes back is shown when it comes.
# The terminal is left as it was found.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use Mpecho;
use Fcntl qw(F_GETFL O_NONBLOCK);
use Pty;
use Test::More;

my $pty = Pty->new // plan(skip_all => 'needs a pseudo-terminal');

# The first line waits for the test; the second comes in two parts, with the test's word between them.
my $server = EchoServer->new(sub ($peer) {
    my $line = receive($peer, 6);
    wait_for_go();
    send_all($peer, $line);
    $line = receive($peer, 7);
    send_all($peer, substr $line, 0, 3);
    wait_for_go();
    send_all($peer, substr $line, 3);
    echo($peer);
});

my $client = start_mpecho($server->target, '-W0.5', { stdin => $pty->slave, stdout => $pty->slave });
ok($pty->type("first\n"), 'a line is typed');
is($pty->read_some(1, 0.8), '', 'nothing has come back');
ok(is_running($client), 'a silent server tries only the patience of the person');
$server->go;
is($pty->read_some(6), "first\n", 'the line comes back');
ok($pty->type("second\n"), 'another is typed');
is($pty->read_some(3), 'sec', 'part of a line is shown when it comes');
ok($pty->type("third\n"), 'a third is typed before the second is back');
$server->go;
is($pty->read_some(10), "ond\nthird\n", 'all is back');
ok(!(fcntl($pty->slave, F_GETFL, 0) & O_NONBLOCK), 'the terminal still blocks');
ok($pty->type("q\n"), 'goodbye');
my $r = end_of($client);
is($r->{status}, 0, 'status 0');
is($r->{err}, '', 'nothing to say');

$server->stop;
finish();
