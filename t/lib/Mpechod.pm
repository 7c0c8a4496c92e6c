# Mpechod.pm: the daemon under test. Starts the real mpechod in a directory of its own, talks to it over real sockets,
# looks at it through /proc, and at the end asserts that it stopped well, left nothing behind and logged nothing that
# the test had not announced. A test reads like this:
#
#     use FindBin; use lib "$FindBin::Bin/lib";
#     use Mpechod;
#
#     my $d = Mpechod->new(pool => { max_workers => 8 });   # writes a config: small defaults, and what is given here
#     $d->start;                                            # returns once clients can connect
#     echo_ok($d->connect, "hello", 'a word comes back');
#     kill KILL => $d->workers;
#     $d->expect(qr/killed by SIGKILL/);                    # no other warning is forgiven
#     $d->log_wait(qr/killed by SIGKILL/);
#     finish();                                             # stop, check, done_testing
#
# Time, files and processes: Harness.pm, all of which this exports as well.
#
# $ENV{MPECHOD}: the program, if it is not src/mpechod. $ENV{MPECHOD_KEEP}: keep the directories of failed tests.
package Mpechod;
use v5.36;

use Cwd ();
use Exporter 'import';
use File::Basename qw(dirname);
use File::Path ();
use File::Temp ();
use Harness;
use IO::Select;
use IO::Socket::IP;
use IO::Socket::UNIX;
use POSIX qw(:errno_h);
use Socket qw(IPPROTO_TCP SHUT_WR SOCK_STREAM TCP_NODELAY);
use Test::More;
use Time::HiRes ();

our @EXPORT = (@Harness::EXPORT, qw(
    mpechod sanitized
    connect_to exchange read_all read_some send_all echo_ok end_ok
));

our $PROGRAM = $ENV{MPECHOD} ? Cwd::abs_path($ENV{MPECHOD}) : "$Harness::SOURCE/src/mpechod";
our $BUILD   = dirname(dirname($PROGRAM));

my $main_pid = $$;
my @daemons;     # all that this test made

# --------------------------------------------------------------------------------------------------------- the program

sub mpechod (@arguments) { run($PROGRAM, @arguments) }

# Is the program built with sanitizers? Then memory and system calls are not what they are else.
sub sanitized () {
    state $sanitized = ($ENV{MPECHOD_SANITIZED} // '') eq 'yes' || slurp($PROGRAM) =~ /__asan_init/;
    return $sanitized;
}

# --------------------------------------------------------------------------------------------------------- connections

# Connect to "127.0.0.1:9190", "[::1]:9190", "*:9190" (by IPv4) or "unix:/path". Returns nothing, and $!, on failure.
sub connect_to ($address, %more) {
    if ($address =~ /^unix:(.*)/) {
        return IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $1, %more);
    }
    my ($host, $port) = $address =~ /^\[?(.*?)\]?:(\d+)$/;
    $host = '127.0.0.1' if $host eq '*';
    my $socket = IO::Socket::IP->new(PeerHost => $host, PeerPort => $port, Type => SOCK_STREAM, Timeout => 10, %more)
      // return;
    $socket->setsockopt(IPPROTO_TCP, TCP_NODELAY, 1);
    return $socket;
}

# Send bytes and at the same time receive as many. Returns what came, which is less on EOF, an error or after $seconds.
sub exchange ($socket, $bytes, $seconds = 20) {
    my ($sent, $got, $deadline) = (0, '', now() + $seconds);
    my $set = IO::Select->new($socket);
    $socket->blocking(0);
    while (length $got < length $bytes && (my $left = $deadline - now()) > 0) {
        my ($readable, $writable) = IO::Select->select($set, $sent < length $bytes ? $set : undef, undef, $left);
        if ($writable && @$writable) {
            my $n = syswrite $socket, $bytes, 65536, $sent;
            last if !defined $n && $! != EAGAIN;
            $sent += $n // 0;
        }
        if ($readable && @$readable) {
            my $n = sysread $socket, $got, 65536, length $got;
            last if defined $n ? $n == 0 : $! != EAGAIN;
        }
    }
    $socket->blocking(1);
    return $got;
}

# Send everything, however long the peer takes (up to $seconds); true if it went.
sub send_all ($socket, $bytes, $seconds = 20) {
    my ($sent, $deadline) = (0, now() + $seconds);
    while ($sent < length $bytes) {
        return if !IO::Select->new($socket)->can_write($deadline - now());
        my $n = $socket->syswrite($bytes, 65536, $sent) // return;
        $sent += $n;
    }
    return 1;
}

# Receive $wanted bytes, or all until EOF. Returns what came if that is how it ended. Nothing otherwise, and $!: ETIME after
# $seconds, EPIPE for an EOF that came too early, or what the kernel said, ECONNRESET say.
sub read_some ($socket, $wanted, $seconds = 20) {
    my ($got, $deadline) = ('', now() + $seconds);
    while (!defined $wanted || length $got < $wanted) {
        my $left = $deadline - now();
        if ($left <= 0 || !IO::Select->new($socket)->can_read($left)) { $! = ETIME; return }
        my $n = $socket->sysread($got, defined $wanted ? $wanted - length $got : 65536, length $got) // return;
        next if $n > 0;
        return $got if !defined $wanted;
        $! = EPIPE;
        return;
    }
    return $got;
}

sub read_all ($socket, $seconds = 20) { read_some($socket, undef, $seconds) }

# A test: what is sent comes back, byte for byte.
sub echo_ok ($socket, $bytes, $name = 'echo') {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $got = $socket ? exchange($socket, $bytes) : '(no connection)';
    ok($got eq $bytes, $name) or diag(sprintf 'sent %d bytes, got %d', length $bytes, length $got);
}

# A test: after our FIN nothing more comes, but theirs.
sub end_ok ($socket, $name = 'goodbye') {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $socket->shutdown(SHUT_WR);
    is(read_all($socket) // "error: $!", '', $name);
    close $socket;
}

# ------------------------------------------------------------------------------------------- the daemon: configuration

# Small, quick and away from everything else; what a test is about it sets itself.
sub defaults ($dir) {
    return (
        listen  => [ { address => '127.0.0.1', port => 0 } ],
        pool    => { start => 2, min_spare => 2, max_spare => 4, max_workers => 16 },
        accept  => { lock_file => "$dir/accept.lock" },
        timeout => { drain => 1 },
        log     => { target => "$dir/log", level => 'debug' },
        process => { pid_file => "$dir/mpechod.pid" },
    );
}

sub new ($class, %config) {
    my $dir = File::Temp::tempdir('mpechod-XXXXXX', TMPDIR => 1);
    chmod 0755, $dir;    # a worker is nobody
    my $self = bless { dir => $dir, conf => "$dir/mpechod.conf", config => {}, expected => [], mark => 0 }, $class;
    push @daemons, $self;
    $self->configure(defaults($dir));
    return $self->configure(%config);
}

sub dir ($self) { $self->{dir} }

# Change the config file: group => { key => value }; a value of undef leaves the key (or the group) out; \"text" is written as
# it stands.
sub configure ($self, %changes) {
    my $config = $self->{config};
    for my $group (keys %changes) {
        my $change = $changes{$group};
        $config->{$group} = ref $change eq 'HASH' ? { %{ $config->{$group} // {} }, %$change } : $change;
    }
    spew($self->{conf}, config_text($config));
    return $self;
}

sub config_text ($config) {
    my $text = '';
    for my $group (sort grep { defined $config->{$_} } keys %$config) {
        my $value = $config->{$group};
        if (ref $value eq 'ARRAY') {
            $text .= "$group = ( " . join(', ', map { config_group($_) } @$value) . " );\n";
        } else {
            $text .= "$group: " . config_group($value) . ";\n";
        }
    }
    return $text;
}

sub config_group ($group) {
    return '{ ' . join('', map { "$_ = " . config_value($_, $group->{$_}) . '; ' } sort grep { defined $group->{$_} } keys %$group)
      . '}';
}

sub config_value ($key, $value) {
    return $$value if ref $value;
    return $value  if $key ne 'mode' && $value =~ /^(?:-?\d+(?:\.\d+)?|true|false)$/;
    return '"' . $value =~ s/(["\\])/\\$1/gr . '"';
}

# ------------------------------------------------------------------------------------------------- the daemon: its life

# Start it, and wait until clients can connect. args: more arguments; wrap: a command to run it under; env, in_child: see spawn;
# detach: not in the foreground; no_wait: return at once.
sub start ($self, %how) {
    my @command = (@{ $how{wrap} // [] }, $how{program} // $PROGRAM, $how{detach} ? () : '-f', '-c', $self->{conf});
    $self->{mark}  = -s $self->log_file || 0;
    $self->{child} = spawn(
        [ @command, @{ $how{args} // [] } ],
        stdout   => "$self->{dir}/stdout",
        stderr   => "$self->{dir}/stderr",
        in_child => $how{in_child},
        env      => { MPECHOD_TEST => $self->{dir}, %{ $how{env} // {} } },
    );
    @$self{qw(master killed detached)} = (undef, 0, $how{detach});
    return $self if $how{no_wait};
    $self->wait_detached if $how{detach};
    return $self->wait_ready;
}

sub wait_detached ($self) {
    my $status = reap(delete $self->{child}, 20);
    die 'the command that should detach ', defined $status ? "ended with wait status $status" : 'did not return', "\n",
      $self->tail
      if !defined $status || $status != 0;
}

# Wait for the `ready:` line; from it come the addresses.
sub wait_ready ($self) {
    my $ended;
    my $line = wait_until(sub {
        $ended = defined $self->{child} && !alive($self->{child});
        ($self->log_lines(qr/(?:\] |"message":")ready: \d+ workers, /))[-1] // $ended;
    }, 20);
    die "mpechod did not start\n", $self->tail if !$line || $ended;
    $self->{listening} = [ split /, /, $line =~ /listening on ([^"]*)/ ? $1 : '' ];
    $self->{master}    = $self->find_master // die "no master to be found\n", $self->tail;
    return $self;
}

# Of the processes that descend from what start() spawned, and run the program, the one whose parent does not.
sub find_master ($self) {
    my %ours = map { $_ => 1 } grep { (readlink("/proc/$_/exe") // '') eq $PROGRAM } $self->processes;
    return (grep { my $p = process($_); $p && !$ours{ $p->{ppid} } } keys %ours)[0];
}

sub master ($self) { $self->{master} }

# Every process of this daemon, whatever its parent is by now.
sub processes ($self) { processes_of(MPECHOD_TEST => $self->{dir}) }

sub workers ($self) {
    return map { $_->{pid} } grep { $_->{state} !~ /[ZX]/ && $_->{comm} !~ /^mpechod-(?:logger|errand)$/ } children($self->{master});
}
sub logger ($self) { (map { $_->{pid} } grep { $_->{state} !~ /[ZX]/ && $_->{comm} eq 'mpechod-logger' } children($self->{master}))[0] }
sub zombies ($self) { map { $_->{pid} } grep { $_->{state} eq 'Z' } children($self->{master}) }

# Workers that have a connection, and that have none: descriptor 3 tells.
sub busy_workers ($self) { grep { (fd_of($_, 3) // '') =~ /^socket/ } $self->workers }
sub idle_workers ($self) { grep { !defined fd_of($_, 3) } $self->workers }

# The worker that has the accept turn, or 0: of those without a connection, the one that waits in poll(2), not for the lock.
sub turn_holder ($self) {
    return (grep { slurp("/proc/$_/wchan") =~ /poll/ } $self->idle_workers)[0] // 0;
}

# A directory in memory, in which the lock file is mapped; nothing if there is none.
sub memory_dir ($self) {
    return if (run(qw(stat -f -c %T /dev/shm))->{out} // '') !~ /^(?:tmpfs|ramfs)$/m;
    return $self->{memory} //= File::Temp->newdir('/dev/shm/mpechod-XXXXXX');
}

# The worker that serves this TCP connection: whose descriptor 3 is the server's end of it (proc_net_tcp.txt).
sub worker_of ($self, $socket) {
    my ($here, $there) = map { sprintf '%04X', $_ } $socket->peerport, $socket->sockport;
    return wait_until(sub {
        my ($row) = grep { $_->[1] =~ /:$here$/ && $_->[2] =~ /:$there$/ }
          map { [ split ' ' ] } map { split /\n/, slurp("/proc/net/$_") } qw(tcp tcp6);
        $row && (grep { (fd_of($_, 3) // '') eq "socket:[$row->[9]]" } $self->workers)[0];
    }) // die "no worker has that connection\n";
}

sub signal ($self, $name) { kill $name => $self->{master} or die "kill: $!" }

# Connect to one of its addresses (the first, unless one is given), or die.
sub connect ($self, $address = $self->{listening}[0], %more) {
    return connect_to($address, %more) // die "cannot connect to $address: $!\n";
}

sub listening ($self, $i = 0) { $self->{listening}[$i] }
sub port      ($self, $i = 0) { ($self->listening($i) =~ /:(\d+)$/)[0] }

# Change the configuration and have it read; true once it is in force. Sets the log's mark.
sub reload ($self, %changes) {
    $self->configure(%changes);
    $self->log_mark;
    $self->signal('HUP');
    return $self->log_wait(qr/(?:\] |"message":")config reloaded, generation \d+/);
}

# Wait until the daemon's own end; returns the wait status, or nothing after $seconds. Of a detached one the status is not to be
# had: 0 stands for gone.
sub wait_end ($self, $seconds = 20) {
    my $status;
    if (defined $self->{child}) {
        $status = reap($self->{child}, $seconds) // return;
        delete $self->{child};
    } else {
        wait_until(sub { !alive($self->{master}) }, $seconds) or return;
        $status = 0;
    }
    $self->{master} = undef;
    return $status;
}

# Stop it as an operator would, and check that all went well.
sub stop ($self, $signal = 'TERM', $seconds = 20) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $self->signal($signal);
    my $status = $self->wait_end($seconds);
    is($status // "still running after $seconds s", 0, "stopped by $signal: exit status 0");
    return $self->left_nothing;
}

# Kill the master as the kernel would.
sub kill_master ($self) {
    kill KILL => $self->{master};
    $self->wait_end;
    $self->{killed} = 1;
}

sub left_nothing ($self) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    wait_until(sub { !$self->processes }, 1);
    my @left = map { "$_ (" . (process($_) // { comm => 'gone' })->{comm} . ')' } $self->processes;
    my @paths = ($self->{config}{accept}{lock_file}, $self->{config}{process}{pid_file},
        map { /^unix:(.*)/ } @{ $self->{listening} // [] });
    push @left, grep { -e $_ || -l $_ } map { glob("$_ $_.*") } grep { length } @paths if !$self->{killed};
    is("@left", '', 'nothing left behind');
    return $self;
}

# ---------------------------------------------------------------------------------------------------- the daemon: its log

sub log_file ($self) {
    my $target = $self->{config}{log}{target} // 'stderr';
    return $target =~ m{^/} ? $target : "$self->{dir}/stderr";
}

# Look only at what is logged from here on.
sub log_mark ($self) { $self->{mark} = -s $self->log_file || 0 }

# The logger writes what it has received a few milliseconds later: wait until no more comes.
sub log_settle ($self) {
    my ($size, $before) = (-s $self->log_file // 0, -1);
    for (1 .. 50) {
        last if $size == $before;
        Time::HiRes::sleep(0.005);
        ($before, $size) = ($size, -s $self->log_file // 0);
    }
}

# Whole lines since the mark that match; all lines of a file that is new since then.
sub log_lines ($self, $pattern = qr//) {
    $self->log_settle;
    my $text = slurp($self->log_file);
    return grep { /$pattern/ } substr($text, $self->{mark} <= length $text ? $self->{mark} : 0) =~ /^(.*)\n/mg;
}

# A test unless it passes: wait for a line; returns the first that matches.
sub log_wait ($self, $pattern, $seconds = 10) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $line;
    return $line if wait_until(sub { ($line) = $self->log_lines($pattern) }, $seconds);
    fail("log line $pattern");
    diag("not within $seconds s");
    return;
}

# Announce warnings, or other lines, that this test will cause.
sub expect ($self, @patterns) { push @{ $self->{expected} }, @patterns }

my $text_line = qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (?:ERROR|WARN|INFO|DEBUG) \[\d+\] \S/;
my $json_line = qr/^\{"timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","level":"(?:error|warn|info|debug)","pid":\d+,.*\}$/;

# Whatever is in the log or on stderr must be a well-formed line below a warning, or announced. That finds what sanitizers
# print as well.
sub unexpected ($self) {
    my %files = map { $_ => 1 } $self->log_file, "$self->{dir}/log", "$self->{dir}/stderr", "$self->{dir}/stdout";
    my @lines;
    for my $line (map { split /\n/, slurp($_) } sort keys %files) {
        next if ($line =~ $text_line && $line !~ /^\S+ (?:ERROR|WARN) /);
        next if ($line =~ $json_line && $line !~ /"level":"(?:error|warn)"/);
        push @lines, $line if !grep { $line =~ $_ } @{ $self->{expected} };
    }
    return @lines;
}

sub tail ($self) {
    my $all = '';
    for my $path ($self->log_file, "$self->{dir}/stderr") {
        my @lines = split /\n/, slurp($path);
        splice @lines, 0, -40 if @lines > 40;
        $all .= join("\n", "--- $path", @lines) . "\n" if @lines;
    }
    return $all;
}

# ------------------------------------------------------------------------------------------------------------ the end

# End one daemon: stop it if it runs, see that it left nothing and logged nothing unexpected.
sub end ($self) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return if $self->{ended}++;
    defined $self->{master} ? $self->stop : $self->left_nothing;
    my @unexpected = $self->unexpected;
    ok(!@unexpected, 'nothing unexpected was logged') or diag(join "\n", @unexpected);
    diag($self->tail) if !Test::More->builder->is_passing;
}

Harness::at_finish(sub { $_->end for @daemons });

# However the test ends, none of its processes survives it, and no directory.
END {
    if ($$ == $main_pid) {
        local ($?, $!, $@);
        my $failed = !Test::More->builder->is_passing || grep { !$_->{ended} } @daemons;
        for my $daemon (@daemons) {
            for (1 .. 100) {
                my @left = $daemon->processes or last;
                kill CONT => @left;
                kill KILL => @left;
                Time::HiRes::sleep(0.01);
            }
        }
        for my $daemon (@daemons) {
            next if $failed && $ENV{MPECHOD_KEEP};
            File::Path::remove_tree($daemon->{dir}, { safe => 0, error => \my $ignored });
        }
    }
}

1;
