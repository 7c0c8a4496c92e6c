#!/usr/bin/perl
# Where nothing can be written, no capability is left and the user has no name: two keys leave out what it would write.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

need_root();
need_command(qw(unshare mount setpriv));

my $d    = Mpechod->new(log => { target => 'stderr' }, process => { pid_file => '' }, accept => { lock_file => '' });

# The whole tree is mounted again, read-only, with an empty read-only /dev/shm, and is the root of what is started in it.
my $script = <<'END';
mount --make-rprivate / &&
for m in $(awk '{ print $5 }' /proc/self/mountinfo | sort -u); do
    case $m in /proc|/proc/*|/sys|/sys/*) ;; *) mount -o remount,bind,ro "$m" ;; esac
done
mount -t tmpfs -o ro,mode=0555 none /dev/shm
! touch / "$MPECHOD_TEST" 2>/dev/null || exit 9
exec setpriv --reuid=65532 --regid=65532 --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs "$@"
END
my @wrap = (qw(unshare --mount sh -c), $script, 'sh');
my $can  = run(@wrap, 'true', { env => { MPECHOD_TEST => $d->dir } });
plan(skip_all => "the root cannot be made read-only here: status $can->{status} $can->{err}") if $can->{status} ne '0';

chmod 0644, $d->{conf};
$d->start(wrap => \@wrap);
echo_ok($d->connect, 'hello', 'it serves');
is((split ' ', status_of($d->master, 'Uid'))[0], 65532, 'as that user');
is(status_of($d->master, 'CapEff'), '0' x 16, 'without capabilities');
ok($d->reload(pool => { max_spare => 5 }), 'a reload');
echo_ok($d->connect, 'hello', 'it serves still');

finish();
