#!/usr/bin/perl
# A core dump is mentioned in the log.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use File::Temp ();
need_root();
need_command(qw(unshare mount chroot setpriv prlimit));
plan(skip_all => 'a sanitizer catches the signal') if sanitized();
plan(skip_all => 'cores go to a program or directory here') if slurp('/proc/sys/kernel/core_pattern') =~ m{^[|/]};

# The kernel puts a core into the working directory, which is / for a daemon, and nobody may write there. So / is a
# directory of our own here, into which all of the real one's are mounted, in a mount namespace of its own. And root's workers,
# which have changed their uid, do not dump (prctl(2), PR_SET_DUMPABLE), so that the whole daemon runs as nobody.
if (!$ENV{MPECHOD_TEST_NAMESPACE}) {
    need_namespace('mount', qw(-m true));
    local $ENV{MPECHOD_TEST_NAMESPACE} = 1;
    my $root = File::Temp->newdir('mpechod-root-XXXXXX', TMPDIR => 1);
    exit system('unshare', '-m', '--propagation', 'private', 'sh', '-ec', <<'END', 'sh', "$root", $^X, "$FindBin::Bin/$FindBin::Script") >> 8;
        root=$1; shift
        mount -t tmpfs -o mode=0777 mpechod "$root"
        for entry in /*; do
            if [ -L "$entry" ]; then cp -P "$entry" "$root$entry"
            elif [ -d "$entry" ]; then mkdir "$root$entry"; mount --rbind "$entry" "$root$entry"
            fi
        done
        exec chroot "$root" "$@"
END
}

my $d = Mpechod->new;
my ($uid, $gid) = (getpwnam('nobody'))[2, 3];
chown $uid, $gid, $d->dir;
$d->start(wrap => [ qw(prlimit --core=unlimited setpriv), "--reuid=$uid", "--regid=$gid", '--clear-groups' ]);
my ($victim) = $d->workers;
$d->expect(qr/worker $victim /);
kill SEGV => $victim;
$d->log_wait(qr/WARN \[\d+\] worker $victim \(slot \d+\) killed by SIGSEGV \(core dumped\)$/);
ok(glob('/core*'), 'there it is');

finish();
