#!/usr/bin/perl
# The pid file is written whole, and locked: a second instance is refused, and a stale number is never trusted.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Strace;
use Test::More;

use Fcntl qw(F_RDLCK F_SETLK F_WRLCK LOCK_EX LOCK_NB SEEK_SET);

my $d    = Mpechod->new;
my $path = $d->dir . '/mpechod.pid';

# A stale number, of somebody who has nothing to do with it.
my $bystander = spawn([qw(sleep 60)]);
spew($path, "$bystander\n");
$d->start;
ok(alive($bystander), 'a process whose number stood in the file is left alone');
is(slurp($path), $d->master . "\n", 'the file has the master\'s number');
is(sprintf('%04o', (stat $path)[2] & 07777), '0644', 'its mode');
is(join(' ', glob "$path?*"), '', 'no temporary file is left');

subtest 'a second instance' => sub {
    my $run = mpechod('-f', '-c', $d->{conf});
    is($run->{status}, 1, 'status 1');
    like($run->{err}, qr/\Q$path\E.*runs already/, 'and why');
    is(slurp($path), $d->master . "\n", 'the file is as it was');
    echo_ok($d->connect, 'hello', 'the first one is not disturbed');
    $d->expect(qr/ERROR \[\d+\] cannot start: .*runs already/);
};

subtest 'the number is forged' => sub {
    open my $file, '+<', $path or die $!;
    print {$file} "$bystander\n";
    close $file;
    is(mpechod('-f', '-c', $d->{conf})->{status}, 1, 'the lock tells, not the number');
    ok(alive($bystander), 'nobody is signalled');
};

subtest 'the file is removed' => sub {
    unlink $path;
    spew($path, "somebody else's\n");
    $d->signal('TERM');
    is($d->wait_end, 0, 'a stop');
    is(slurp($path), "somebody else's\n", 'does not remove a file that is not its own');
    unlink $path;
};

subtest 'what the file must not be' => sub {
    my $victim = $d->dir . '/precious';
    spew($victim, 'precious');
    symlink $victim, $path or die $!;
    my $run = mpechod('-f', '-c', $d->{conf});
    is($run->{status}, 1, 'a symbolic link is refused');
    like($run->{err}, qr/process\.pid_file: .*\Q$path\E/, 'and why');
    is(slurp($victim), 'precious', 'and not followed');
    unlink $path;

    mkdir $path or die $!;
    is(mpechod('-f', '-c', $d->{conf})->{status}, 1, 'a directory');
    rmdir $path;

    POSIX::mkfifo($path, 0600) or die $!;
    is(mpechod('-f', '-c', $d->{conf})->{status}, 1, 'a FIFO');
    ok(-p $path, '... is still there');
    unlink $path;
    $d->expect(qr/ERROR \[\d+\] cannot start: .*pid_file/);
};

subtest 'a reload moves it' => sub {
    $d->start;
    my $new = $d->dir . '/other.pid';
    ok($d->reload(process => { pid_file => $new }), 'reloaded');
    is(slurp($new), $d->master . "\n", 'the new file');
    ok(!-e $path, 'the old one is gone');
    is(mpechod('-f', '-c', $d->{conf})->{status}, 1, 'and the new one is locked');
    my $inode = (stat $new)[1];
    ok($d->reload, 'a reload that leaves it where it is');
    is((stat $new)[1] // 'gone', $inode, 'leaves it as it is');
    $d->stop;
};

subtest 'a file system that cannot rename without replacing' => sub {
    Strace::need();
    my @wrap = qw(strace -qq -f -o /dev/null -e trace=renameat2 -e inject=renameat2:error=EINVAL);
    my $plain = Mpechod->new->start(wrap => \@wrap, env => { Strace::bearable() });
    is(slurp($plain->dir . '/mpechod.pid'), $plain->master . "\n", 'has the file all the same');
    is(join(' ', glob $plain->dir . '/mpechod.pid?*'), '', 'and no other');
    $plain->end;
};

# Between looking at a stale file and locking it there is time for another daemon to put its own there.
subtest 'another daemon is faster' => sub {
    Strace::need();
    my $held = $d->{config}{process}{pid_file};
    spew($held, "1\n");
    $d->expect(qr/cannot start: .*runs already/);
    my @wrap = qw(strace -qq -f -o /dev/null -e trace=fcntl -e inject=fcntl:delay_enter=100000);
    $d->start(wrap => \@wrap, env => { Strace::bearable() }, no_wait => 1);
    wait_ok(sub { grep { (readlink // '') eq $held } map { glob "/proc/$_/fd/*" } $d->processes }, 20, 'it has opened the stale file');
    spew("$held.new", "$$\n");
    open my $file, '+<', "$held.new" or die $!;
    my $whole_file = pack('s2 x!8 q2 i x!8', F_WRLCK, SEEK_SET, 0, 0, 0);
    fcntl $file, F_SETLK, $whole_file or die $!;
    rename "$held.new", $held or die $!;
    is(exit_status(reap(delete $d->{child}, 20)), 1, 'it does not start');
    is(slurp($held), "$$\n", 'and leaves the other one in its place');
    unlink $held;
};

subtest 'none' => sub {
    my $old = $d->{config}{process}{pid_file};
    $d->start;
    ok($d->reload(process => { pid_file => '' }), 'a reload to none');
    ok(!-e $old, 'the file is gone');
    ok($d->reload, 'a reload that leaves it so');
    ok($d->reload(process => { pid_file => $old }), 'a reload to one again');
    is(slurp($old), $d->master . "\n", 'the file is there');
    $d->stop;
    $d->configure(process => { pid_file => '' });
    $d->start;
    echo_ok($d->connect, 'hello', 'it starts without one');
    $d->stop;
    $d->configure(process => { pid_file => $old });
};

subtest 'whoever may only read it cannot lock it' => sub {
    $d->start;
    my $held = $d->{config}{process}{pid_file};
    open my $reader, '<', $held or die "$held: $!";
    ok(flock($reader, LOCK_EX | LOCK_NB), 'locked by flock');
    $d->stop;
    spew($held, "1\n");
    open $reader, '<', $held or die "$held: $!";
    ok(flock($reader, LOCK_EX | LOCK_NB), 'also while it runs not');
    my $whole_file = pack('s2 x!8 q2 i x!8', F_RDLCK, SEEK_SET, 0, 0, 0);    # struct flock
    ok(fcntl($reader, F_SETLK, $whole_file), 'with a read lock beside it');
    ok($d->start, 'it starts all the same');
    is(mpechod('-f', '-c', $d->{conf})->{status}, 1, 'and is the only one');
    $d->stop;
};

subtest 'somebody removes it' => sub {
    $d->start;
    my $held = $d->{config}{process}{pid_file};
    $d->expect(qr/WARN \[\d+\] the pid file \Q$held\E was removed: written again/);
    unlink $held or die "$held: $!";
    ok($d->log_wait(qr/the pid file \Q$held\E was removed: written again/, 5), 'it is written again');
    is(slurp($held), $d->master . "\n", 'with the number');
    is(sprintf('%04o', (stat $held)[2] & 07777), '0644', 'and the mode');
    is(join(' ', glob "$held?*"), '', 'no temporary file is left');
    is(mpechod('-f', '-c', $d->{conf})->{status}, 1, 'and is locked: a second instance is refused');
    my @holds = grep { (readlink // '') =~ /\Q$held\E/ } glob '/proc/' . $d->master . '/fd/*';
    is(scalar @holds, 1, 'the old one is not held any more');
    spew("$held.mine", "somebody else's\n");
    rename "$held.mine", $held or die $!;
    let_pass(0.7);    # a tick
    is(slurp($held), "somebody else's\n", 'what somebody else puts there stays');
    unlink $held or die "$held: $!";
    wait_ok(sub { -e $held }, 5, 'until it is removed');
    $d->stop;
};

subtest 'its directory is none any more' => sub {
    my $run   = temp_dir();
    my $other = Mpechod->new(process => { pid_file => "$run/in/mpechod.pid" });
    mkdir "$run/in" or die $!;
    $other->start;
    rename "$run/in", "$run/away" or die $!;
    spew("$run/in", 'a file');
    let_pass(0.7);    # a tick
    is(join("\n", $other->log_lines(qr/pid file/)), '', 'it may come back: nothing is said');
    unlink "$run/in";
    rename "$run/away", "$run/in" or die $!;
    $other->end;
};

subtest 'none at all' => sub {
    my $none = Mpechod->new(process => { pid_file => '' });
    $none->start;
    echo_ok($none->connect, 'hello');
    is(join(' ', grep { /pid/ } glob $none->dir . '/*'), '', 'there is no pid file');
    ok($none->reload(process => { pid_file => $none->dir . '/some.pid' }), 'a reload makes one');
    is(slurp($none->dir . '/some.pid'), $none->master . "\n", 'with the number');
    ok($none->reload(process => { pid_file => '' }), 'another removes it');
    wait_ok(sub { !-e $none->dir . '/some.pid' }, 5, 'it is gone');
    $none->{config}{process}{pid_file} = undef;
    $none->stop;
};

kill KILL => $bystander;
reap($bystander);
finish();
