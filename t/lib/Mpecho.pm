# Mpecho.pm: runs the client under test.
#
#     my $r = mpecho('127.0.0.1', $port, { input => "hello" });     # to its end
#     is($r->{status}, 0);  is($r->{out}, 'hello');  is($r->{err}, '');
#     my $client = start_mpecho('127.0.0.1', $port, { stdin => $pty->slave });
#     wait_for_output($client, qr/hello/);                          # of one that was started: what it has written so far
#     is(end_of($client)->{status}, 0);
#     finish();                                                     # see below; done_testing
#
# finish fails the test if a client wrote something to standard error and nobody looked at {err}, or if a process is left
# behind. Time, files and processes: Harness.pm, all of which this exports as well.
#
# Options: input: bytes to write to a pipe; stdin, stdout: a handle instead; in_child: code that runs just before the
# exec. By default the input is /dev/null, and the output is collected.
# $ENV{MPECHO}: the program, if it is not client/mpecho.
package Mpecho;
use v5.36;

use Cwd ();
use Exporter 'import';
use Fcntl qw(O_NONBLOCK O_WRONLY);
use Harness;
use IO::Handle;
use IO::Select;
use POSIX qw(EAGAIN);
use Socket ();
use Test::More;

our @EXPORT = (@Harness::EXPORT, qw(
    mpecho mpecho_where cannot_replace need_localhost start_mpecho wait_for_output end_of is_running blocks_int int_ends_it
    has_room fill echoes loses random_bytes
));

our $PROGRAM = $ENV{MPECHO} ? Cwd::abs_path($ENV{MPECHO}) : "$Harness::SOURCE/client/mpecho";

my %unread;    # pid => what mpecho wrote to standard error and nobody has looked at
$ENV{TERM} = 'dumb';    # a terminal's own line editing, but for tests that say otherwise

sub random_bytes ($count) {
    open my $random, '<:raw', '/dev/urandom' or die "/dev/urandom: $!";
    read($random, my $bytes, $count) == $count or die "/dev/urandom: $!";
    return $bytes;
}

sub start_mpecho (@arguments) {
    my %how = ref $arguments[-1] eq 'HASH' ? %{ pop @arguments } : ();
    my ($stdin, $stdout, $feed, $collect) = @how{qw(stdin stdout)};
    if (defined $how{input}) { pipe $stdin, $feed or die "pipe: $!" }
    if (!$stdout) { pipe $collect, $stdout or die "pipe: $!" }
    open my $stderr, '+>', undef or die "temporary file: $!";
    my $pid = spawn([ 'mpecho', @arguments ], program => $PROGRAM, stdin => $stdin, stdout => $stdout, stderr => $stderr,
        in_child => $how{in_child});
    return { pid => $pid, arguments => \@arguments, feed => $feed, input => $how{input} // '', collect => $collect,
        stderr => $stderr, seen => '' };
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

# Feed and collect until the program ends, at most $seconds. Returns { status, out, err }; see exit_status.
sub end_of ($client, $seconds = 20) {
    my $deadline = now() + $seconds;
    my ($pid, $stderr) = @$client{qw(pid stderr)};
    my $out    = pump($client, $deadline);
    my $status = exit_status(reap($pid, $deadline - now()));
    end_child($pid);
    seek $stderr, 0, 0;
    my $err = do { local $/; readline($stderr) // '' };
    $unread{$pid} = "mpecho @{ $client->{arguments} }: $err" if $err ne '';
    tie my %r, 'Mpecho::Result', sub { delete $unread{$pid} };
    %r = (status => $status, out => $out, err => $err);
    return \%r;
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

# mpecho where a file of the system has another text: mpecho_where('/etc/hosts', $text, 'ping', ...). For whoever may.
sub mpecho_where ($path, $text, @arguments) {
    my $file    = temp_dir() . '/file';
    my $program = $PROGRAM;
    local $PROGRAM = '/usr/bin/unshare';
    spew($file, $text);
    return mpecho('-m', 'sh', '-c', 'mount --bind "$0" "$1" && shift && exec "$@"', $file, $path, $program, @arguments);
}

# Why that is not possible, or nothing.
sub cannot_replace ($path) {
    return 'needs root' if $> != 0;
    return "needs $path to put another in its place" if !-e $path;
    return no_namespace('mount', qw(-m true));
}

# In a chroot without /etc/hosts it may have no address.
sub need_localhost ($tests) {
    my ($error) = Socket::getaddrinfo('localhost', 0);
    skip("localhost has no address here: $error", $tests) if $error;
}

# Can more be written to this pipe without waiting?
sub has_room ($pipe) {
    vec(my $set = '', fileno $pipe, 1) = 1;
    return select(undef, $set, undef, 0) > 0;
}

# To the last byte, so that not even a summary fits. Opened anew, so that it is not O_NONBLOCK for others.
sub fill ($pipe) {
    sysopen my $end, "/proc/self/fd/" . fileno $pipe, O_WRONLY | O_NONBLOCK or die "/proc: $!";
    1 while syswrite $end, '.';
}

# Is SIGINT blocked, as mpecho reads it from a descriptor; or would it end mpecho? Neither before it has been executed.
sub blocks_int ($client) { (blocked_signals($client) // 0) & 1 << 1 }
sub int_ends_it  ($client) { !((blocked_signals($client) // 1 << 1) & 1 << 1) }

sub blocked_signals ($client) {
    return if (status_of($client->{pid}, 'Name') // '') ne 'mpecho';
    return hex substr status_of($client->{pid}, 'SigBlk') // '', -8;
}

sub is_running ($client) { alive($client->{pid}) }

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

# What nobody has asked for is not expected. That finds what sanitizers print as well.
Harness::at_finish(sub { is(join('', values %unread), '', 'nothing was written to standard error but what was looked at') });

# A hash that calls a function when its err is read.
package Mpecho::Result;
require Tie::Hash;
our @ISA = 'Tie::ExtraHash';

sub FETCH ($self, $key) {
    my ($result, $looked) = @$self;
    $looked->() if $key eq 'err';
    return $result->{$key};
}

1;
