#!/usr/bin/perl
# A worker that is stopped while it holds the accept turn is found and ended within accept.stall_timeout + 1 s.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d = Mpechod->new(pool => { start => 3, min_spare => 3, max_spare => 6 }, accept => { stall_timeout => 0.5 })->start;

for my $round (1 .. 2) {
    my $holder = wait_until(sub { $d->turn_holder });
    $d->expect(qr/WARN \[\d+\] worker $holder /);
    $d->log_mark;
    halt($holder);
    my $seconds = timed(sub { echo_ok($d->connect, 'hello', 'a client is served') });
    cmp_ok($seconds, '<', 1.5, sprintf 'within stall_timeout + 1 s (%.2f s)', $seconds);
    $d->log_wait(qr/WARN \[\d+\] worker $holder \(slot \d+\) .*turn/);
    $d->log_wait(qr/WARN \[\d+\] worker $holder \(slot \d+\) killed by SIGKILL$/);
    ok(!alive($holder), 'the stopped one is gone');
    wait_ok(sub { $d->idle_workers >= 3 }, 5, 'and replaced');
}

# A client that is already being served by a stopped worker is that worker's alone: nobody is killed for it.
my $c = $d->connect;
echo_ok($c, 'hello');
my $busy = $d->worker_of($c);
halt($busy);
my @different = grep { exchange($d->connect, 'others') ne 'others' } 1 .. 20;
is("@different", '', 'others are served');
my $until = now() + 1.2;
wait_until(sub { now() > $until || !alive($busy) });
ok(alive($busy), 'a stopped busy worker is left alone');
kill CONT => $busy;
echo_ok($c, 'awake again');
end_ok($c);
$c = $d->connect;
exchange($c, 'x') for 1 .. 3;
ok(alive($busy), 'and goes on as a worker');

finish();
