#!/usr/bin/perl
# A reload ends idle workers of the old generation that do not leave by themselves: one that is stopped cannot hear that it
# should. One with a connection stays, stopped or not.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d = Mpechod->new->start;
my $c = $d->connect;
echo_ok($c, 'hello');
my $busy = $d->worker_of($c);
my ($idle) = $d->idle_workers;
kill STOP => $idle, $busy;
wait_until(sub { 2 == grep { (process($_) // { state => '' })->{state} eq 'T' } $idle, $busy });
$d->expect(qr/worker $idle \(slot \d+\) has no connection and does not leave: ending it/, qr/worker $idle .*killed by SIGKILL/);
ok($d->reload, 'reloaded');
my $begun = now();
ok($d->log_wait(qr/worker $idle \(slot \d+\) has no connection and does not leave: ending it/, 15), 'the idle one is ended');
cmp_ok(now() - $begun, '>', 3, 'after it has had time to leave');
wait_ok(sub { !alive($idle) }, 5, 'it is gone');
ok(alive($busy), 'the busy one is not');
kill CONT => $busy;
echo_ok($c, 'on', 'and goes on when it is continued');
end_ok($c);
finish();
