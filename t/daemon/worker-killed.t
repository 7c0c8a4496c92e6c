#!/usr/bin/perl
# A worker that is killed, idle, busy or holding the accept turn, is reaped, logged and replaced.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d = Mpechod->new(pool => { start => 3, min_spare => 3, max_spare => 6 })->start;
$d->expect(qr/WARN \[\d+\] worker \d+ \(slot \d+\) killed by SIGKILL$/);

sub replaced_ok ($victim, $name) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $d->log_mark;
    kill KILL => $victim;
    my $begun = now();
    wait_ok(sub { $d->log_lines(qr/worker $victim \(slot \d+\) killed by SIGKILL$/) }, 5, "$name: logged");
    wait_ok(sub { !alive($victim) && $d->idle_workers >= 3 }, 5, "$name: reaped and replaced");
    cmp_ok(now() - $begun, '<', 0.45, "$name: before the tick");
    my $c = $d->connect;
    echo_ok($c, 'hello', "$name: service goes on");
    end_ok($c);
    is(scalar(my @lines = $d->log_lines(qr/worker $victim /)), 1, "$name: one line");
}

my $holder = wait_until(sub { $d->turn_holder });
ok((grep { $_ == $holder } $d->workers), 'the lock file names the worker that has the turn');
replaced_ok($holder, 'the holder of the turn');
$holder = $d->turn_holder;
replaced_ok((grep { $_ != $holder } $d->idle_workers)[0], 'an idle one');

my $c = $d->connect;
echo_ok($c, 'hello');
my $worker = $d->worker_of($c);
replaced_ok($worker, 'a busy one');
ok(!defined read_all($c) || eof $c, 'its client is told by the kernel');

# All at once.
kill KILL => $d->workers;
echo_ok($d->connect, 'hello', 'all of them: the next client is served');
wait_ok(sub { $d->idle_workers >= 3 }, 5, 'and the pool is there again');

finish();
