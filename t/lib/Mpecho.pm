# Mpecho.pm: runs the client under test.
#
#     my $r = mpecho('127.0.0.1', $port, { input => "hello" });     # to its end
#     is($r->{status}, 0);  is($r->{out}, 'hello');  is($r->{err}, '');
#     my $client = start_mpecho('127.0.0.1', $port, { stdin => $pty->slave });
#     wait_for_output($client, qr/hello/);                          # of one that was started: what it has written so far
#     is(end_of($client)->{status}, 0);
#     finish();                                                     # nothing is left behind; done_testing
#
# Options: input: bytes to write to a pipe; stdin, stdout: a handle instead; in_child: code that runs just before the
# exec. By default the input is /dev/null, and the output is collected.
# $ENV{MPECHO}: the program, if it is not client/mpecho.
package Mpecho;
use v5.36;

use Cwd ();
use Exporter 'import';
use Fcntl qw(O_NONBLOCK O_WRONLY);
use File::Basename qw(dirname);
use File::Temp ();
use IO::Handle;
use IO::Select;
use POSIX qw(EAGAIN WNOHANG);
use Test::More;
use Time::HiRes ();

our @EXPORT = qw(mpecho start_mpecho wait_for_output end_of is_running awaits_int hears_int has_room fill echoes
  loses random_bytes now wait_until temp_dir finish);

our $SOURCE  = Cwd::abs_path(dirname(__FILE__) . '/../..');
our $PROGRAM = $ENV{MPECHO} ? Cwd::abs_path($ENV{MPECHO}) : "$SOURCE/client/mpecho";

my $main_pid = $$;
my %running;    # pid => 1
$SIG{PIPE} = 'IGNORE';
$ENV{TERM} = 'dumb';    # a terminal's own line editing, but for tests that say otherwise

sub now () { Time::HiRes::clock_gettime(Time::HiRes::CLOCK_MONOTONIC()) }

# Look every 5 ms until a condition holds; its value, or nothing after $seconds.
sub wait_until ($condition, $seconds = 10) {
    my $deadline = now() + $seconds;
    while (1) {
        my $value = $condition->();
        return $value if $value;
        return if now() >= $deadline;
        Time::HiRes::sleep(0.005);
    }
}

sub random_bytes ($count) {
    open my $random, '<:raw', '/dev/urandom' or die "/dev/urandom: $!";
    read($random, my $bytes, $count) == $count or die "/dev/urandom: $!";
    return $bytes;
}

# A directory for the test, gone at its end.
sub temp_dir () { File::Temp::tempdir('mpecho-XXXXXX', TMPDIR => 1, CLEANUP => 1) }

sub start_mpecho (@arguments) {
    my %how = ref $arguments[-1] eq 'HASH' ? %{ pop @arguments } : ();
    my ($stdin, $feed, $stdout, $collect) = @how{qw(stdin feed stdout collect)};
    if (defined $how{input}) { pipe $stdin, $feed or die "pipe: $!" }
    if (!$stdin)  { open $stdin, '<', '/dev/null' or die "/dev/null: $!" }
    if (!$stdout) { pipe $collect, $stdout or die "pipe: $!" }
    open my $stderr, '+>', undef or die "temporary file: $!";
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        $SIG{PIPE} = 'DEFAULT';
        my @files = ($stdin, $stdout, $stderr);
        POSIX::dup2(fileno $files[$_], $_) // POSIX::_exit(126) for 0 .. 2;
        $how{in_child}->() if $how{in_child};
        exec {$PROGRAM} 'mpecho', @arguments or POSIX::_exit(127);
    }
    $running{$pid} = 1;
    return { pid => $pid, feed => $feed, input => $how{input} // '', collect => $collect, stderr => $stderr,
        seen => '' };
}

# What was collected so far, as soon as it matches; nothing if it does not within $seconds.
sub wait_for_output ($client, $pattern, $seconds = 10) {
    my $deadline = now() + $seconds;
    until ($client->{seen} =~ $pattern) {
        my $left = $deadline - now();
        return if $left <= 0 || !IO::Select->new($client->{collect})->can_read($left);
        sysread $client->{collect}, $client->{seen}, 65536, length $client->{seen} or return;
    }
    return $client->{seen};
}

# Feed and collect until the program ends, at most $seconds. Returns { status, out, err }; status as a shell has it.
sub end_of ($client, $seconds = 20) {
    my $deadline = now() + $seconds;
    my $out = pump($client, $deadline);
    my $ended = wait_until(sub { waitpid($client->{pid}, WNOHANG) == $client->{pid} }, $deadline - now());
    my $status = !$ended ? 'still running' : $? & 127 ? 128 + ($? & 127) : $? >> 8;
    kill(KILL => $client->{pid}), waitpid($client->{pid}, 0) if !$ended;
    delete $running{ $client->{pid} };
    seek $client->{stderr}, 0, 0;
    local $/;
    return { status => $status, out => $out, err => readline($client->{stderr}) // '' };
}

sub pump ($client, $deadline) {
    my ($fed, $out, $feed, $collect) = (0, delete @{$client}{qw(seen feed collect)});
    $_ && $_->blocking(0) for $feed, $collect;
    while ($feed || $collect) {
        if ($feed && $fed == length $client->{input}) { close $feed; undef $feed; next }
        my $left = $deadline - now();
        last if $left <= 0;
        my ($readable, $writable) = IO::Select->select($collect && IO::Select->new($collect),
            $feed && IO::Select->new($feed), undef, $left);
        if ($writable && @$writable) {
            my $n = syswrite $feed, $client->{input}, 65536, $fed;
            if (defined $n) { $fed += $n }
            elsif ($! != EAGAIN) { undef $feed }    # it reads no more
        }
        if ($readable && @$readable) {
            my $n = sysread $collect, $out, 65536, length $out;
            undef $collect if defined $n ? $n == 0 : $! != EAGAIN;
        }
    }
    return $out;
}

sub mpecho (@arguments) { end_of(start_mpecho(@arguments)) }

# Of a pipe.
sub has_room ($pipe) {
    vec(my $set = '', fileno $pipe, 1) = 1;
    return select(undef, $set, undef, 0) > 0;
}

# To the last byte, so that not even a summary fits. Opened anew, so that it is not O_NONBLOCK for others.
sub fill ($pipe) {
    sysopen my $end, "/proc/self/fd/" . fileno $pipe, O_WRONLY | O_NONBLOCK or die "/proc: $!";
    1 while syswrite $end, '.';
}

# signals(7): does it wait for INT and the like, or let them end it? Neither before it has come so far.
sub awaits_int ($client) { (blocked_signals($client) // 0) & 1 << 1 }
sub hears_int  ($client) { !((blocked_signals($client) // 1 << 1) & 1 << 1) }

sub blocked_signals ($client) {
    open my $status, '<', "/proc/$client->{pid}/status" or return;
    my %status = map { /^(\w+):\s*(\S+)/ } readline $status;
    return if ($status{Name} // '') ne 'mpecho';
    return hex substr $status{SigBlk}, -8;
}

sub is_running ($client) { waitpid($client->{pid}, WNOHANG) == 0 }

# A test: what is sent comes back, and mpecho says that all is well.
sub echoes ($name, $input, @arguments) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $r = mpecho(@arguments, { input => $input });
    my $same = $r->{out} eq $input;
    ok($same && $r->{status} eq '0' && $r->{err} eq '', $name)
      or diag('output ', $same ? 'equals input' : 'differs', ", status $r->{status}, $r->{err}");
}

# A test: mpecho tells of this loss, and says what follows "mpecho: ".
sub loses ($name, $input, $message, @arguments) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $r = mpecho(@arguments, { input => $input });
    is($r->{err}, "mpecho: $message\n", $name);
    is($r->{status}, 1, "$name: status 1");
    return $r;
}

sub finish () {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is(waitpid(-1, WNOHANG), -1, 'no process is left behind');
    done_testing();
}

END {
    local $?;
    if ($$ == $main_pid) {
        for my $pid (keys %running) { kill KILL => $pid; waitpid $pid, 0 }
    }
}

1;
