#!/usr/bin/perl
# After a burst the idle workers shrink into [min_spare, max_spare], gradually, and stay there.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

# It has the time that the other one takes.
my $many = Mpechod->new(pool => { start => 26, min_spare => 1, max_spare => 2, max_workers => 26 })->start;

my $d = Mpechod->new(pool => { start => 2, min_spare => 2, max_spare => 8, max_workers => 40 })->start;

my @c = map { $d->connect } 1 .. 8;
exchange($_, 'x') for @c;
wait_until(sub { $d->busy_workers == 8 });
close $_ for @c;
wait_until(sub { !$d->busy_workers });
my $most = $d->idle_workers;
cmp_ok($most, '>=', 8, "$most idle workers after the burst");

my $least = $most;
my $count = sub { my $n = $d->workers; $least = $n if $n < $least; $n };
my $begun = now();
wait_ok(sub { $count->() <= 8 }, 15, 'they shrink to max_spare');
cmp_ok(now() - $begun, '>', 1, sprintf 'gradually, in %.1f s', now() - $begun);
my @stay  = sort $d->workers;
my $until = now() + 1.2;
wait_until(sub { $count->(); now() >= $until });
cmp_ok($least, '>=', 2, 'never below min_spare');
is(join(' ', sort $d->workers), "@stay", 'and then stay as they are');
is(scalar(() = $d->log_lines(qr/WARN|ERROR/)), 0, 'quietly');

# Those that are asked to leave have not served anybody, which is nothing to worry about.
wait_ok(sub { $many->workers <= 14 }, 15, 'a dozen of those that were never needed leave');
$many->end;

finish();
