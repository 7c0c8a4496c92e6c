#!/usr/bin/perl
# The master is killed: workers that were stopped, or had only just been forked, do not keep the others or the port.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use Strace;

# Detached, so that whoever inherits the orphans is in another session; the kernel then continues a stopped group of them.
subtest 'stopped workers' => sub {
    my $port = free_port();
    my $d    = Mpechod->new(listen => [ { address => '127.0.0.1', port => $port } ])->start(detach => 1);
    my $c    = $d->connect;
    echo_ok($c, 'hello');
    my @stopped = $d->workers;
    ok(halt(@stopped), 'workers are stopped');
    my $begun = now();
    $d->kill_master;
    wait_ok(sub { !$d->processes }, 10, 'all of them end');
    cmp_ok(now() - $begun, '<', 3, sprintf 'soon, for the drain time is 1 s (%.2f s)', now() - $begun);
    ok(defined IO::Socket::IP->new(LocalHost => '127.0.0.1', LocalPort => $port, Listen => 1, ReuseAddr => 1), 'the port is free');
};

subtest 'a worker that was just forked' => sub {
    Strace::need();
    my $d = Mpechod->new(timeout => { drain => 1 })->start;
    my $c = $d->connect;
    echo_ok($c, 'hello');
    my %before = map { $_ => 1 } $d->workers;
    my $strace = Strace->attach($d->master, '-f', '-e', 'trace=prctl', '-e', 'inject=prctl:delay_enter=30000000');
    $d->expect(qr/killed by SIGKILL/);
    kill KILL => ($d->idle_workers)[0];
    my $newborn = wait_until(sub { (grep { !$before{$_} } $d->workers)[0] });
    wait_until(sub { !defined fd_of($newborn, 73) });
    kill KILL => $d->master;
    $d->{killed} = 1;
    my $begun = now();
    is(read_all($c, 20), '', 'the connection of a busy one ends');
    my $took = now() - $begun;
    cmp_ok($took, '>', 0.7, sprintf 'after the drain time (%.2f s)', $took);
    cmp_ok($took, '<', 3, 'and not long after');
    kill KILL => $newborn;
    $strace->detach;
    $d->wait_end;
};

finish();
