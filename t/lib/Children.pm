# Children.pm: child processes that do not outlive their test. For the servers of the tests of mpecho.
package Children;
use v5.36;

my $main_pid = $$;
my %running;    # pid => 1

# In the parent, after a fork.
sub keep ($pid) { $running{$pid} = 1 }

# In a child: its siblings are not its own.
sub forget () { %running = () }

sub end ($pid) {
    return if !delete $running{$pid};
    kill KILL => $pid;
    waitpid $pid, 0;
}

END {
    local $?;
    if ($$ == $main_pid) { end($_) for keys %running }
}

1;
