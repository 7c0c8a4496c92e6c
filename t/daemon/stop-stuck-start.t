#!/usr/bin/perl
# TERM ends a daemon whose new workers are stuck before they are ready, at its start and during a reload.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use Strace;
Strace::need();

my @slow = (qw(-f -e trace=getppid -e inject=getppid:delay_enter=500000));

# A worker has its name before it makes that call, and is ready after it.
sub workers_of ($master) { map { $_->{pid} } grep { $_->{comm} eq 'mpechod-worker' } children($master) }

subtest 'at its start' => sub {
    my $d        = Mpechod->new;
    my $pid_file = $d->{config}{process}{pid_file};
    $d->start(wrap => [ qw(strace -q -o /dev/null), @slow ], env => { Strace::bearable() }, no_wait => 1);
    my $master = wait_until(sub { -e $pid_file && slurp($pid_file) =~ /^(\d+)$/ && $1 }) // die "no pid file\n";
    my $stuck  = wait_until(sub { (workers_of($master))[0] }) // die "no worker\n";
    kill STOP => $stuck;
    $d->expect(qr/^strace: dispatch_event:/);
    my $begun = now();
    kill TERM => $master;
    is($d->wait_end, 0, 'exit status 0');
    cmp_ok(now() - $begun, '<', 5, sprintf 'after %.2f s', now() - $begun);
    ok(!-e $pid_file, 'no pid file is left');
    $d->end;
};

subtest 'during a reload' => sub {
    my $d      = Mpechod->new->start(env => { Strace::bearable() });
    my $strace = Strace->attach($d->master, @slow);
    my %old    = map { $_ => 1 } $d->workers;
    $d->signal('HUP');
    my $stuck = wait_until(sub { (grep { !$old{$_} } workers_of($d->master))[0] }) // die "no worker\n";
    kill STOP => $stuck;
    $d->expect(qr/not reloaded: .*stopped meanwhile/);
    my $begun = now();
    $d->signal('TERM');
    is($d->wait_end, 0, 'exit status 0');
    cmp_ok(now() - $begun, '<', 5, sprintf 'after %.2f s', now() - $begun);
    reap($strace->{pid});
    $d->end;
};
finish();
