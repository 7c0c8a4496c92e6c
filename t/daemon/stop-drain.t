#!/usr/bin/perl
# A stop gives connections timeout.drain, and then ends them; at the end everything is gone.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Strace;
use Test::More;

for my $signal (qw(TERM INT QUIT)) {
    subtest $signal => sub {
        my $d = Mpechod->new(timeout => { drain => 1 });
        my $unix = $d->dir . '/echo.sock';
        $d->configure(listen => [ { address => '127.0.0.1', port => 0 }, { path => $unix } ])->start;
        my ($quiet, $chatty, $leaving, $other) = map { $d->connect($_) } ($d->listening) x 3, $d->listening(1);
        echo_ok($_, 'hello') for $quiet, $chatty, $leaving, $other;
        my @idle = $d->idle_workers;

        my $begun = now();
        $d->signal($signal);
        wait_ok(sub { !grep { alive($_) } @idle }, 0.7, 'idle workers leave at once');
        wait_ok(sub { !connect_to($d->listening, Timeout => 0.2) && $!{ECONNREFUSED} }, 0.7, 'the port is free');
        echo_ok($leaving, 'bye', 'connections go on');
        end_ok($leaving);
        my $last = $begun;
        wait_until(sub { exchange($chatty, 'more', 1) ne 'more' || !($last = now()) });
        cmp_ok($last - $begun, '>', 0.8, sprintf 'until the drain time is over (%.2f s)', $last - $begun);
        is(read_all($quiet, 2), '', 'a quiet one is closed in good order');
        is(read_all($other, 2), '', 'one on a Unix socket too');
        is($d->wait_end, 0, 'exit status 0');
        cmp_ok(now() - $begun, '<', 2.5, sprintf 'after %.2f s', now() - $begun);
        is(scalar(() = $d->log_lines(qr/end=drain$/)), 3, 'three connections end by it');
        is(scalar(() = $d->log_lines(qr/end=eof$/)), 1, 'one by itself');
        $d->end;
    };
}
subtest 'a worker that does not end' => sub {
    my $d = Mpechod->new(timeout => { drain => 0.3 })->start;
    my $c = $d->connect;
    echo_ok($c, 'hello');
    kill STOP => $d->worker_of($c);
    $d->expect(qr/WARN \[\d+\] 1 workers have not ended in the drain time: killing them/, qr/killed by SIGKILL/);
    my $begun = now();
    $d->signal('TERM');
    is($d->wait_end, 0, 'exit status 0');
    cmp_ok(now() - $begun, '<', 3, sprintf 'it is killed a second after the drain time (%.2f s)', now() - $begun);
    ok($d->log_lines(qr/have not ended in the drain time/), 'which is said');
    $d->end;
};

# TERM just before a worker waits for its client, and just after it has last looked whether the daemon stops.
subtest 'the signal comes too soon to interrupt' => sub {
    Strace::need();
    my $d = Mpechod->new(timeout => { drain => 1 })->start(env => { Strace::bearable() });
    my $c = $d->connect;
    echo_ok($c, 'hello');
    my $strace = Strace->attach($d->worker_of($c), '-e', 'trace=sendto', '-e', 'inject=sendto:delay_enter=200000:when=1');
    $c->syswrite('x');
    let_pass(0.05);
    $d->signal('TERM');
    is(read_all($c, 5), 'x', 'the connection is ended');
    is($d->wait_end, 0, 'exit status 0');
    is(scalar(() = $d->log_lines(qr/end=drain$/)), 1, 'in good order');
    reap($strace->{pid});
    $d->end;
};
finish();
