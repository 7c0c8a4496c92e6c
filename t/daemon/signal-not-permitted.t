#!/usr/bin/perl
# A root without CAP_KILL cannot signal its workers: it says so once, and they keep the drain deadline by themselves.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

plan(skip_all => 'needs root') if $> != 0;
need_command('setpriv');
my @wrap = qw(setpriv --bounding-set -kill --inh-caps -kill);
plan(skip_all => 'capabilities cannot be dropped here') if run(@wrap, 'true')->{status} ne '0';

my $d = Mpechod->new(timeout => { idle => 30, drain => 1 })->start(wrap => \@wrap);
$d->expect(qr/workers cannot be signalled: Operation not permitted/);
my @clients = map { $d->connect } 1, 2;
echo_ok($_, 'hello') for @clients;
ok($d->reload, 'a reload works');
echo_ok($clients[0], 'still', 'a connection goes on');
end_ok($clients[0]);
my $begun = now();
$d->stop;
cmp_ok(now() - $begun, '<', 6, sprintf 'stopped in the drain time and a little more, not in the idle time (%.2f s)', now() - $begun);
is(scalar(() = do { $d->{mark} = 0; $d->log_lines(qr/cannot be signalled/) }), 1, 'said once');

finish();
