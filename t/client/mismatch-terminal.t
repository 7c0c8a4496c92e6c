#!/usr/bin/perl
# A person is told of a false echo as well: what came is shown, then what is wrong with it.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use Mpecho;
use Pty;
use Test::More;

my $pty = Pty->new // plan(skip_all => 'needs a pseudo-terminal');
my $server = EchoServer->new(sub ($peer) { echo($peer, sub ($bytes, $offset) { $bytes =~ tr/t/T/r }) });
my $client = start_mpecho($server->target, { stdin => $pty->slave, stdout => $pty->slave });
ok($pty->type("all well\n"), 'a line');
is($pty->read_some(9), "all well\n", 'comes back');
ok($pty->type("not this one\n"), 'another');
is($pty->read_some(13), "noT This one\n", 'comes back changed');
my $r = end_of($client);
is($r->{err}, "mpecho: at offset 11: changed: sent 0x74, received 0x54\n", 'which is told');
is($r->{status}, 1, 'status 1');

$server->stop;
finish();
