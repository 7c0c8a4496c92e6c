#!/usr/bin/perl
# A worker that is stopped as it gives the turn, just after it has accepted a client: it is busy by then, so that nobody ends it
# for those who wait.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Strace;
use Test::More;

Strace::need();

my $d = Mpechod->new(pool => { start => 2, min_spare => 1, max_spare => 2, max_workers => 2 }, accept => { stall_timeout => 0.2 })
  ->start(env => { Strace::bearable() });
$d->expect(qr/(?:is stopped|sits on the accept turn) while connections wait: ending it/, qr/killed by SIGKILL/, qr/max_workers \(2\) reached/,
    qr/nobody takes the accept turn/, qr/starting generation/);
my $holder = wait_until(sub { $d->turn_holder });
my ($other) = grep { $_ != $holder } $d->workers;
my $strace = Strace->attach($holder, '-e', 'trace=futex', '-e', 'inject=futex:signal=STOP:when=1');
my $client = $d->connect;
wait_until(sub { $d->turn_holder == $other });
halt($other);
wait_until(sub { my @stopped = grep { process($_)->{state} =~ /[Tt]/ } $holder, $other; @stopped == 2 });
my $waiting = $d->connect;
echo_ok($waiting, 'hello', 'who waits is served, by another worker');
ok(!alive($other), 'in place of the one that was idle');
$strace->detach;
kill CONT => $holder;
echo_ok($client, 'hello', 'the client of the other one has lost nothing');
end_ok($_) for $client, $waiting;
finish();
