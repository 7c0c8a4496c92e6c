# Strace.pm: look at the system calls of running processes, or make them fail, with strace(1).
#
#     my $strace = Strace->attach([$pid, ...], '-e', 'inject=accept4:error=EMFILE');
#     ... $strace->lines(qr/accept4/) ...
#     $strace->detach;
package Strace;
use v5.36;

use File::Temp ();
use Harness;
use Test::More;

# Skip the test where strace is missing or may not trace.
sub need () {
    need_command('strace');
    plan(skip_all => 'strace may not trace here') if run('strace', '-o', '/dev/null', 'true')->{status} ne '0';
}

# Start with this in the environment what shall end while it is traced: a sanitizer cannot look for leaks then.
sub bearable () { (ASAN_OPTIONS => ($ENV{ASAN_OPTIONS} // '') . ':detect_leaks=0') }

# strace's set of the system calls that make a process.
sub forks () { '/^(clone3?|v?fork)$' }

sub attach ($class, $pids, @options) {
    my @pids = ref $pids ? @$pids : ($pids);
    my $self = bless { dir => File::Temp->newdir('strace-XXXXXX', TMPDIR => 1) }, $class;
    $self->{pid} = spawn([ 'strace', '-o', "$self->{dir}/out", @options, map { ('-p', $_) } @pids ],
        stderr => "$self->{dir}/err");
    wait_until(sub { !grep { (status_of($_, 'TracerPid') // 0) != $self->{pid} } @pids })
      or die "strace cannot attach: ", slurp("$self->{dir}/err"), "\n";
    return $self;
}

# The calls that have ended, one a line. One that others interrupted is put together again.
sub lines ($self, $pattern = qr//) {
    my (@calls, %unfinished);
    for my $line (slurp("$self->{dir}/out") =~ /^(.*)\n/mg) {
        my $pid = $line =~ s/^(\d+) +/$1 / ? $1 : 0;
        next if $line =~ /<detached \.\.\.>$/;
        if ($line =~ s/ <unfinished \.\.\.>$//) { $unfinished{$pid} = $line; next }
        $line =~ s/^.*?<\.\.\. \w+ resumed>/delete $unfinished{$pid} \/\/ ''/e;
        push @calls, $line;
    }
    return grep { /$pattern/ } @calls;
}

sub detach ($self) {
    kill INT => $self->{pid};
    reap($self->{pid}) // die "strace does not let go\n";
    return $self;
}

1;
