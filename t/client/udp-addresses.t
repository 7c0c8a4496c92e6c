#!/usr/bin/perl
# mpecho ping -u and bench -u try each address of a name, and keep the first that answers.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP;
use Mpecho;
use Test::More;
use UdpEchoServer;

if (my $why = cannot_replace('/etc/hosts')) { plan(skip_all => $why) }
my $hosts = "127.9.9.1 many.example\n127.9.9.2 many.example\n127.9.9.3 many.example\n";
sub with_names ($mode, @arguments) { mpecho_where('/etc/hosts', $hosts, $mode, '-u', @arguments) }

# Nobody at the first address, a server at the second.
my $server = UdpEchoServer->new(sub ($bytes, $n, $keep) { $bytes }, host => '127.9.9.2');
my $port = $server->port;
my $r = with_names('ping', '-c', 2, '-i', 0.01, 'many.example', $port);
is($r->{status}, 0, 'refused by the first: status 0');
is($r->{err}, '', 'not worth a word');
like($r->{out}, qr/\APING many\.example \(127\.9\.9\.2:$port\) /, 'the second is named');
like($r->{out}, qr/^2 sent, 2 received, 0% loss/m, 'nothing is lost by it');
$r = with_names('bench', '-t', 0.1, '--json', 'many.example', $port);
is($r->{status}, 0, 'bench: status 0');
is(decode_json($r->{out})->{target}, "127.9.9.2:$port", 'bench: the second');

# Silence at the first address.
my $silent = UdpEchoServer->new(sub { () }, host => '127.9.9.1', port => $port);
my $begun = now();
$r = with_names('ping', '-c', 1, '-W', 0.2, 'many.example', $port);
is($r->{status}, 0, 'a silent first: status 0');
like($r->{out}, qr/^64 bytes from 127\.9\.9\.2:$port: seq=1 /m, 'a silent first: the second answers');
cmp_ok(now() - $begun, '>=', 0.2, 'a silent first: it has its time');
$r = with_names('ping', '-w', 0.5, '-i', 0.1, 'many.example', $port);
like($r->{out}, qr/^[1-5] sent, [1-5] received, 0% loss/m, 'a silent first, -w: there is time left for the second');

# Silence everywhere: as with one address.
$server->stop;
$r = with_names('ping', '-c', 1, '-W', 0.1, 'many.example', $port);
is($r->{status}, 1, 'no answer: status 1');
like($r->{out}, qr/\APING many\.example \(127\.9\.9\.1:$port\) .*^seq=1 lost: no reply in time$/ms, 'no answer: the first');
$silent->stop;
$r = with_names('ping', '-c', 1, 'many.example', $port);
is($r->{status}, 2, 'refused by all: status 2');
like($r->{out}, qr/^seq=1 lost: port unreachable, says 127\.9\.9\.1$/m, 'refused by all: who says so');

finish();
