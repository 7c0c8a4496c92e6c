#!/usr/bin/perl
# Workers have the shared memory of their own generation, and of no other.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d = Mpechod->new->start;

# How much of it a worker has mapped: locks, and all that is shared and has no name (hints, row, its page).
sub mapped ($pid) {
    my @maps = split /\n/, slurp("/proc/$pid/maps");
    return (scalar(grep { /accept[. ]lock/ } @maps), scalar(grep { / rw-s .*\/dev\/zero/ } @maps));
}
my %old = map { $_ => 1 } $d->idle_workers;
my ($locks, $nameless) = mapped((keys %old)[0]);
is($locks, 1, 'a worker has the lock of its generation');

# The new workers are forked while the old generation is still live.
$d->reload;
my @new = grep { !$old{$_} } $d->idle_workers;
ok(@new > 0, 'there are new workers');
my @wrong = grep { my ($l, $n) = mapped($_); $l != 1 || $n != $nameless } @new;
is("@wrong", '', 'so have new workers, and nothing of the old generation');

finish();
