#!/usr/bin/perl
# An idle daemon sleeps: the master wakes for its slow tick, workers not at all.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

plan(skip_all => 'a sanitizer has threads of its own') if sanitized();

my $d = Mpechod->new(pool => { start => 20, min_spare => 20, max_spare => 40, max_workers => 40 })->start;
# One that has outlived its generation: nothing of it is due but what its client sends.
my $held = $d->connect;
echo_ok($held, 'hello');
my $drained = $d->worker_of($held);
$d->reload;
exchange($d->connect, 'x') for 1 .. 10;
wait_until(sub { $d->busy_workers == 1 });
let_pass(1.2);    # the master looks at the pool a few times more

sub switches ($pid) { status_of($pid, 'voluntary_ctxt_switches') + status_of($pid, 'nonvoluntary_ctxt_switches') }
my @pids   = ($d->master, $d->workers);
my %before = map { $_ => switches($_) } @pids;
my $begun  = now();
let_pass(2);
my %woken = map { $_ => switches($_) - $before{$_} } @pids;
my $took  = now() - $begun;
cmp_ok($woken{ $d->master }, '<=', 2 * $took + 3, sprintf 'the master woke %d times in %.1f s', $woken{ $d->master }, $took);
delete $woken{ $d->master };
is(join(' ', grep { $woken{$_} } keys %woken), '', 'no worker woke') or diag("of the old generation: $drained");
end_ok($held);

finish();
