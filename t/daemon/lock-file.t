#!/usr/bin/perl
# accept.lock_file: what is there already and is not ours stays as it is; the lock itself is in memory wherever the file is.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Socket qw(AF_UNIX SOCK_STREAM);
use Test::More;

my $d      = Mpechod->new;
my $victim = $d->dir . '/victim';

my %make = (
    'a file'      => sub { spew($victim, "precious\n") },
    'a FIFO'      => sub { POSIX::mkfifo($victim, 0600) },
    'a directory' => sub { mkdir $victim },
    'a link'      => sub { spew("$victim.target", 'x'); symlink "$victim.target", $victim },
    'a socket'    => sub { IO::Socket::UNIX->new(Type => SOCK_STREAM, Local => $victim, Listen => 1) },
    'a device'    => sub { run('mknod', $victim, qw(c 1 3))->{status} eq '0' },
);
my $why = qr/accept\.lock_file: \S+ is there already, and is not a lock file/;
for my $kind (sort keys %make) {
    my $kept = $make{$kind}->() or next;    # no device without root
    my @before = lstat $victim;
    my $run = run('timeout', 10, $Mpechod::PROGRAM, '-f', '-c', $d->{conf}, '-o', "accept.lock_file=$victim");
    is($run->{status}, 1, "$kind: it does not start");
    my $said = $run->{err} . join "\n", $d->log_lines($why);
    like($said, $why, 'says why');
    my @after = lstat $victim;
    is("@after[0 .. 7, 9]", "@before[0 .. 7, 9]", 'and leaves it alone');
    $d->expect($why);
    -d $victim && !-l $victim ? rmdir $victim : unlink $victim, "$victim.target";
}

# Likewise at a reload, the configuration itself included.
$d->start;
my $content = slurp($d->{conf});
for my $path ($d->log_file, $d->dir . '/other') {
    spew($path, "precious\n") if $path ne $d->log_file;
    $d->log_mark;
    $d->configure(accept => { lock_file => $path });
    $d->signal('HUP');
    $d->expect(qr/config not reloaded: .*lock_file/);
    ok($d->log_wait(qr/config not reloaded: .*accept\.lock_file/), 'not reloaded');
    ok(-s $path, 'and it is still there');
}
unlink $d->dir . '/other';
$d->configure(accept => { lock_file => $d->dir . '/accept.lock' });

# Where a file system could be frozen or full there is only a sign of it.
my ($worker) = $d->workers;
my ($mapped) = grep { /accept\.lock|mpechod accept lock/ } split /\n/, slurp("/proc/$worker/maps");
my $fs = run(qw(stat -f -c %T), $d->dir)->{out};
if ($fs =~ /tmpfs|ramfs/) {
    like($mapped, qr{/accept\.lock}, 'in memory the lock is in the file');
} else {
    like($mapped, qr{memfd:}, 'on a disk it is not');
    is(scalar(() = map { $d->{mark} = 0; $d->log_lines(qr/INFO .*lock is kept in memory: \S+accept\.lock/) } 1), 1, 'which is said once');
}
my $memory = $d->memory_dir;
if ($memory) {
    ok($d->reload(accept => { lock_file => "$memory/lock" }), 'a reload moves it');
    wait_ok(sub { my ($w) = $d->idle_workers; $w && slurp("/proc/$w/maps") =~ m{\Q$memory\E/lock} }, 5, 'into memory, where it is mapped');
    echo_ok($d->connect, 'hello');
    ok(!-e $d->dir . '/accept.lock', 'the sign is gone');
    is(join(' ', map { s{.*/}{}r } glob "$memory/*"), 'lock', 'nothing is beside it');
    $d->stop;
    is(join(' ', glob "$memory/*"), '', 'and nothing is left there');
}

finish();
