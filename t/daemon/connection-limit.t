#!/usr/bin/perl
# timeout.connection ends a connection at its age, however busy it is.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d = Mpechod->new(timeout => { connection => 0.7 })->start;

my $quiet = $d->connect;
my $seconds = timed(sub { is(read_all($quiet), '', 'a quiet connection gets its end') });
cmp_ok($seconds, '>', 0.6, sprintf 'at its age (%.2f s)', $seconds);
cmp_ok($seconds, '<', 2.0, 'nor long after');

my $busy  = $d->connect;
my $begun = now();
while (exchange($busy, 'more', 5) eq 'more') { last if now() - $begun > 5 }
cmp_ok(now() - $begun, '>', 0.6, sprintf 'a busy one too (%.2f s)', now() - $begun);
cmp_ok(now() - $begun, '<', 2.5, 'nor long after');

wait_ok(sub { (my @l = $d->log_lines(qr/end=limit$/)) == 2 }, 5, 'both are logged as end=limit');
finish();
