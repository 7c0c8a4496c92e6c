#!/usr/bin/perl
# A signal that comes as soon as the pid file names the daemon is answered like any other.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use Strace;
Strace::need();

# The moment between the pid file and everything after it is made long: the next thing that it makes are its sockets.
for my $name (qw(HUP USR1 WINCH TERM)) {
    my $d   = Mpechod->new;
    my $pid_file = $d->{config}{process}{pid_file};
    $d->start(
        wrap    => [ qw(strace -q -f -o /dev/null -e trace=bind -e inject=bind:delay_exit=300000) ],
        env     => { Strace::bearable() },
        no_wait => 1,
    );
    my $pid = wait_until(sub { -e $pid_file && slurp($pid_file) =~ /^(\d+)$/ && $1 }) // die "no pid file\n";
    kill $name => $pid;
    if ($name eq 'TERM') {
        is($d->wait_end, 0, 'TERM stops it before it is ready: exit status 0');
        ok(!-e $pid_file, 'and it leaves no pid file');
    } else {
        $d->wait_ready;
        echo_ok($d->connect, 'hello', "$name: it starts nevertheless");
        $d->log_wait(qr/config reloaded/) if $name eq 'HUP';
        $d->signal('TERM');
        is($d->wait_end, 0, 'and ends when it should');
    }
    $d->end;
}

# As long as there is no logger, there is nothing to be reopened.
my $d = Mpechod->new;
$d->start(
    wrap => [ qw(strace -q -f -o /dev/null -e trace=socketpair -e inject=socketpair:signal=USR1:when=2) ],
    env  => { Strace::bearable() },
);
echo_ok($d->connect, 'hello', 'USR1 before there is a logger');
$d->log_wait(qr/in=5 /);
is(join("\n", $d->log_lines(qr/reopened/)), '', 'does nothing');
$d->end;
finish();
