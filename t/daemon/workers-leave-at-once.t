#!/usr/bin/perl
# Workers that leave at once, in good order but unasked, are replaced ever more slowly, like those that die.
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

# Whoever is forked from now on takes itself for an orphan.
my $strace = Strace->attach($d->master, '-f', '-e', 'trace=getppid', '-e', 'inject=getppid:retval=1');
$d->expect(qr/killed by SIGKILL/, qr/ERROR .*at once.*slows down$/);
$d->log_mark;
kill KILL => $d->idle_workers;
ok($d->log_wait(qr/slows down/), 'noticed');
my $calls = sub { scalar(() = $strace->lines(qr/getppid/)) };
my $before = $calls->();
let_pass(1.5);
cmp_ok($calls->() - $before, '<', 10, 'then few are forked');
echo_ok($c, 'and on', 'the connection that was there goes on');

# Those of a reload are given up.
$d->expect(qr/config not reloaded: .*die at once$/);
$d->log_mark;
$before = $calls->();
$d->signal('HUP');
ok($d->log_wait(qr/ERROR .*config not reloaded: /), 'a reload fails');
cmp_ok($calls->() - $before, '<', 30, 'after a few forks');
echo_ok($c, 'and on and on', 'that connection still goes on');

$strace->detach;
$d->log_mark;
$d->signal('USR1');
$d->log_wait(qr/log reopened/);
wait_until(sub { $d->idle_workers >= 2 });
kill KILL => ($d->idle_workers)[0];
ok($d->log_wait(qr/full speed/), 'new workers of the same configuration do not make it forget');
wait_ok(sub { $d->idle_workers >= 2 }, 10, 'the pool is whole again');
end_ok($c);
finish();
