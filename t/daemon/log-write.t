#!/usr/bin/perl
# A line of the log is one write(2), so that lines of many processes never mix.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use Strace;
Strace::need();

my $d      = Mpechod->new->start;
my $strace = Strace->attach([ $d->master, $d->workers ], '-f', '-e', 'trace=write,writev,pwrite64,send,sendto', '-s', 400);
exchange($d->connect, "hello $_") for 1 .. 10;
$d->reload;
wait_until(sub { $d->log_lines(qr/ left$/) });
$strace->detach;
my @writes = $strace->lines(qr/^\d+ \w+\(\d+, "\d{4}-/);
cmp_ok(scalar @writes, '>=', 11, 'lines were written');
my @odd = grep { !/^\d+ write\(\d+, "\d{4}-\d\d-\d\dT[^\n]*?\\n", (\d+)\)\s+= \1$/ || /\\n.*\\n/ } @writes;
is(join("\n", @odd), '', 'each whole, with one write');

finish();
