#!/usr/bin/perl
# If anything goes wrong while root is given up, the worker ends before its first accept.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use Strace;
need_root();
need_command('setpriv');
Strace::need();

# A call that fails, and one that lies: it says that it worked, and did not.
for my $inject (map { my $call = $_; map { "$call:$_" } 'error=EPERM', 'retval=0' } qw(setgroups setresgid setresuid)) {
    subtest $inject => sub {
        my ($call) = $inject =~ /^(\w+)/;
        my $d = Mpechod->new(timeout => { drain => 0.2 })->start(wrap => [ 'setpriv', '--groups', '1,2,3' ]);    # groups to be got rid of
        my $strace = Strace->attach($d->master, '-f', '-e', "trace=$call,accept4", '-e', "inject=$inject");
        $d->expect(qr/ERROR \[\d+\] worker cannot start: /, qr/killed by SIGKILL/, qr/exited with status [1-9]/, qr/died at once/);
        kill KILL => $d->workers;
        my $c = $d->connect;
        ok($d->log_wait(qr/ERROR \[\d+\] worker cannot start: .*(?:cannot become|would not stick)/), 'said');
        $d->log_wait(qr/worker \d+ \(slot \d+\) exited with status [1-9]/);
        ok(!IO::Select->new($c)->can_read(0.2), 'nobody is served');
        $strace->detach;
        is(scalar(() = $strace->lines(qr/accept4/)), 0, 'nobody tried to accept');
        kill TERM => $d->master;
        $d->wait_end;
    };
}

subtest 'at the start' => sub {
    my $d = Mpechod->new;
    $d->expect(qr/ERROR \[\d+\] worker cannot start: cannot become /, qr/exited with status 77/, qr/cannot start: the new workers /);
    my $run = run('strace', '-o', '/dev/null', '-f', '-e', 'trace=setresuid', '-e', 'inject=setresuid:error=EPERM',
        $Mpechod::PROGRAM, '-f', '-c', $d->{conf});
    is($run->{status}, 1, 'the daemon does not start');
    like($run->{err} . slurp($d->log_file), qr/cannot become uid/, 'and says why');
};
finish();
