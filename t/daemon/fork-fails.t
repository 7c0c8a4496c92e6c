#!/usr/bin/perl
# fork fails: the master answers signals, says so once, and recovers by itself.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use Strace;
Strace::need();

my $d = Mpechod->new->start(env => { Strace::bearable() });
$d->expect(qr/killed by SIGKILL/, qr/ERROR \[\d+\] cannot (?:renew what is broken: cannot )?fork a worker: Resource temporarily unavailable/, qr/reloaded/);
my $forks  = Strace::forks();
my $strace = Strace->attach($d->master, '-e', "trace=$forks", '-e', "inject=$forks:error=EAGAIN");
my ($victim, $survivor) = $d->workers;
$d->log_mark;
kill KILL => $victim;
$d->log_wait(qr/cannot fork a worker/);
echo_ok($d->connect, 'hello', 'who is left serves on');

my $seconds = timed(sub {
    rename $d->log_file, $d->log_file . '.1' or die $!;
    $d->signal('USR1');
    wait_ok(sub { -e $d->log_file }, 5, 'USR1 is answered');
});
cmp_ok($seconds, '<', 0.5, 'at once');
$d->log_mark;
$d->signal('HUP');
$d->log_wait(qr/config (?:not )?reloaded/);
my $tries = $strace->lines;
let_pass(1.5);
cmp_ok($strace->lines - $tries, '<', 20, 'tries in 1.5 s: it does not spin');
my $all = slurp($d->log_file . '.1') . slurp($d->log_file);
cmp_ok(scalar(my @said = $all =~ /cannot fork/g), '<=', 4, 'and does not fill the log');
echo_ok($d->connect, 'hello', 'service goes on');

$strace->detach;
wait_ok(sub { $d->idle_workers >= 2 }, 10, 'forks again when it can');
$d->log_wait(qr/forking works again|reloaded/);
ok($d->reload, 'a reload works again');
echo_ok($d->connect, 'hello');
is(scalar($d->zombies), 0, 'no zombie');

subtest 'a stop while fork fails' => sub {
    my $broken = Strace->attach($d->master, '-e', "trace=$forks", '-e', "inject=$forks:error=EAGAIN");
    kill KILL => $d->workers;
    $d->log_wait(qr/cannot fork/);
    $seconds = timed(sub { $d->stop });
    cmp_ok($seconds, '<', 2, 'is a stop');
    $broken->detach;
};

finish();
