#!/usr/bin/perl
# timeout.idle ends a connection that has lived through a reload, a reopened log, a stop and continue of its worker.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my %disturb = (
    'a reload'       => sub ($d, $worker) { $d->signal('HUP'); $d->log_wait(qr/config reloaded/) },
    'a reopened log' => sub ($d, $worker) { $d->signal('USR1'); $d->log_wait(qr/log reopened/) },
    'a pause'        => sub ($d, $worker) { $d->signal('WINCH'); $d->log_wait(qr/paused/) },
    'a TERM for it'  => sub ($d, $worker) { kill TERM => $worker },
    'STOP and CONT'  => sub ($d, $worker) {
        for (1 .. 3) {
            halt($worker);
            kill CONT => $worker;
        }
    },
);
# Side by side, since most of it is waiting.
my @running = map {
    my $d = Mpechod->new(timeout => { idle => 4 })->start;
    my $c = $d->connect;
    echo_ok($c, 'hello');
    $disturb{$_}->($d, $d->worker_of($c));
    { what => $_, daemon => $d, c => $c };
} sort keys %disturb;

# When exactly, the log knows: this test may be late itself.
for my $run (@running) {
    is(read_all($run->{c}, 15) // "error: $!", '', "$run->{what}: the connection is ended");
    my ($seconds) = ($run->{daemon}->log_wait(qr/end=idle$/) // '') =~ /time=([\d.]+)/;
    cmp_ok($seconds // 0,  '>', 3.8, "$run->{what}: not before its time");
    cmp_ok($seconds // 99, '<', 5.5, sprintf '%s: nor long after (%.2f s)', $run->{what}, $seconds // 99);
}

# A connection that waited to be accepted when the timeout came.
my $full = Mpechod->new(pool => { start => 1, min_spare => 1, max_spare => 1, max_workers => 1 }, timeout => { idle => 0 })->start;
my $first = $full->connect;
echo_ok($first, 'hello');
my ($queued, $behind) = map { $full->connect } 1, 2;
$full->reload(timeout => { idle => 0.5 });
my $ended = timed(sub { is(read_all($queued, 10), '', 'a connection that was queued before the reload ends') });
cmp_ok($ended, '<', 3, sprintf 'by the new timeout (%.2f s)', $ended);
is(read_all($behind, 10), '', 'and so does the one behind it, though the listener had the new timeout before it was accepted');
end_ok($first);
$full->expect(qr/max_workers \(1\) reached/);

finish();
