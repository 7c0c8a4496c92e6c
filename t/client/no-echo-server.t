#!/usr/bin/perl
# A server of another kind: what it says is shown, and safe to show. (In pipe mode it is in the output.)
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use JSON::PP;
use Mpecho;
use Test::More;

# Once in 256 times the server's first byte happens to be the one that was sent, and what it says begins a byte later.
sub told (@arguments) {
    my $run;
    for (1 .. 4) {
        $run = mpecho(@arguments);
        last if $run->{out} !~ /at offset [1-9]/;
    }
    return $run;
}

# It speaks first; or answers what it has read.
my $banner = "SSH-2.0-OpenSSH_9.2p1\r\n";
my $shown  = quotemeta '"SSH-2.0-OpenSSH_9.2p1\r\n": no echo server';
my $ssh    = EchoServer->new(sub ($peer) { send_all($peer, $banner); sysread $peer, my $bytes, 100 });

my $r = told('ping', '-c', 1, '-q', $ssh->target);
like($r->{out}, qr/^problems +connection \d+ at offset 0: received $shown(?:, and 1 like it)?$/m, 'ping');
is($r->{status}, 1, 'ping: status 1');
$r = told('check', $ssh->target);
like($r->{out}, qr/\AECHO CRITICAL - connection 0 at offset 0: received $shown \| /, 'check');
is($r->{status}, 2, 'check: CRITICAL');
$ssh->stop;

my $http = EchoServer->new(sub ($peer) {
    sysread $peer, my $bytes, 100;
    send_all($peer, "HTTP/1.1 400 Bad Request\r\nServer: \e]0;x\a\r\n\r\n");
});
$r = told('bench', '-t', 0.1, '--json', $http->target);
my ($problem) = map { $_->{text} } @{ JSON::PP->new->decode($r->{out})->{problems} };
like($problem, qr/\Aconnection \d+ at offset 0: received "HTTP\/1\.1 400 Bad Request\\r\\nServer"\.\.\.: no echo server\z/, 'bench');
is($r->{status}, 1, 'bench: status 1');
$http->stop;

# What changes bytes is an echo server, if a bad one.
my $seven = EchoServer->new(sub ($peer) { echo($peer, sub ($bytes, $offset) { $bytes =~ tr/\x80-\xff/\x00-\x7f/r }) });
$r = told('ping', '-c', 1, '-q', $seven->target);
like($r->{out}, qr/^problems +connection 0 at offset \d+: changed: sent 0x[89a-f].,/m, 'a server that changes bytes is told as one');
$seven->stop;
finish();
