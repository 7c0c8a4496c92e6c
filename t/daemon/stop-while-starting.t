#!/usr/bin/perl
# A stop while a worker is still starting: the connections of the others get their drain time, and are ended in good order.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use Strace;
Strace::need();

my $d = Mpechod->new(timeout => { drain => 1 })->start(env => { Strace::bearable() });
my @c = map { $d->connect } 1, 2;
echo_ok($_, 'hello') for @c;
wait_until(sub { $d->idle_workers >= 2 });

# A new worker that takes its time has copies of all that the master has, the lifeline's write end among it.
my $strace = Strace->attach($d->master, '-f', '-e', 'trace=close_range', '-e', 'inject=close_range:delay_enter=400000');
$d->expect(qr/killed by SIGKILL$/);
my ($victim) = $d->idle_workers;
kill KILL => $victim;
$d->log_wait(qr/worker $victim .*killed by SIGKILL/);
my $begun = now();
$d->signal('TERM');
is(read_all($_, 5), '', 'a connection ends in good order') for @c;
is($d->wait_end, 0, 'exit status 0');
cmp_ok(now() - $begun, '<', 2.5, sprintf 'after %.2f s', now() - $begun);
is(scalar(() = $d->log_lines(qr/end=drain$/)), 2, 'both by the drain time');
is(scalar(() = $d->log_lines(qr/killed by SIGKILL$/)), 1, 'nobody had to be killed');
reap($strace->{pid});

finish();
