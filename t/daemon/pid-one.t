#!/usr/bin/perl
# As PID 1 of a container it reaps orphans that were never its own, quietly, and stops when told to.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

need_root();
need_command(qw(unshare nsenter));
need_namespace('pid', qw(-pf --mount-proc true));

my $d = Mpechod->new->start(wrap => [qw(unshare -pf --mount-proc)]);
is((split ' ', status_of($d->master, 'NSpid'))[-1], 1, 'it is PID 1');
echo_ok($d->connect, 'hello');
is(slurp($d->dir . '/mpechod.pid'), "1\n", 'so says its pid file');

# A process is left by its parent, and then ends: without an init it would be a zombie for ever.
my $master  = $d->master;
my $orphans = sub { grep { $_->{comm} eq 'sleep' } children($master) };
is(run('nsenter', '-t', $master, '-p', 'sh', '-c', 'sleep 60 & sleep 60 & sleep 60 &')->{status}, 0, 'three orphans');
wait_ok(sub { 3 == (() = $orphans->()) }, 5, 'have it as their parent');
kill KILL => map { $_->{pid} } $orphans->();
wait_ok(sub { !$orphans->() }, 5, 'and are reaped');
is(scalar(() = $d->log_lines(qr/WARN|ERROR/)), 0, 'without a word');
echo_ok($d->connect, 'hello');

my ($victim) = $d->idle_workers;
my $inside = (split ' ', status_of($victim, 'NSpid'))[-1];
$d->expect(qr/worker $inside \(slot \d+\) killed by SIGKILL/);
kill KILL => $victim;
$d->log_wait(qr/worker $inside .*killed by SIGKILL/);
echo_ok($d->connect, 'hello', 'its own are replaced as ever');
ok($d->reload, 'a reload');

finish();
