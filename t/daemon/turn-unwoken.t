#!/usr/bin/perl
# The lock word does not tell any more that somebody sleeps, so that nobody is woken when the turn is given. Whoever sleeps
# could accept, also after accept has failed for a while, and is woken by the master.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Strace;
use Test::More;

Strace::need();

my $d = Mpechod->new(pool => { start => 3, min_spare => 1, max_spare => 3, max_workers => 3 });
my $memory = $d->memory_dir // plan(skip_all => '/dev/shm is no tmpfs, and elsewhere the lock cannot be reached');
$d->configure(accept => { lock_file => "$memory/lock", stall_timeout => 0.3 })->start;
my @workers = sort $d->workers;
$d->expect(qr/WARN \[\d+\] cannot accept: /);
my $strace = Strace->attach(\@workers, '-e', 'trace=accept4,accept', '-e', 'inject=accept4,accept:error=ENFILE:when=1');
my @clients = $d->connect;
wait_ok(sub { $d->log_lines(qr/cannot accept/) == 3 }, 5, 'it fails for each once');
echo_ok($clients[0], 'hello');
$strace->detach;

my $holder = wait_until(sub { $d->turn_holder });
open my $lock, '+<', "$memory/lock" or die $!;
syswrite $lock, pack 'L', $holder;    # without FUTEX_WAITERS
close $lock;
push @clients, $d->connect;
echo_ok($clients[1], 'hello', 'the holder gives the turn, and wakes nobody');
my $seconds = timed(sub { push @clients, $d->connect; echo_ok($clients[2], 'hello', 'the next client is served') });
cmp_ok($seconds, '>', 0.2, 'it had to wait');
cmp_ok($seconds, '<', 2, sprintf 'until the master woke the last worker (%.2f s)', $seconds);
is(join(' ', sort $d->workers), "@workers", 'they are the same workers');
end_ok($_) for @clients;
finish();
