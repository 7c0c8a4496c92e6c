#!/usr/bin/perl
# Started with all signals ignored or blocked by the parent, it answers all of them.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use POSIX qw(SIG_BLOCK);

my %odd = (
    ignored => sub { $SIG{$_} = 'IGNORE' for qw(HUP INT QUIT TERM USR1 USR2 CHLD PIPE ALRM WINCH) },
    blocked => sub { my $all = POSIX::SigSet->new; $all->fillset; POSIX::sigprocmask(SIG_BLOCK, $all) },
);
for my $odd (sort keys %odd) {
    subtest $odd => sub {
        my $d = Mpechod->new->start(in_child => $odd{$odd});
        $d->expect(qr/killed by SIGKILL/, qr/SIGUSR2/);
        my ($worker) = $d->idle_workers;
        is(status_of($_, 'SigBlk'), '0' x 16, "nothing is blocked in $_") for $d->master, $worker;
        kill TERM => $worker;
        wait_ok(sub { !alive($worker) && $d->idle_workers >= 2 }, 5, 'a worker answers TERM, the master CHLD');
        my ($victim) = $d->idle_workers;
        kill KILL => $victim;
        $d->log_wait(qr/worker $victim .*killed by SIGKILL/);
        wait_ok(sub { !$d->zombies }, 5, 'no zombie');
        ok($d->reload, 'HUP');
        rename $d->log_file, $d->log_file . '.1';
        $d->signal('USR1');
        wait_ok(sub { -e $d->log_file }, 5, 'USR1');
        $d->log_mark;
        $d->signal('USR2');
        $d->log_wait(qr/SIGUSR2/);
        $d->signal('WINCH');
        wait_ok(sub { !$d->workers }, 5, 'WINCH');
        $d->end;
    };
}
finish();
