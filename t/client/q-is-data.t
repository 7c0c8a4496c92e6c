#!/usr/bin/perl
# Only at a terminal does a line q say goodbye: elsewhere it is data like any other.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use Mpecho;
use Test::More;

my $server = EchoServer->new(\&echo);
echoes('a line q', "q\n",                  $server->target);
echoes('a line Q', "before\nQ\nafter\n",   $server->target);
echoes('q alone',  'q',                    $server->target);
$server->stop;
finish();
