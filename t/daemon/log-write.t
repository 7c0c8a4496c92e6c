#!/usr/bin/perl
# The log is written by one process, in whole lines, many at a time when there are many; a worker sends a line with one call.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use Strace;
Strace::need();

my $d      = Mpechod->new->start;
my $strace = Strace->attach([ $d->master, $d->logger, $d->workers ], '-f', '-e', 'trace=write,writev,pwrite64,sendto,sendmsg', '-s', 100000);
exchange($d->connect, "hello $_") for 1 .. 10;
$d->reload;
wait_until(sub { $d->log_lines(qr/ left$/) });
$strace->detach;
my @writes = $strace->lines(qr/^\d+ \w+\(\d+, "\d{4}-/);
cmp_ok(scalar @writes, '>=', 2, 'lines were written');
my $logger = $d->logger;
my @odd    = grep { !/^$logger write\(\d+, "\d{4}-\d\d-\d\dT.*\\n", (\d+)\)\s+= \1$/ } @writes;
is(join("\n", @odd), '', 'by the logger, and whole');
my $others = join '|', $d->master, $logger;
is(scalar(my @sent = $strace->lines(qr/^(?!(?:$others) )\d+ sendto\(2, /)), 10, 'an access line is one call of the worker');
my @waiting = $strace->lines(qr/^\d+ sendto\(\d+, "\\1pm\\377(?!.*MSG_DONTWAIT)/);
is(join("\n", @waiting), '', 'which does not wait');

finish();
