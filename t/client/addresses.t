#!/usr/bin/perl
# HOST and PORT in all their forms.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use Mpecho;
use Test::More;

my $v4 = EchoServer->new(\&echo);
echoes('an IPv4 address', 'hello', '127.0.0.1', $v4->port);
SKIP: {
    need_localhost(1);
    echoes('a name, whichever of its addresses answers', 'hello', 'localhost', $v4->port);
}
echoes('after --', 'hello', '--', '127.0.0.1', $v4->port);
echoes('HOST:PORT', 'hello', '127.0.0.1:' . $v4->port);
echoes('an option after the operands', 'hello', '127.0.0.1', $v4->port, '-W5');
$v4->stop;

SKIP: {
    my $v6 = EchoServer->new(\&echo, host => '::1') // skip('no IPv6 here', 4);
    echoes('an IPv6 address', 'hello', '::1', $v6->port);
    echoes('in brackets', 'hello', '[::1]', $v6->port);
    echoes('in brackets, with a port', 'hello', '[::1]:' . $v6->port);
    echoes('in full', 'hello', '0:0:0:0:0:0:0:1', $v6->port);
    $v6->stop;
}

my $path = temp_dir() . '/socket';
my $unix = EchoServer->new(\&echo, unix => $path);
echoes('a Unix socket', 'hello', "unix:$path");
$unix->stop;

# Ports that may be taken by others on this machine.
SKIP: {
    my $default = EchoServer->new(\&echo, port => 9190) // skip('port 9190 is taken', 1);
    echoes('the default port', 'hello', '127.0.0.1');
    $default->stop;
}

SKIP: {
    my ($named, $name);
    while (!$named && (my ($service, undef, $port, $protocol) = getservent)) {
        next if $protocol ne 'tcp' || $port < 1024;
        ($named, $name) = (EchoServer->new(\&echo, port => $port), $service);
    }
    endservent;
    skip('no service has a name', 1) if !$named;
    echoes("a service name, $name", 'hello', '127.0.0.1', $name);
    $named->stop;
}

finish();
