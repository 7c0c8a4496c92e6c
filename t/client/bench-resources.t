#!/usr/bin/perl
# What this machine lacks for a bench is said, with status 3.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use FaultyServer;
use Mpecho;
use Test::More;

my $server = FaultyServer->new;

sub limited ($limit, @arguments) { run('sh', '-c', "ulimit $limit && exec \"\$0\" \"\$@\"", $Mpecho::PROGRAM, @arguments) }

my $r = limited('-n 32', 'bench', '-c', 100, $server->target);
is($r->{status}, 3, 'too few descriptors: status 3');
like($r->{err}, qr/100 connections need \d+ file descriptors, and 32 are allowed/, '... and why');

SKIP: {
    skip 'a sanitizer needs more memory', 2 if $ENV{MPECHOD_SANITIZED};
    $r = limited('-v 200000', 'bench', '-c', 10000, '-P', 4096, '-t', 0.1, $server->target);
    is($r->{status}, 3, 'no memory: status 3');
    is($r->{err}, "mpecho: out of memory\n", '... and why');
}

$server->stop;
finish();
