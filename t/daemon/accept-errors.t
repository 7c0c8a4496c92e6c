#!/usr/bin/perl
# accept fails for want of descriptors or memory: workers give the turn back, wait, try again, and recover.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use Strace;
Strace::need();

# Two workers and no more, so that the next client has nobody else; no stall_timeout, so that they recover on their own.
my $d = Mpechod->new(
    pool   => { start => 2, min_spare => 2, max_spare => 2, max_workers => 2 },
    accept => { stall_timeout => 0 },
)->start;
my @workers = sort $d->workers;

sub cpu_seconds (@pids) {
    my $ticks = 0;
    for my $pid (@pids) {
        my @stat = split " ", slurp("/proc/$pid/stat") =~ s{.*\) }{}sr;
        $ticks += $stat[11] + $stat[12];
    }
    return $ticks / POSIX::sysconf(POSIX::_SC_CLK_TCK());
}

sub fails_and_recovers ($error, $message, $break, $mend) {
    subtest $error => sub {
        $d->expect(qr/WARN \[\d+\] cannot accept: $message/);
        $d->log_mark;
        $break->();
        my $c      = $d->connect;
        my $before = cpu_seconds(@workers);
        ok($d->log_wait(qr/cannot accept: $message/), 'logged');
        ok(!IO::Select->new($c)->can_read(0.5), 'the client waits');
        cmp_ok(cpu_seconds(@workers) - $before, '<', 0.2, 'seconds of CPU meanwhile: nobody spins');
        cmp_ok(scalar(my @lines = $d->log_lines(qr/cannot accept/)), '<=', 4, 'lines logged: not one for each try');
        $mend->();
        my $seconds = timed(sub { echo_ok($c, 'hello', 'served once it works again') });
        cmp_ok($seconds, '<', 2.5, sprintf 'soon (%.2f s)', $seconds);
        $d->log_wait(qr/INFO \[\d+\] accepting again/);
        end_ok($c);
        is(join(' ', sort $d->workers), "@workers", 'by the same workers');
    };
}

my $strace;
for ([ ENFILE => 'Too many open files in system' ], [ ENOBUFS => 'No buffer space available' ],
    [ ENOMEM => 'Cannot allocate memory' ]) {
    my ($error, $message) = @$_;
    fails_and_recovers($error, $message,
        sub { $strace = Strace->attach(\@workers, '-e', 'trace=accept4,accept', '-e', "inject=accept4,accept:error=$error") },
        sub { $strace->detach });
}

# The real thing: the connection would be descriptor 3.
need_command('prlimit');
my ($limit) = slurp("/proc/$workers[0]/limits") =~ /^Max open files +(\d+)/m;
fails_and_recovers(EMFILE => 'Too many open files',
    sub { set_limit($_, '--nofile=3:') for @workers },
    sub { set_limit($_, "--nofile=$limit:") for @workers });

# Once it works, it works: the next failure is the first one again, and waits for no longer than that.
subtest 'a failure after another' => sub {
    $d->expect(qr/WARN \[\d+\] cannot accept: Too many open files in system/);
    my @seconds;
    for (1 .. 3) {
        my $inject = Strace->attach(\@workers, '-e', 'trace=accept4,accept', '-e', 'inject=accept4,accept:error=ENFILE:when=1');
        push @seconds, timed(sub { echo_ok($d->connect, 'hello') });
        $inject->detach;
    }
    my ($soonest) = sort { $a <=> $b } @seconds;
    cmp_ok($soonest, '<', 0.3, sprintf 'a single failure costs %.0f ms', $soonest * 1000);
};

# Somebody else was faster, as it is at a reload: that is no reason to wait.
subtest 'too late, again and again' => sub {
    plan(skip_all => 'strace cannot count so')
      if run(qw(strace -o /dev/null -e trace=accept4 -e inject=accept4:error=EAGAIN:when=1..2 true))->{status} ne '0';
    my @seconds;
    for (1 .. 3) {
        my $inject = Strace->attach(\@workers, '-e', 'trace=accept4,accept', '-e', 'inject=accept4,accept:error=EAGAIN:when=1..20');
        push @seconds, timed(sub { echo_ok($d->connect, 'hello') });
        $inject->detach;
    }
    my ($soonest) = sort { $a <=> $b } @seconds;
    cmp_ok($soonest, '<', 1, sprintf 'forty times cost %.0f ms', $soonest * 1000);
};

# Errors that belong to one connection are nobody's business.
subtest 'ECONNABORTED and the like' => sub {
    for my $error (qw(ECONNABORTED EPROTO ENETDOWN EHOSTUNREACH EINTR EAGAIN EPERM)) {
        my $inject = Strace->attach(\@workers, '-e', 'trace=accept4,accept', '-e', "inject=accept4,accept:error=$error:when=1");
        echo_ok($d->connect, 'hello', "$error: passed over");
        $inject->detach;
    }
    $d->log_mark;
    my $inject = Strace->attach(\@workers, '-e', 'trace=accept4,accept', '-e', 'inject=accept4,accept:error=ECONNABORTED:when=1+2');
    my @different = grep { exchange($d->connect, 'x') ne 'x' } 1 .. 60;
    $inject->detach;
    is("@different", '', 'every other one');
    is(join("\n", $d->log_lines(qr/cannot accept/)), '', 'though they are many, it is not worth a word');
};

finish();
