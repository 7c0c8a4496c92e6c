#!/usr/bin/perl
# Started with descriptors 0 to 2 closed, in whatever combination, it works and keeps the numbers free for what they mean.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

for my $closed ([0], [1], [2], [0, 1], [0, 1, 2]) {
    for my $detach (0, 1) {
        subtest "closed: @$closed, " . ($detach ? 'detached' : 'in the foreground') => sub {
            my $d = Mpechod->new;
            $d->start(detach => $detach, in_child => sub { POSIX::close($_) for @$closed });
            for my $pid ($d->master, ($d->workers)[0]) {
                like(join(' ', map { fd_of($pid, $_) // '-' } 0 .. 2), qr{^/dev/null /dev/null socket:\[\d+\]$}, "descriptors of $pid");
            }
            my $c = $d->connect;
            echo_ok($c, 'hello');
            end_ok($c);
            $d->end;
        };
    }
}
finish();
