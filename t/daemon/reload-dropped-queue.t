#!/usr/bin/perl
# A reload that drops a listener serves whoever waits in its queue, and lets nobody new in; that is bounded by timeout.drain.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

need_socket_filter();
my ($kept, $going) = map { free_port() } 1, 2;
my $d    = Mpechod->new(pool => { start => 1, min_spare => 1, max_spare => 1, max_workers => 1 }, timeout => { drain => 2 });
my $unix = $d->dir . '/echo.sock';
my @kept = { address => '127.0.0.1', port => $kept };
my @both = (@kept, { address => '127.0.0.1', port => $going }, { path => $unix });
$d->configure(listen => \@both)->start;
$d->expect(qr/max_workers \(1\) reached/);

# The only worker is busy: all others wait.
my $busy = $d->connect;
echo_ok($busy, 'hello');
my @queued = map { my $address = $_; map { $d->connect($address) } 1, 2 } "127.0.0.1:$going", "unix:$unix";
for my $i (0 .. $#queued) {
    $queued[$i]->syswrite("queued $i");
    $queued[$i]->shutdown(1);
}
ok($d->reload(listen => \@kept), 'reloaded without two listeners');
is(join(', ', map { read_all($_) // "error: $!" } @queued), join(', ', map { "queued $_" } 0 .. $#queued),
    'who was in the queues is served');
ok(!-e $unix, 'the Unix socket has no name any more');
ok(!connect_to("127.0.0.1:$going", Timeout => 0.3), 'nobody new gets in');
wait_ok(sub { !connect_to("127.0.0.1:$going", Timeout => 0.3) && $!{ECONNREFUSED} }, 5, 'and when the queue is empty, is refused');
echo_ok($busy, 'on', 'a connection goes on');
end_ok($busy);

# Dropped and added again before its queue is served: it is the same socket.
ok($d->reload(listen => \@both), 'reloaded with them');
$busy   = $d->connect("127.0.0.1:$going");
echo_ok($busy, 'hello');
my $holder = $d->connect;    # the new generation's only worker gets this one
ok($d->reload(listen => \@kept), 'dropped');
echo_ok($holder, 'hello');
my $waiting = connect_to("127.0.0.1:$going", Timeout => 0.3);
ok(!$waiting, 'nobody new gets in');
ok($d->reload(listen => \@both), 'added again');
echo_ok(connect_to("127.0.0.1:$going"), 'hello', 'it lets clients in again');
echo_ok(connect_to("unix:$unix"),       'hello', 'a Unix socket too');
end_ok($_) for $busy, $holder;

finish();
