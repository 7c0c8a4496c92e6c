#!/usr/bin/perl
# No more than max_workers; that it is reached is said once an episode; who waits is served in turn.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d = Mpechod->new(pool => { start => 2, min_spare => 1, max_spare => 2, max_workers => 3 })->start;
$d->expect(qr/WARN \[\d+\] max_workers \(3\) reached, \d+ connections? waiting$/);
my $said = sub { scalar(() = $d->log_lines(qr/WARN \[\d+\] max_workers \(3\) reached, [1-9]\d* connections? waiting$/)) };

for my $episode (1, 2) {
    my @c = map { $d->connect } 1 .. 3;
    echo_ok($_, 'hello') for @c;
    is($said->(), $episode - 1, 'three of three places taken, nobody waits: nothing to say');
    my @waiting = map { $d->connect } 1 .. 4;
    $_->syswrite('me') for @waiting;
    wait_ok(sub { $said->() == $episode }, 5, "episode $episode: said");
    my $until = now() + 0.8;
    my $most  = 0;
    wait_until(sub { my $n = $d->workers; $most = $n if $n > $most; now() >= $until });
    is($most, 3, 'never more than three');
    is($said->(), $episode, 'said once');
    ok(!IO::Select->new(@waiting)->can_read(0), 'who waits, waits');
    close $_ for @c;
    is(join(' ', map { read_some($_, 2) // '-' } @waiting[0 .. 2]), 'me me me', 'and is served when a place is free');
    close shift @waiting for 1 .. 3;
    is(read_some($waiting[0], 2), 'me', 'all of them');
    close $waiting[0];
    wait_until(sub { !$d->busy_workers });
    let_pass(0.7);    # two looks of the master: the episode is over
}

finish();
