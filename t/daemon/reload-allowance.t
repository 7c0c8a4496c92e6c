#!/usr/bin/perl
# Workers that finish connections of old generations may be as many as max_workers; beyond that the oldest get the drain
# time. Those that have no connection and are about to leave do not count.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d = Mpechod->new(pool => { start => 2, min_spare => 1, max_spare => 2, max_workers => 3 }, timeout => { drain => 0.5 })->start;
my @generation;
my $begun;
for my $n (1 .. 3) {
    $generation[$n] = [ map { $d->connect } 1, 2 ];
    echo_ok($_, "generation $n") for @{ $generation[$n] };
    $begun = now();
    ok($d->reload, 'reloaded');
}
# Six are finishing now: three too many.
is(read_all($_, 10), '', 'the oldest connections are ended') for @{ $generation[1] };
cmp_ok(now() - $begun, '>', 0.3, 'after their time');
my $c = $d->connect;
echo_ok($c, 'hello', 'new clients are served all the same');
echo_ok($_, 'still here', 'the youngest go on') for @{ $generation[3] };
is(scalar(() = slurp($d->log_file) =~ /in=12 out=12 .*end=drain$/mg) >= 2, 1, 'logged as end=drain');
close $_ for $c, map { @$_ } @generation[2, 3];

my $roomy = Mpechod->new(pool => { start => 5, min_spare => 5, max_spare => 5, max_workers => 10 }, timeout => { drain => 0.3 })->start;
my @kept = map { $roomy->connect } 1 .. 6;
echo_ok($_, 'hello', 'one of six') for @kept;
ok($roomy->reload, 'reloaded') for 1, 2;
let_pass(0.6);
echo_ok($_, 'and on', 'six go on, with room for ten') for @kept;
end_ok($_) for @kept;

finish();
