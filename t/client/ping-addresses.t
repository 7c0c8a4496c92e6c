#!/usr/bin/perl
# mpecho ping and check try each address of a name, keep the first that answers, and tell of all when none does.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use FaultyServer;
use Mpecho;
use Test::More;

if (my $why = cannot_replace('/etc/hosts')) { plan(skip_all => $why) }
my $hosts = "127.9.9.1 many.example\n127.9.9.2 many.example\n127.9.9.3 many.example\n";
sub with_names (@arguments) { mpecho_where('/etc/hosts', $hosts, @arguments) }

my $server = FaultyServer->new(host => '127.9.9.2');
my $port = $server->port;
my $r = with_names('ping', '-c', 2, '-i', 0.01, 'many.example', $port);
is($r->{status}, 0, 'the second of three answers: status 0');
is($r->{err}, '', 'the others are not worth a word');
like($r->{out}, qr/\APING many\.example \(127\.9\.9\.2:$port\) 64 .*\n64 bytes from 127\.9\.9\.2:$port: seq=1 /,
    'it is named');
like($r->{out}, qr/^2 sent, 2 received, 0% loss/m, 'nothing is lost by it');
is(with_names('check', 'many.example', $port)->{status}, 0, 'check does the same');
$server->stop;

my $all = join '; ', map { "127.9.9.$_:$port: Connection refused" } 1 .. 3;
$r = with_names('ping', 'many.example', $port);
is($r->{status}, 2, 'none answers: status 2');
is($r->{err}, "mpecho: cannot connect to $all\n", 'why');
$r = with_names('check', 'many.example', $port);
is($r->{status}, 2, 'check: CRITICAL');
like($r->{out}, qr/\AECHO CRITICAL - cannot connect to \Q$all\E \| /, 'check: why');

finish();
