#!/usr/bin/perl
# A burst of clients on a small pool: every one is answered, quickly.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d = Mpechod->new(pool => { start => 5, min_spare => 5, max_spare => 10, max_workers => 400 })->start;

my @one_by_one;
for (1 .. 5) {
    push @one_by_one, $d->connect;
    echo_ok($one_by_one[-1], 'hello');
    wait_until(sub { $d->busy_workers == @one_by_one });
}
wait_ok(sub { $d->idle_workers >= 5 }, 5, 'for each that is busy there is another, before anybody waits');
close $_ for @one_by_one;
wait_until(sub { !$d->busy_workers });

my $begun = now();
my @c     = map { $d->connect } 1 .. 300;
$_->syswrite('x') for @c;
my @unanswered = grep { (read_some($_, 1, 10) // '') ne 'x' } @c;
my $seconds = now() - $begun;
is(scalar @unanswered, 0, 'three hundred at once, and held: all answered');
cmp_ok($seconds, '<', 5, sprintf 'within %.2f s', $seconds);
wait_ok(sub { $d->busy_workers == 300 }, 5, 'each by a worker of its own');
wait_ok(sub { my $n = $d->idle_workers; $n >= 5 && $n <= 10 }, 5, 'and some spare ones')
  or diag(scalar $d->idle_workers);
close $_ for @c;

finish();
