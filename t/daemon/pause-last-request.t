#!/usr/bin/perl
# WINCH, HUP, WINCH: the last request wins, even if the reload that the first two ask for is still under way.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use Strace;
Strace::need();

my $d = Mpechod->new->start;
$d->signal('WINCH');
wait_ok(sub { !$d->workers }, 5, 'paused');
my $strace = Strace->attach($d->master, '-f', '-e', 'trace=close_range', '-e', 'inject=close_range:delay_enter=300000');
$d->signal('HUP');
wait_until(sub { $d->workers >= 2 });
$d->signal('HUP');    # for when the first one is done
$d->expect(qr/config not reloaded: .*: paused meanwhile/);
$d->signal('WINCH');
$d->log_wait(qr/config not reloaded: .*: paused meanwhile/);
$strace->detach;
wait_ok(sub { !$d->workers }, 5, 'the workers of the reload leave');
my $waiting = $d->connect;
$waiting->syswrite('me');
ok(!IO::Select->new($waiting)->can_read(0.8), 'and nobody is served');
$d->log_mark;
$d->signal('HUP');
is(read_some($waiting, 2), 'me', 'until the next HUP');
ok($d->log_wait(qr/config reloaded, generation \d+/), 'which says that the configuration was read');
ok($d->log_wait(qr/resumed/), 'and that the pause is over');

subtest 'a change of the size of a terminal is no request' => sub {
    for my $how ('as the first process of a container', 'with a terminal') {
        SKIP: {
            skip 'needs root', 1 if $> != 0;
            skip 'needs pid namespaces', 1 if run(qw(unshare -pf --mount-proc true))->{status} ne '0';
            skip 'needs script', 1 if $how =~ /terminal/ && run(qw(script --version))->{status} ne '0';
            my $inner = Mpechod->new(log => { level => 'debug' });
            $inner->start(wrap => $how =~ /terminal/ ? [ 'sh', '-c', 'exec script -qec "$(printf "\47%s\47 " "$@")" /dev/null </dev/null', 'sh' ]
                  : [qw(unshare -pf --mount-proc)]);
            $inner->signal('WINCH');
            ok($inner->log_wait(qr/SIGWINCH ignored/), $how);
            echo_ok($inner->connect, 'hello');
            $inner->end;
        }
    }
};
finish();
