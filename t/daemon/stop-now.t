#!/usr/bin/perl
# A second signal stops at once, however long the drain time is.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

for my $signals ([qw(TERM TERM)], [qw(TERM INT)], [qw(INT QUIT)]) {
    subtest "@$signals" => sub {
        my $d = Mpechod->new(timeout => { drain => 30 })->start;
        my $c = $d->connect;
        echo_ok($c, 'hello');
        $d->signal($signals->[0]);
        $d->log_wait(qr/SIG$signals->[0]/);
        echo_ok($c, 'still here', 'after the first the connection goes on');
        my $seconds = timed(sub { $d->stop($signals->[1]) });
        cmp_ok($seconds, '<', 1, sprintf 'after the second it is over, in %.2f s', $seconds);
        read_all($c, 1);
        ok(1, 'the client knows') if $! != POSIX::ETIME();
        $d->end;
    };
}

subtest 'drain = 0: no limit' => sub {
    my $d = Mpechod->new(timeout => { drain => 0 })->start;
    my $c = $d->connect;
    echo_ok($c, 'hello');
    $d->signal('TERM');
    my $until = now() + 1.5;
    wait_until(sub { now() >= $until || exchange($c, 'x') ne 'x' });
    echo_ok($c, 'still here', 'a connection has all the time it wants');
    end_ok($c);
    is($d->wait_end, 0, 'then the daemon ends');
    $d->end;
};
finish();
