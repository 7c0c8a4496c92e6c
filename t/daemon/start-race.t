#!/usr/bin/perl
# Of many daemons that are started at once with the same pid file, one runs, and the others say why not.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d = Mpechod->new;
# Each with an address of its own: only the pid file is in the way.
my %run = map {
    my $err = $d->dir . "/err$_";
    my $pid = spawn([ $Mpechod::PROGRAM, '-f', '-c', $d->{conf} ], stderr => $err, env => { MPECHOD_TEST => $d->dir });
    $pid => $err;
} 1 .. 8;
wait_ok(sub { 1 == grep { alive($_) } keys %run }, 10, 'one is left');
my ($winner) = grep { alive($_) } keys %run;
for my $pid (grep { $_ != $winner } keys %run) {
    is((reap($pid) // -1) >> 8, 1, 'one of the others: status 1');
    like(slurp($run{$pid}), qr/\Q$d->{dir}\E\/mpechod\.pid/, '... and why');
}
$d->{child} = $winner;
$d->wait_ready;
is($d->master, $winner, 'the one that is left is ready');
is(slurp($d->dir . '/mpechod.pid'), "$winner\n", 'and its number is in the file');
$d->expect(qr/ERROR \[\d+\] cannot start: .*mpechod\.pid/);
echo_ok($d->connect, 'hello');

finish();
