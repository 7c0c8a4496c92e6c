#!/usr/bin/perl
# Started with few descriptors, or with many open that are not its own, it works.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use Strace;

subtest 'a low limit' => sub {
    need_command('prlimit');
    my $d = Mpechod->new->start(wrap => [ 'prlimit', '--nofile=256' ]);
    my @c = map { $d->connect } 1 .. 10;
    echo_ok($_, 'hello') for @c;
    close $_ for @c;
    $d->end;
};

subtest 'little memory, and small files' => sub {
    need_command('prlimit');
    plan(skip_all => 'a sanitizer needs memory of its own') if sanitized();
    my $d = Mpechod->new->start(wrap => [ 'prlimit', '--as=100000000', '--fsize=65536' ]);
    echo_ok($d->connect, 'hello', 'the scoreboard is no larger than it needs to be');
    $d->end;
};

subtest 'a hundred that a careless parent left open' => sub {
    open my $null, '<', '/dev/zero' or die $!;
    my $d = Mpechod->new->start(in_child => sub { POSIX::dup2(fileno $null, $_) for 3 .. 100 });
    for my $pid ($d->master, $d->workers) {
        is(scalar(grep { (readlink($_) // '') eq '/dev/zero' } glob "/proc/$pid/fd/*"), 0, "none of them is left in $pid");
    }
    echo_ok($d->connect, 'hello');
    $d->end;
};

subtest 'the same, where close_range(2) is forbidden' => sub {
    my $strace = run('strace', '-o', '/dev/null', 'true')->{status} eq '0';
    plan(skip_all => 'strace may not trace here') if !$strace;
    open my $null, '<', '/dev/zero' or die $!;
    my @wrap = qw(strace -qq -f -o /dev/null -e trace=close_range -e inject=close_range:error=EPERM);
    my $d    = Mpechod->new;
    $d->start(wrap => \@wrap, env => { Strace::bearable() }, in_child => sub { POSIX::dup2(fileno $null, $_) for 100 .. 200; POSIX::dup2(100, 3) });
    for my $pid ($d->master, $d->workers) {
        is(scalar(grep { (readlink($_) // '') eq '/dev/zero' } glob "/proc/$pid/fd/*"), 0, "none of them is left in $pid");
    }
    echo_ok($d->connect, 'hello');
    $d->end;
};

subtest 'umask 0' => sub {
    my $d = Mpechod->new->start(in_child => sub { umask 0 });
    is(scalar(grep { (stat)[2] & 022 } $d->log_file, map { $d->dir . "/$_" } qw(mpechod.pid accept.lock)), 0,
        'makes no file that others may write to');
    $d->end;
};
subtest 'umask 077' => sub {
    my $d    = Mpechod->new;
    my $unix = $d->dir . '/echo.sock';
    $d->configure(listen => [ { path => $unix, mode => '0666' } ])->start(in_child => sub { umask 077 });
    is(sprintf('%04o', (stat $unix)[2] & 07777), '0666', 'a Unix socket has the mode of the config');
    $d->end;
};
finish();
