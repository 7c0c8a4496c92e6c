#!/usr/bin/perl
# The lock word names a worker that serves a client: that one is not ended for it, and whoever waits is served all the same.
# Workers that leave meanwhile do not make the wait longer.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $timeout = 0.5;
my $d       = Mpechod->new(pool => { start => 8, min_spare => 2, max_spare => 16, max_workers => 32, max_connections => 1 });
my $memory  = $d->memory_dir // plan(skip_all => '/dev/shm is no tmpfs, and elsewhere the lock cannot be reached');
$d->configure(accept => { lock_file => "$memory/lock", stall_timeout => $timeout })->start;
$d->expect(qr/sits on the accept turn/, qr/is stopped while/, qr/killed by SIGKILL/, qr/nobody takes the accept turn/, qr/starting generation/);

my @clients = map { $d->connect } 1 .. 6;
echo_ok($_, 'hello') for @clients;
my $bystander = $d->worker_of($clients[0]);
my $holder    = wait_until(sub { $d->turn_holder });
halt($holder);    # stands for one that never accepts
open my $lock, '+<', "$memory/lock" or die $!;
syswrite $lock, pack 'L', $bystander | 0x80000000;    # FUTEX_WAITERS
close $lock;

my $waiting = $d->connect;
$waiting->syswrite('x');
my $begun = now();
for my $c (@clients[1 .. 5]) {    # each of them takes its worker with it
    close $c;
    IO::Select->new($waiting)->can_read(0.25);
}
is(read_some($waiting, 1, 10) // "error: $!", 'x', 'who waits is served');
cmp_ok(now() - $begun, '<', $timeout + 1.5, sprintf 'soon (%.2f s, looked at a quarter of a second apart)', now() - $begun);
ok(alive($bystander), 'the bystander lives');
echo_ok($clients[0], 'still', 'and serves on');
kill CONT => $holder;

finish();
