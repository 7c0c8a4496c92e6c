# Machine.pm: what the benchmark runs on: processors, kernel, limits, memory. Called by run. Nothing here fails: what the
# kernel does not tell is '' or 0.
package Machine;
use v5.36;

use Harness qw(run slurp);
use POSIX ();

sub describe () {
    my $cpuinfo = slurp('/proc/cpuinfo');
    my ($model) = $cpuinfo =~ /^(?:model name|Model|cpu model)\s*:\s*(.*)/m;
    return {
        cores     => 0 + run('nproc')->{out},
        processor => ($model // (POSIX::uname())[4]) =~ s/\((?:R|TM)\)//gr =~ s/\s+/ /gr,
        virtual   => $cpuinfo =~ /^flags\s*:.*\bhypervisor\b/m ? \1 : \0,
        kernel    => 'Linux ' . ((POSIX::uname())[2] =~ /^(\d+(?:\.\d+)*)/)[0],
        system    => slurp('/etc/os-release') =~ /^PRETTY_NAME="?([^"\n]*)/m ? $1 : '',
        memory_mib => int(meminfo('MemTotal') / 1024),
        somaxconn => 0 + slurp('/proc/sys/net/core/somaxconn'),
    };
}

# In a few words, with no name of it.
sub words ($machine) {
    return sprintf '%d-core %s (%s), %s', $machine->{cores}, ${ $machine->{virtual} } ? 'virtual machine' : 'machine',
      @$machine{qw(processor kernel)};
}

# KiB
sub meminfo ($field) { slurp('/proc/meminfo') =~ /^$field:\s+(\d+)/m ? $1 : 0 }

# Less than a tenth of it is left: better to stop than to have the kernel choose whom to kill.
sub memory_is_short () { meminfo('MemAvailable') < meminfo('MemTotal') / 10 }

# May a process have so many descriptors? Raises our own limit where we may, which what we start inherits.
sub allow_descriptors ($needed) {
    my $hard = sub { (slurp('/proc/self/limits') =~ /^Max open files\s+\S+\s+(\d+)/m)[0] // 0 };
    run('prlimit', "--pid=$$", "--nofile=$needed:$needed") if $hard->() < $needed && $> == 0;
    return $hard->() >= $needed;
}

# KiB that a process costs: its share of its pages (Pss, see proc(5)), its page tables, and its kernel stack, which is 16 KiB
# on most. Nothing if we may not look.
sub memory_of ($pid) {
    my ($pages) = slurp("/proc/$pid/smaps_rollup") =~ /^Pss:\s+(\d+)/m or return;
    my ($tables) = slurp("/proc/$pid/status") =~ /^VmPTE:\s+(\d+)/m or return;
    return $pages + $tables + 16;
}

1;
