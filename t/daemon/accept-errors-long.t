#!/usr/bin/perl
# accept fails for longer than accept.stall_timeout: service goes on as soon as it can, and the log stays bounded.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use Strace;
Strace::need();

my $d = Mpechod->new(pool => { start => 2, min_spare => 2, max_spare => 2, max_workers => 2 }, accept => { stall_timeout => 0.5 })->start;

# The whole system has no descriptors: new workers fare no better.
$d->expect(qr/WARN \[\d+\] /);
$d->log_mark;
my $strace = Strace->attach([ $d->master, $d->workers ], '-f', '-e', 'trace=accept4,accept', '-e', 'inject=accept4,accept:error=ENFILE');
my $c     = $d->connect;
let_pass(2);
cmp_ok(scalar(my @lines = $d->log_lines(qr/WARN|ERROR/)), '<', 15, 'lines in 2 seconds');
is(join("\n", $d->log_lines(qr/nobody takes the accept turn|ending it/)), '', 'nobody is blamed for it');
$strace->detach;
my $seconds = timed(sub { echo_ok($c, 'hello', 'served once it works again') });
cmp_ok($seconds, '<', 2.5, sprintf 'soon (%.2f s)', $seconds);
end_ok($c);

finish();
