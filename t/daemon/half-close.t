#!/usr/bin/perl
# Half-close is honoured: all that was sent before the FIN comes back, and then a FIN.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use Socket qw(SHUT_WR);

my $d = Mpechod->new->start;

my $c = $d->connect;
send_all($c, 'last words');
$c->shutdown(SHUT_WR);
is(read_all($c), 'last words', 'what was sent before the FIN');

# More than fits into the sockets' buffers: the client has said goodbye long before the last byte is back.
my $much = pack 'N*', 1 .. 1 << 18;
my $reader = $d->connect;
if (my $pid = fork // die "fork: $!") {
    is(read_all($reader), $much, 'a megabyte, the FIN right behind it');
    waitpid $pid, 0;
    is($?, 0, 'sent without an error');
} else {
    my $sent = send_all($reader, $much) && $reader->shutdown(SHUT_WR);
    POSIX::_exit($sent ? 0 : 1);
}

my ($unix) = $d->dir . '/half.sock';
$d->reload(listen => [ { path => $unix } ]);
$c = connect_to("unix:$unix");
send_all($c, 'over a Unix socket');
$c->shutdown(SHUT_WR);
is(read_all($c), 'over a Unix socket', 'a Unix socket too');

$d->log_wait(qr/in=18 out=18 .*end=eof$/);
finish();
