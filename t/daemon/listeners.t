#!/usr/bin/perl
# Many listeners at once: IPv4, IPv6, both on one socket, Unix; port 0 is any free port, logged as bound.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $has_ipv6 = IO::Socket::IP->new(Listen => 1, LocalHost => '::1');
my $fixed    = free_port();
my $d        = Mpechod->new;
my $unix     = $d->dir . '/echo.sock';
$d->configure(listen => [
    { address => '127.0.0.1', port => 0 },
    { address => '127.0.0.1', port => 0 },
    { address => '*',         port => 0 },
    { address => '127.0.0.1', port => $fixed },
    { path    => $unix,       mode => '0606' },
    $has_ipv6 ? { address => '::1', port => 0 } : (),
])->start;

my @listening = @{ $d->{listening} };
is(scalar @listening, $has_ipv6 ? 6 : 5, 'the ready line names all');
like($listening[$_], qr/^127\.0\.0\.1:[1-9]\d*$/, "port 0 became $listening[$_]") for 0, 1;
isnt($listening[0], $listening[1], 'each port 0 is a port of its own');
like($listening[2], qr/^\*:[1-9]\d*$/, 'the dual-stack one');
is($listening[3], "127.0.0.1:$fixed", 'a fixed port');
is($listening[4], "unix:$unix",       'a Unix socket');
is(sprintf('%04o', (stat $unix)[2] & 07777), '0606', 'with the mode it was given');

my $n = 0;
for my $address (@listening) {
    my $c = $d->connect($address);
    echo_ok($c, "hello $address", "echo at $address");
    end_ok($c, "goodbye at $address");
}

SKIP: {
    skip 'no IPv6 here', 2 if !$has_ipv6;
    my ($port) = $listening[2] =~ /(\d+)$/;
    echo_ok($d->connect("[::1]:$port"), 'by IPv6', 'dual-stack: IPv6');
    $d->log_wait(qr/peer=\[::1\]:\d+ local=\[::1\]:$port /);
    $d->log_wait(qr/peer=127\.0\.0\.1:\d+ local=127\.0\.0\.1:$port /);    # the loop above
    like($listening[5], qr/^\[::1\]:[1-9]\d*$/, 'an IPv6 one');
}

# A busy listener does not starve another: with a single worker, whose log tells in which order it served.
subtest 'all listeners get their turn' => sub {
    my $one = Mpechod->new(pool => { start => 1, min_spare => 1, max_spare => 1, max_workers => 1 });
    $one->configure(listen => [ map { { address => '127.0.0.1', port => 0 } } 1, 2 ])->start;
    $one->expect(qr/max_workers \(1\) reached/);
    my $holder = $one->connect;
    echo_ok($holder, 'hello');
    my @queued = map { $one->connect($one->listening($_)) } (0) x 5, 1;
    for my $c (@queued) { $c->syswrite('x'); $c->shutdown(1) }
    end_ok($holder);
    is(join('', map { read_all($_) // '-' } @queued), 'xxxxxx', 'all are served');
    my $port = $one->port(1);
    my @order;
    wait_ok(sub { (@order = $one->log_lines(qr/in=1 /)) == 6 }, 5, 'and logged');
    like($order[0], qr/local=127\.0\.0\.1:$port /, 'the one at the other listener does not wait for the five');
    $one->end;
};

finish();
