#!/usr/bin/perl
# Workers die at once after their start: forking slows down, the log stays bounded, recovery is unaided.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use Strace;
Strace::need();

my $d = Mpechod->new->start;
my $c = $d->connect;
echo_ok($c, 'hello');
my $busy = $d->worker_of($c);

# No worker gets past its preparations.
my $strace = Strace->attach($d->master, '-f', '-e', 'trace=prctl', '-e', 'inject=prctl:error=EPERM');
$d->expect(qr/ERROR \[\d+\] worker cannot start: /, qr/killed by SIGKILL/, qr/exited with status [1-9]\d*$/, qr/ERROR .*died at once.*slows down$/);
$d->log_mark;
my $begun = now();
kill KILL => $d->idle_workers;
$d->log_wait(qr/slows down/);
cmp_ok(now() - $begun, '<', 2, 'found out soon');
my $deaths = sub { scalar(() = $d->log_lines(qr/exited with status/)) };
let_pass(1.5);
cmp_ok($deaths->(), '<', 20, 'then it tries slowly');
is(scalar(() = $d->log_lines(qr/slows down/)), 1, 'and says so once');
cmp_ok(scalar(() = $d->log_lines), '<', 60, 'the log stays bounded');
echo_ok($c, 'and on', 'the connection that was there goes on');
my $waiting = $d->connect;

$strace->detach;
echo_ok($waiting, 'hello', 'who had to wait is served in the end');
$d->log_wait(qr/full speed|again/);
wait_ok(sub { $d->idle_workers >= 2 }, 10, 'the pool is whole again');
cmp_ok(now() - $begun, '<', 12, sprintf 'after %.1f s', now() - $begun);
is(scalar(() = $d->log_lines(qr/slows down/)), 1, 'one line for the episode');
end_ok($_) for $c, $waiting;

finish();
