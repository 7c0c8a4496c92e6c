# Harness.pm: what all tests stand on: time and waiting, files, processes, and the end. Mpechod.pm (the daemon) and
# Mpecho.pm (the client) export it all; the servers of the client's tests run by it, too.
#
# Nothing sleeps for a fixed time in order to wait for something: wait_until looks every 5 ms until a condition holds,
# and gives up after a bound. Bounds are generous where they only end a failing test; what is promised to happen
# *within* some time is measured with now(), and compared with something that tells it from its absence on a machine
# that is ten times slower, too.
package Harness;
use v5.36;

use Cwd ();
use Exporter 'import';
use File::Basename qw(dirname);
use File::Temp ();
use IO::Socket::IP;
use POSIX qw(:sys_wait_h);
use Socket ();
use Test::More;
use Time::HiRes ();

our @EXPORT = qw(
    now wait_until wait_ok let_pass timed
    need_root need_command set_limit
    need_socket_filter no_namespace need_namespace own_mount_namespace own_network_namespace set_up
    slurp spew temp_dir
    undisturbed spawn reap run exit_status start_child end_child free_port
    process alive halt status_of children processes_of fd_of descriptor_of
    finish
);

our $SOURCE = Cwd::abs_path(dirname(__FILE__) . '/../..');

my $main_pid = $$;
my %children;     # pid => 1: those that have not been reaped
my @at_finish;    # what Mpechod.pm and Mpecho.pm assert at the end of a test
$SIG{PIPE} = 'IGNORE';

# ---------------------------------------------------------------------------------------------------- time and waiting

# Seconds on a clock that nobody sets.
sub now () { Time::HiRes::clock_gettime(Time::HiRes::CLOCK_MONOTONIC()) }

# Look at a condition every 5 ms until it is true; return its value, or nothing after $seconds.
sub wait_until ($condition, $seconds = 10) {
    my $deadline = now() + $seconds;
    while (1) {
        my $late  = now() >= $deadline;
        my $value = $condition->();
        return $value if $value;
        return        if $late;
        Time::HiRes::sleep(0.005);
    }
}

# Let time pass, where a test is about what does not happen and there is no event to wait for.
sub let_pass ($seconds) { Time::HiRes::sleep($seconds) if $seconds > 0 }

# wait_until as a test.
sub wait_ok ($condition, $seconds, $name) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $value = wait_until($condition, $seconds);
    ok($value, $name) or diag("not within $seconds s");
    return $value;
}

# How many seconds something takes.
sub timed ($code) {
    my $begun = now();
    $code->();
    return now() - $begun;
}

# --------------------------------------------------------------------------------------------------- what a test needs

sub need_root () { plan(skip_all => 'needs root') if $> != 0 }

sub need_command (@names) {
    for my $name (@names) {
        plan(skip_all => "needs $name") if !grep { -x "$_/$name" } split(/:/, $ENV{PATH}), qw(/usr/sbin /sbin);
    }
}

# Why there can be no namespaces here, in the words of unshare(1), whose arguments are given; or nothing.
sub no_namespace ($kind, @unshare) {
    my $run = run('unshare', @unshare);
    return if $run->{status} eq '0';
    return "needs $kind namespaces: " . ($run->{err} =~ s/\s+\z//r || 'no unshare here');
}

sub need_namespace ($kind, @unshare) {
    if (my $why = no_namespace($kind, @unshare)) { plan(skip_all => $why) }
}

# Some kernels let only root attach a filter to a socket.
sub need_socket_filter () {
    my $socket  = IO::Socket::IP->new(Listen => 1, LocalHost => '127.0.0.1', LocalPort => 0) or die "socket: $@";
    my $keep    = pack 'SCCL', 6, 0, 0, 0xffffffff;    # BPF_RET: all of it
    my $program = pack 'S x![P] P', 1, $keep;
    setsockopt $socket, Socket::SOL_SOCKET, 26, $program or plan(skip_all => "needs socket filters (SO_ATTACH_FILTER): $!");
}

# Go on in a mount namespace of our own, so that nothing stays mounted whatever happens. Returns a directory to mount on.
sub own_mount_namespace () {
    return $ENV{MPECHOD_TEST_MOUNT} if $ENV{MPECHOD_TEST_MOUNT};
    need_root();
    need_command(qw(unshare mount));
    need_namespace('mount', qw(-m true));
    my $mount = File::Temp->newdir('mpechod-XXXXXX', TMPDIR => 1);
    chmod 0755, $mount;
    local $ENV{MPECHOD_TEST_MOUNT} = "$mount";
    my $status = system('unshare', '-m', '--propagation', 'private', $^X, Cwd::abs_path($0));
    undef $mount;
    exit($status & 127 || $status >> 8);
}

# Go on in a network namespace of our own, with a loopback interface that is up and with mounts of our own for ip-netns(8).
# Without root it is in a user namespace, where that is allowed.
sub own_network_namespace () {
    return if $ENV{MPECHOD_TEST_NETWORK};
    need_command(qw(unshare ip));
    my @options = ($> == 0 ? () : '-r', qw(-n -m --propagation private));
    need_namespace('network', @options, qw(ip link set lo up));
    local $ENV{MPECHOD_TEST_NETWORK} = 1;
    my $status = system('unshare', @options, 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', $^X, Cwd::abs_path($0));
    exit($status & 127 || $status >> 8);
}

# Run these commands of the shell, up to one that fails: true if none did.
sub set_up (@commands) {
    for (@commands) { system("{ $_; } >/dev/null 2>&1") == 0 or return }
    return 1;
}

# Set the soft limit of a running process, prlimit(1)'s way: set_limit($pid, '--nproc=5:'). Root may lack the capability to do so
# to others, but whose process it is may.
sub set_limit ($pid, $limit) {
    my ($uid, $gid) = map { (split ' ', status_of($pid, $_))[0] } qw(Uid Gid);
    my @as = $> == 0 ? ('setpriv', "--reuid=$uid", "--regid=$gid", '--clear-groups') : ();
    my $run = run(@as, 'prlimit', "--pid=$pid", $limit);
    die "prlimit: $run->{err}" if $run->{status} ne '0';
}

# --------------------------------------------------------------------------------------------------------------- files

sub slurp ($path) {
    open my $file, '<:raw', $path or return '';
    local $/;
    return scalar(<$file>) // '';
}

# Written beside the file and renamed, so that whoever reads it meanwhile finds the old text or the new one, whole.
sub spew ($path, $text) {
    open my $file, '>:raw', "$path.new" or die "$path.new: $!";
    print {$file} $text;
    close $file or die "$path.new: $!";
    rename "$path.new", $path or die "$path: $!";
}

# A directory for the test, gone at its end.
sub temp_dir () { File::Temp::tempdir('mpecho-XXXXXX', TMPDIR => 1, CLEANUP => 1) }

# ----------------------------------------------------------------------------------------------------- child processes

my $ENDING = POSIX::SigSet->new(POSIX::SIGINT, POSIX::SIGTERM, POSIX::SIGHUP);

# Run code, and let the signals that may end us wait for it: one that came between the birth of a child and the note of
# its pid would leave it behind.
sub undisturbed ($code) {
    my $before = POSIX::SigSet->new;
    POSIX::sigprocmask(POSIX::SIG_BLOCK, $ENDING, $before) or die "sigprocmask: $!";
    my $value = eval { $code->() };
    my $error = $@;
    POSIX::sigprocmask(POSIX::SIG_SETMASK, $before) or die "sigprocmask: $!";
    die $error if $error;
    return $value;
}

# What the suite's own caller may have left ignored, nohup(1) or a script's "make check &", is not passed on to programs.
my @RESET = qw(PIPE HUP INT QUIT TERM);

# fork, and note the child's pid. The child has no children to end, and holds no signal back, whatever its parent does.
sub fork_noted () {
    my $pid = undisturbed(sub {
        my $pid = fork // die "fork: $!";
        if   ($pid) { $children{$pid} = 1 }
        else        { %children = () }
        return $pid;
    });
    POSIX::sigprocmask(POSIX::SIG_UNBLOCK, $ENDING) if $pid == 0;
    return $pid;
}

# Start a program; returns its pid. stdin, stdout, stderr: names of files, or handles; env: more environment; program: what to
# execute if it is not the first word; in_child: code that runs just before, for odd circumstances.
sub spawn ($command, %how) {
    my $pid = fork_noted();
    if ($pid == 0) {
        $SIG{$_} = 'DEFAULT' for @RESET;
        %ENV = (%ENV, %{ $how{env} // {} });
        place(0, '<',  $how{stdin});
        place(1, '>>', $how{stdout});
        place(2, '>>', $how{stderr});
        $how{in_child}->() if $how{in_child};
        no warnings 'exec';
        exec { $how{program} // $command->[0] } @$command;
        POSIX::_exit(127);
    }
    return $pid;
}

# In a child: this descriptor is that file from now on, or that handle's.
sub place ($fd, $mode, $file) {
    if (!ref $file) {
        my $path = $file // '/dev/null';
        open $file = undef, $mode, $path or POSIX::_exit(126);
    }
    POSIX::dup2(fileno $file, $fd) // POSIX::_exit(126);
}

# Wait for the end of a child; returns its wait status, or nothing if it still runs after $seconds.
sub reap ($pid, $seconds = 10) {
    my $status;
    wait_until(sub { waitpid($pid, WNOHANG) == $pid && defined($status = $?) }, $seconds) or return undef;
    delete $children{$pid};
    return $status;
}

# A wait status as a shell has it: 128 + N for signal N.
sub exit_status ($status) {
    return !defined $status ? 'still running' : $status & 127 ? 128 + ($status & 127) : $status >> 8;
}

# Run a program to its end. Returns { status, out, err }; see exit_status.
sub run (@command) {
    my %how = ref $command[-1] ? %{ pop @command } : ();
    my $dir = File::Temp->newdir('mpechod-run-XXXXXX', TMPDIR => 1);
    my $pid = spawn(\@command, stdout => "$dir/out", stderr => "$dir/err", %how);
    my $status = exit_status(reap($pid, 20));
    end_child($pid);
    return { status => $status, out => slurp("$dir/out"), err => slurp("$dir/err") };
}

# Run code in a child, which is not to return; its alarm ends it if all else fails. Returns its pid.
sub start_child ($code) {
    my $who = caller;
    my $pid = fork_noted();
    if ($pid == 0) {
        $SIG{$_} = 'DEFAULT' for qw(ALRM TERM INT);
        alarm 120;
        eval { $code->(); 1 } or print STDERR "$who: $@";
        POSIX::_exit(1);
    }
    return $pid;
}

# End a child, unless it has been reaped.
sub end_child ($pid) {
    return if !$children{$pid};
    kill KILL => $pid;
    waitpid $pid, 0;
    delete $children{$pid};
}

# A port that nobody uses, outside the range from which the kernel gives ports to others.
sub free_port () {
    state $next = ($$ * 13) % 20000;
    while (1) {
        my $port = 10000 + $next++ % 20000;
        my $socket = IO::Socket::IP->new(Listen => 1, LocalHost => '::', LocalPort => $port, V6Only => 0)
          // IO::Socket::IP->new(Listen => 1, LocalHost => '0.0.0.0', LocalPort => $port);
        return $port if $socket;
    }
}

# --------------------------------------------------------------------------------------------------------- any process

# What /proc/PID/stat says: { pid, comm, state, ppid }, or nothing when there is no such process.
sub process ($pid) {
    my ($comm, $rest) = slurp("/proc/$pid/stat") =~ /\((.*)\) (.*)/s or return;
    my ($state, $ppid) = split ' ', $rest;
    return { pid => $pid, comm => $comm, state => $state, ppid => $ppid };
}

sub all_pids () {
    opendir my $proc, '/proc' or die "/proc: $!";
    return grep { /^\d+$/ } readdir $proc;
}

# The children of a process, zombies among them, as process() has them.
sub children ($pid) { grep { $_->{ppid} == $pid } map { process($_) // () } all_pids() }

# Every living process that has NAME=VALUE in its environment: those that descend from one that was started so.
sub processes_of ($name, $value) {
    return grep { slurp("/proc/$_/environ") =~ /(?:^|\0)\Q$name=$value\E(?:\0|$)/ && alive($_) } all_pids();
}

# A zombie is not alive: if its parent has died it may have to wait for init to be reaped.
sub alive ($pid) { (process($pid) // { state => 'X' })->{state} !~ /[ZX]/ }

# Stop processes, and wait until they have: each thread does when it has had the processor once more. True if all did.
sub halt (@pids) {
    kill STOP => @pids;
    return wait_until(sub { !grep { slurp($_) !~ /\) [Tt] [^)]*\z/ } map { glob("/proc/$_/task/*/stat") } @pids });
}

# A field of /proc/PID/status: status_of($pid, 'NoNewPrivs').
sub status_of ($pid, $field) { (slurp("/proc/$pid/status") =~ /^\Q$field\E:[ \t]*(.*?)[ \t]*$/m)[0] }

# What a descriptor of a process is: "socket:[123]", "/dev/null"; nothing if it is not open.
sub fd_of ($pid, $fd) { readlink "/proc/$pid/fd/$fd" }

# A descriptor of a process, as a handle of ours: what an enemy in that process could do to it. pidfd_open(2) and pidfd_getfd(2)
# have these numbers on every architecture. Nothing, and $!, where that is not allowed.
sub descriptor_of ($pid, $fd) {
    my $pidfd = syscall 434, $pid + 0, 0;
    my $got   = $pidfd >= 0 ? syscall 438, $pidfd, $fd + 0, 0 : -1;
    my $error = $!;
    POSIX::close($pidfd) if $pidfd >= 0;
    if ($got < 0) { $! = $error; return }
    open my $handle, '+<&=', $got or die "open: $!";
    return $handle;
}

# ------------------------------------------------------------------------------------------------------------- the end

# Call this at the end of the test, before it is seen whether any process is left.
sub at_finish ($code) { push @at_finish, $code }

# End the test: nothing is left behind.
sub finish () {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $_->() for @at_finish;
    is(waitpid(-1, WNOHANG), -1, 'no process is left behind');
    done_testing();
}

# However the test ends, no child of its survives it.
END {
    local ($?, $!, $@);
    if ($$ == $main_pid) { end_child($_) for keys %children }
}

1;
