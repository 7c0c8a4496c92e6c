#!/usr/bin/perl
# What does not resolve or connect: status 2, soon, and a message that says what was tried.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpecho;
use IO::Socket::IP;
use IO::Socket::UNIX;
use Socket qw(SOCK_STREAM);
use Test::More;

sub no_connection ($name, $message, @arguments) {
    my $r = mpecho(@arguments, { input => 'hello' });
    is($r->{status}, 2, "$name: status 2");
    like($r->{err}, qr/\Ampecho: $message\n\z/, $name);
    is($r->{out}, '', "$name: no output");
}

# Bound, so that it is nobody else's, and not listening.
my $bound = IO::Socket::IP->new(Type => SOCK_STREAM, LocalHost => '127.0.0.1', LocalPort => 0) or die "socket: $@";
my $port = $bound->sockport;
no_connection('refused', qr/cannot connect to 127\.0\.0\.1:$port: Connection refused/,
    '127.0.0.1', $port);
no_connection('bench: refused', qr/cannot connect to .*Connection refused/, 'bench', '127.0.0.1', $port);
no_connection('bench: no address', qr/cannot resolve 127\.0\.0\.256 port 9190: .+/, 'bench', '127.0.0.256');
SKIP: {
    need_localhost(3);
    no_connection('refused by each address of a name',
        qr/cannot connect to .*127\.0\.0\.1:$port: Connection refused.*/, 'localhost', $port);
}

# No DNS is asked for these, for they can only be addresses.
no_connection("resolve $_", qr/cannot resolve \Q$_\E port 9190: .+/, $_)
  for '256.1.1.1', '1.2.3.4.5', '::zz', '[::zz]', '[127.0.0.1]', '[localhost]', '[]', ':', 'x' x 2000;
no_connection('resolve a service', qr/cannot resolve 127\.0\.0\.1 port no-such-service: no service has this name/,
    'pipe', '127.0.0.1', 'no-such-service');
no_connection('a mode, mistyped', qr/cannot resolve pnig port localhost: no service .*; and pnig is not a mode; .*ping.*/,
    'pnig', 'localhost');

my $dir = temp_dir();
no_connection('no Unix socket', qr{cannot connect to unix:\Q$dir\E/none: No such file or directory}, "unix:$dir/none");
no_connection('not a socket', qr{cannot connect to unix:\Q$dir\E: Connection refused}, "unix:$dir");
no_connection('no path', qr{unix:: a socket's path has 1 to 107 bytes}, 'unix:');
no_connection('a path too long', qr{unix:/x+: a socket's path has 1 to 107 bytes}, 'unix:/' . 'x' x 107);

# A queue that nobody accepts from, and full: the next connection waits, but not for ever.
sub fill_queue ($connect) { return map { $connect->() // () } 1 .. 4 }

my $tcp = IO::Socket::IP->new(Type => SOCK_STREAM, LocalHost => '127.0.0.1', Listen => 1) or die "socket: $@";
$port = $tcp->sockport;
my @queued = fill_queue(sub {
    IO::Socket::IP->new(Type => SOCK_STREAM, PeerHost => '127.0.0.1', PeerPort => $port, Blocking => 0);
});
my $begun = now();
no_connection('no answer', qr/cannot connect to 127\.0\.0\.1:$port: Connection timed out/,
    '-W', '0.2', '127.0.0.1', $port);
cmp_ok(now() - $begun, '<', 5, 'in time');
$begun = now();
no_connection('bench: no answer', qr/cannot connect to 127\.0\.0\.1:$port: Connection timed out/,
    'bench', '-t', '0.01', '-W', '0.3', '127.0.0.1', $port);
cmp_ok(now() - $begun, '>=', 0.3, 'the time of a bench counts from when it is connected');

my $unix = IO::Socket::UNIX->new(Type => SOCK_STREAM, Local => "$dir/full", Listen => 1) or die "socket: $!";
@queued = fill_queue(sub { IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => "$dir/full", Timeout => 0.01) });
no_connection('no answer from a Unix socket', qr{cannot connect to unix:\Q$dir\E/full: Connection timed out},
    '-W', '0.2', "unix:$dir/full");
no_connection('less than a microsecond is a time, too', qr{cannot connect to unix:\Q$dir\E/full: Connection timed out},
    '-W', '0.0000005', "unix:$dir/full");

finish();
