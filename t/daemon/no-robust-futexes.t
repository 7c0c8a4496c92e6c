#!/usr/bin/perl
# Where the kernel has no robust futexes, a worker that dies would take the accept turn with it: that is no place to start.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use Strace;
Strace::need();

my $d   = Mpechod->new(pool => { start => 1, min_spare => 1 });
my $run = run(
    qw(timeout 5 strace -o /dev/null -e trace=set_robust_list -e inject=set_robust_list:error=ENOSYS),
    $Mpechod::PROGRAM, '-f', '-c', $d->{conf}, { env => { Strace::bearable() } },
);
is($run->{status}, 1, 'it does not start');
my $why = qr/cannot start: .*no robust futexes/;
like($run->{err}, $why, 'and says why');
$d->expect($why);
ok(!-e $d->{config}{accept}{lock_file}, 'no lock file is left');

finish();
