#!/usr/bin/perl
# A client that resets its connection harms nobody, whatever the moment.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use Socket qw(SOL_SOCKET SO_LINGER);

my $d = Mpechod->new->start;
my @workers = sort $d->workers;

# SO_LINGER with 0 seconds: close sends a RST.
sub reset_now ($socket) {
    $socket->setsockopt(SOL_SOCKET, SO_LINGER, pack('ii', 1, 0));
    close $socket;
}

my $c = $d->connect;
echo_ok($c, 'hello');
reset_now($c);
$d->log_wait(qr/in=5 out=5 .*end=reset$/);

# While the worker waits to send.
$c = $d->connect;
$c->blocking(0);
1 while IO::Select->new($c)->can_write(0.2) && defined $c->syswrite('x' x 65536);
$d->log_mark;
reset_now($c);
$d->log_wait(qr/in=[1-9]\d{4,} .*end=reset$/);

# Right after the handshake: before it was accepted, or just after.
reset_now($d->connect) for 1 .. 100;
echo_ok($d->connect, 'and on', 'the next is served');
is_deeply([ grep { my $w = $_; grep { $_ == $w } $d->workers } @workers ], \@workers, 'no worker died');

finish();
