#!/usr/bin/perl
# A worker that exits with a status is logged with it.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use Strace;
Strace::need();

my $d = Mpechod->new(pool => { start => 1, min_spare => 1, max_spare => 1, max_workers => 2 })->start;
my ($worker) = $d->workers;
$d->expect(qr/worker $worker /);

# Its accept goes wrong in a way that no other worker sees: after a while it leaves, and says why.
my $strace = Strace->attach($worker, '-e', 'trace=accept4,accept', '-e', 'inject=accept4,accept:error=EBADF');
$d->expect(qr/\[$worker\] /);
my $c = $d->connect;
$d->log_wait(qr/WARN \[\d+\] worker $worker \(slot \d+\) exited with status [1-9]\d*$/);
echo_ok($c, 'hello', 'its client is served by another');
reap($strace->{pid});

# Two are idle where one is enough, and neither can read its lifeline: whoever has the turn is told to leave, and says so.
wait_ok(sub { $d->idle_workers == 1 }, 5, 'another is idle');
my @workers = $d->workers;
$strace = Strace->attach(\@workers, '-e', 'trace=read', '-e', 'inject=read:error=EIO');
my $one = join '|', @workers;
$d->expect(qr/\[(?:$one)\] .*lifeline cannot be read/, qr/worker (?:$one) .* status 74$/);
end_ok($c);
$d->log_wait(qr/WARN \[\d+\] worker (?:$one) \(slot \d+\) exited with status 74$/);
ok(scalar(() = $d->log_lines(qr/ERROR \[(?:$one)\] .*lifeline cannot be read: Input/)), 'and why');
$strace->detach;
echo_ok($d->connect, 'hello', 'service goes on');

finish();
