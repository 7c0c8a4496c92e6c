# Peer.pm: the servers that the benchmark compares: what each needs to run, its version, how it is configured. Called by
# run. Each listens on a port of its own on 127.0.0.1, has a directory of its own, and is started either
#
#     Peer->start($name, $dir, pool => 40);        # with so many processes that wait for clients, or
#     Peer->start($name, $dir, clients => 1000);   # cold, as its defaults have it, but for a limit that lets all in
#
# start and what it needs die with a reason. end, or the end of the program, ends all processes of a server, by pid. Root
# starts them as nobody. Not here: what is measured.
package Peer;
use v5.36;

use Harness qw(alive children free_port processes_of reap run slurp spawn spew undisturbed wait_until);
use IO::Socket::IP;
use Mpechod ();
use POSIX ();

our @NAMES = qw(mpechod bare apache xinetd socat);

# title: for people; about: for the notes; needs: dies unless it can be run; version; command: of ($self), writes its
# configuration and returns what to execute; ours: built here; idle: has processes that wait for clients.
my %kinds = (
    mpechod => {
        title => 'mpechod', about => 'mpechod', ours => 1, idle => 1, command => \&mpechod,
        needs => sub { program($Mpechod::PROGRAM) }, version => sub { output($Mpechod::PROGRAM, '-V') },
    },
    bare => {
        title => 'bare loop', about => 'a bare loop around accept, recv, send; pre-forked, in a burst a fork a client',
        ours => 1, idle => 1, command => \&bare,
        needs => sub { program(bare_program()) }, version => sub { 'of this source' },
    },
    apache => {
        title => 'Apache', about => 'Apache httpd, prefork, mod_echo', idle => 1, command => \&apache,
        needs => sub { apache_modules() }, version => sub { output(apache_program(), '-v') =~ m{Apache/(\S+)} ? $1 : '' },
    },
    xinetd => {
        title => 'xinetd', about => "xinetd's internal echo, a fork a client", command => \&xinetd,
        needs => sub { found('xinetd') },
        version => sub { output(found('xinetd'), '-version') =~ /(\d+(?:\.\d+)+)/ ? $1 : '' },
    },
    socat => {
        title => 'socat', about => 'socat TCP-LISTEN,fork PIPE, a fork a client', command => \&socat,
        needs => sub { found('socat') },
        version => sub { output(found('socat'), '-V') =~ /socat version (\S+)/ ? $1 : '' },
    },
);

sub title    ($name) { $kinds{$name}{title} }
sub about    ($name) { $kinds{$name}{about} // $name }
sub has_idle ($name) { $kinds{$name}{idle} }
sub version  ($name) { $kinds{$name}{version}->() =~ s/\s+\z//r }

# Why it cannot be run here, or nothing.
sub missing ($name) {
    return 'no such server' if !$kinds{$name};
    return if eval { $kinds{$name}{needs}->(); 1 };
    return $@ =~ s/\n\z//r;
}

# ------------------------------------------------------------------------------------------------------- looking around

sub program ($path) { -x $path ? $path : die "not built\n" }

sub find (@names) {
    return (grep { -x } map { my $dir = $_; map { "$dir/$_" } @names } split(/:/, $ENV{PATH}), qw(/usr/sbin /sbin))[0];
}

sub found ($name) { find($name) // die "not installed\n" }

sub bare_program () { "$Mpechod::BUILD/t/bench/bare" }

sub output (@command) {
    my $run = run(@command);
    return "$run->{out}$run->{err}";
}

sub apache_program () { find('apache2', 'httpd') // die "not installed\n" }

# The module files it needs. Some builds have prefork or unixd built in; Debian and Fedora ship prefork as a module.
sub apache_modules () {
    apache_program();
    my ($dir) = grep { -e "$_/mod_echo.so" } map { ("$_/apache2/modules", "$_/httpd/modules") } qw(/usr/lib /usr/lib64);
    die "mod_echo is not installed\n"   if !$dir;
    die "its prefork is not installed\n" if !-e "$dir/mod_mpm_prefork.so";
    return map { -e "$dir/mod_$_.so" ? [$_, "$dir/mod_$_.so"] : () } qw(mpm_prefork unixd echo);
}

# ------------------------------------------------------------------------------------------------------------- commands

# As many as asked for, ready and waiting; or the default pool, with room for all.
sub pool ($self) {
    my $n = $self->{pool};
    return (start => $n, min => 5, max => $n, workers => $n + 10) if $n;
    return (start => 5, min => 5, max => 10, workers => $self->{clients} + 50);
}

sub mpechod ($self) {
    my ($dir, %pool) = ($self->{dir}, pool($self));
    my %set = (
        'pool.start'       => $pool{start},
        'pool.min_spare'   => $pool{min},
        'pool.max_spare'   => $pool{max},
        'pool.max_workers' => $pool{workers},
        'accept.lock_file' => "$dir/accept.lock",
        'process.pid_file' => "$dir/pid",
        'timeout.drain'    => 1,
        'log.access'       => 'true',     # as operators have it, though the others write no line for a connection
        'log.target'       => "$dir/log",
    );
    return $Mpechod::PROGRAM, '-f', '-c', '/dev/null', '-l', "127.0.0.1:$self->{port}",
      map { ('-o', "$_=$set{$_}") } sort keys %set;
}

sub bare ($self) {
    return bare_program(), $self->{pool} ? ('prefork', $self->{port}, $self->{pool}) : ('fork', $self->{port});
}

sub apache ($self) {
    my ($dir, %pool) = ($self->{dir}, pool($self));
    my $modules = join '', map { "LoadModule $_->[0]_module $_->[1]\n" } apache_modules();
    spew("$dir/conf", <<"END");
ServerRoot $dir
${modules}ServerName localhost
Listen 127.0.0.1:$self->{port}
PidFile $dir/pid
ErrorLog $dir/error
ProtocolEcho On
StartServers $pool{start}
MinSpareServers $pool{min}
MaxSpareServers $pool{max}
ServerLimit $pool{workers}
MaxRequestWorkers $pool{workers}
ListenBacklog 4096
END
    return apache_program(), '-f', "$dir/conf", '-DFOREGROUND';
}

sub xinetd ($self) {
    spew("$self->{dir}/conf", <<"END");
defaults
{
    instances = UNLIMITED
    per_source = UNLIMITED
    cps = 1000000 1
}
service echo
{
    type = INTERNAL UNLISTED
    id = echo-stream
    socket_type = stream
    protocol = tcp
    port = $self->{port}
    bind = 127.0.0.1
    wait = no
    disable = no
}
END
    return found('xinetd'), '-f', "$self->{dir}/conf", '-dontfork', '-pidfile', "$self->{dir}/pid";
}

sub socat ($self) {
    return found('socat'), "TCP-LISTEN:$self->{port},bind=127.0.0.1,fork,reuseaddr,backlog=4096,nodelay", 'PIPE';
}

# ------------------------------------------------------------------------------------------------------------- its life

my %running;    # directory => server

sub start ($class, $name, $dir, %how) {
    mkdir $dir or die "$dir: $!\n";
    my $self = bless { name => $name, dir => $dir, port => free_port(), %how }, $class;
    my @command = $kinds{$name}{command}->($self);
    $running{$dir} = $self;
    # Ours give up root by themselves, since nobody else may be able to reach where they were built. A session of its own: ^C
    # is for us, and we end it.
    my $user = !$kinds{$name}{ours} && $> == 0 && [ getpwnam 'nobody' ];
    chown @$user[2, 3], $dir, glob "$dir/*" if $user;
    undisturbed(sub {
        $self->{pid} = spawn(\@command, stdout => "$dir/out", stderr => "$dir/err",
            env => { MPECHO_BENCH => $dir }, in_child => sub { POSIX::setsid(); become($user) if $user });
    });
    eval { $self->wait_up; 1 } or do { my $reason = $@; $self->end; die $reason };
    return $self;
}

sub become ($user) {
    my ($uid, $gid) = @$user[2, 3];
    ($(, $)) = ($gid, "$gid $gid");
    POSIX::setgid($gid) && POSIX::setuid($uid) or POSIX::_exit(126);
}

# Until clients can connect, and as many wait for them as were asked for.
sub wait_up ($self) {
    my $wanted = $self->{pool} && has_idle($self->{name}) ? $self->{pool} : 0;
    my $up = wait_until(sub {
        alive($self->{pid}) or die "it did not start: ", $self->last_words, "\n";
        IO::Socket::IP->new(PeerHost => '127.0.0.1', PeerPort => $self->{port}, Timeout => 1) && $self->workers >= $wanted;
    }, 20);
    die "it was not ready after 20 s\n" if !$up;
}

sub last_words ($self) {
    my @lines = map { split /\n/, slurp("$self->{dir}/$_") } qw(out error err);
    return $lines[-1] // 'it says nothing';
}

sub port    ($self) { $self->{port} }
sub workers ($self) { map { $_->{pid} } children($self->{pid}) }

# Politely, then not. What it leaves behind goes too: every process that has our mark in its environment.
sub end ($self) {
    my $pid = delete $self->{pid};
    kill TERM => $pid if $pid;
    if ($pid && !defined reap($pid, 5)) {
        kill KILL => $pid;
        reap($pid);
    }
    wait_until(sub {
        my @left = processes_of(MPECHO_BENCH => $self->{dir});
        kill KILL => @left;
        return !@left;
    }, 20);
    delete $running{ $self->{dir} };
}

sub end_all () { $_->end for values %running }

1;
