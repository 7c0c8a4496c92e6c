#!/usr/bin/perl
# An echo costs exactly two system calls, a connection at most twelve more.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use Strace;
Strace::need();
plan(skip_all => 'a sanitizer makes system calls of its own') if sanitized();

# What users have: the default timeouts and access log; one worker, so that it is clear who serves.
my $d = Mpechod->new(
    pool    => { start => 1, min_spare => 1, max_spare => 1, max_workers => 1 },
    timeout => { idle => undef, connection => undef, drain => undef },
    log     => { level => undef },
)->start;
my ($worker) = $d->workers;

# A call is seen when it ends; being attached to interrupts the recv under way, which is not to be counted.
my $c = $d->connect;
echo_ok($c, 'hello');
my $strace = Strace->attach($worker);
echo_ok($c, 'go');
echo_ok($c, 'begin');
my $begun = now();
exchange($c, "message $_") for 1 .. 50;
my $took = now() - $begun;
wait_until(sub { $strace->lines(qr/message 50/) >= 2 });
my ($begin, @calls) = split /(?<=\n)/, join("\n", $strace->lines, '') =~ s/.*sendto\(3, "begin"/sendto(3, "begin"/sr;
my %count;
$count{ (/^(\w+)/)[0] }++ for grep { /message \d+"/ } @calls;
is(join(' ', map { "$_=$count{$_}" } sort keys %count), 'recvfrom=50 sendto=50', 'fifty echoes are fifty recv and fifty send');
# Once a second a worker looks whether the daemon stops.
my @others = grep { !/message \d+"/ } @calls;
cmp_ok(scalar @others, '<=', int $took, 'and nothing else') or diag(@others);

end_ok($c);
my $n = 10;
wait_until(sub { $d->idle_workers });    # a call in which it waits has no line yet
my $before = $strace->lines;
for (1 .. $n) {
    $c = $d->connect;
    exchange($c, 'x');
    close $c;
    wait_until(sub { (() = $d->log_lines(qr/in=1 /)) == $_ });
}
wait_until(sub { $d->idle_workers });
my @lines = ($strace->lines)[$before .. $strace->lines - 1];
$strace->detach;
my $each = @lines / $n;
cmp_ok($each, '>', 4, 'strace saw the connections');
cmp_ok($each, '<=', 12 + 2, "$each calls for a connection with one echo")
  or diag(join "\n", @lines[0 .. 2 * $each]);

cmp_ok(scalar(grep { /^write\(5, / } @lines), '<=', 1, 'nobody rings for a worker that may not be forked')
  or diag(join "\n", @lines);

# With a limit for the whole connection that is nearer than the idle timeout it is a few more, not two for each.
$d->stop;
$d->configure(timeout => { connection => 30 });
$d->start;
$c = $d->connect;
echo_ok($c, 'hello');
($worker) = $d->workers;
$strace = Strace->attach($worker, '-e', 'trace=setsockopt,sendto');
echo_ok($c, 'begin');
exchange($c, "message $_") for 1 .. 500;
wait_until(sub { $strace->lines(qr/message 500/) });
my $set = () = $strace->lines(qr/^setsockopt/);
cmp_ok($set, '<=', 4, "$set calls to keep a connection's limit");
$strace->detach;
end_ok($c);

# As long as there are spare ones enough, nobody rings the bell.
$d->stop;
$d->configure(pool => { start => 5, min_spare => 1, max_spare => 5, max_workers => 6 }, timeout => { connection => undef });
$d->start;
my $calls = Strace->attach([ $d->workers ], '-e', 'trace=write');
exchange($d->connect, 'x') for 1 .. 60;
my $rings = () = $calls->lines(qr/\bwrite\(5, /);
$calls->detach;
cmp_ok($rings, '<=', 5, "$rings rings for sixty connections, one after another");

finish();
