#!/usr/bin/perl
# A file system that hangs while a configuration is read holds up the reload, and nothing else.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use Strace;
Strace::need();

# A child reads the file, and open(2) is made to take as long in it as it would where a disk is frozen.
my $d      = Mpechod->new->start(env => { Strace::bearable() });
my $strace = Strace->attach($d->master, '-f', '-P', $d->{conf}, '-e', 'trace=openat', '-e', 'inject=openat:delay_enter=60000000');
my $hangs  = sub { grep { $_->{comm} eq 'mpechod-errand' } children($d->master) };
$d->signal('HUP');
wait_ok(sub { $hangs->() }, 5, 'somebody else reads the configuration');
my ($child) = map { $_->{pid} } $hangs->();
echo_ok($d->connect, 'hello', 'clients are served');

# Beside it another daemon, whose logger hangs when a reload asks it for another target.
my $other = Mpechod->new->start;
halt($other->logger);
$other->configure(log => { target => $other->dir . '/new.log' });
$other->{config}{log}{target} = $other->dir . '/log';
$other->expect(qr/config not reloaded: .*log\.target: .*the logger does not answer/);
$other->signal('HUP');
let_pass(0.1);
my $asked = now();

my $begun = now();
my $queued = $d->connect;
$d->signal('USR2');
$d->expect(qr/SIGUSR2/);
ok($d->log_wait(qr/SIGUSR2/), 'another request is answered');
cmp_ok(now() - $begun, '<', 0.3, 'at once');
my ($victim) = $d->idle_workers;
kill KILL => $victim;
$d->expect(qr/worker $victim .*killed by SIGKILL/);
$d->log_wait(qr/worker $victim .*killed by SIGKILL/);
wait_ok(sub { $d->idle_workers >= 2 }, 5, 'the dead are replaced');
end_ok($queued);

$d->expect(qr/not reloaded: \S+: preparing it takes too long/);
ok($d->log_wait(qr/not reloaded: \S+: preparing it takes too long: does a file system hang\?/, 15), 'after 5 s the reload is given up');
let_pass(0.1) while now() < $asked + 6;
kill CONT => $other->logger;
ok($other->log_wait(qr/config not reloaded: .*log\.target: .*the logger does not answer/), 'so is one whose logger hangs');
echo_ok($other->connect, 'hello');
$other->end;

$d->signal('HUP');
$d->expect(qr/stopped meanwhile/);
wait_until(sub { 2 == (() = $hangs->()) });
$begun = now();
$d->signal('TERM');
is($d->wait_end, 0, 'TERM ends the daemon: exit status 0');
cmp_ok(now() - $begun, '<', 2, 'without waiting for the file system');
kill KILL => grep { (readlink("/proc/$_/exe") // '') eq $Mpechod::PROGRAM } $d->processes;
$strace->detach;
$d->end;

subtest 'the master is killed meanwhile' => sub {
    my $d      = Mpechod->new->start;
    my $port   = $d->port;
    my $strace = Strace->attach($d->master, '-f', '-P', $d->{conf}, '-e', 'trace=openat', '-e',
        'inject=openat:delay_enter=60000000');
    my $master = $d->master;
    $d->signal('HUP');
    my ($child) = @{ wait_until(sub { my @c = grep { $_->{comm} eq 'mpechod-errand' } children($master); @c && \@c }) // [] };
    ok($child, 'somebody else reads the configuration');
    $d->kill_master;
    wait_ok(sub { !connect_to("127.0.0.1:$port") && $!{ECONNREFUSED} }, 5, 'and does not keep the port from a successor');
    ok(alive($child->{pid}), 'though the child still hangs');
    kill KILL => $child->{pid};
    $strace->detach;
    $d->end;
};
finish();
