#!/usr/bin/perl
# A log file is appended to, made with 0640, written line by line; USR1 reopens it, and loses nothing.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d = Mpechod->new;
spew($d->log_file, "an old line\n");
$d->expect(qr/^an old line$/);
$d->start;
like(slurp($d->log_file), qr/^an old line\n2/, 'what was there stays');

my $flags = oct((slurp('/proc/' . $d->logger . '/fdinfo/2') =~ /^flags:\s*(\d+)/m)[0]);
ok($flags & POSIX::O_APPEND(), 'opened with O_APPEND');

# logrotate: rename, then USR1. A connection that lives across it is logged too.
my $busy = $d->connect;
echo_ok($busy, 'before');
my $old = $d->log_file . '.1';
rename $d->log_file, $old or die $!;
echo_ok($d->connect, 'in between');
wait_ok(sub { slurp($old) =~ /in=10 / }, 5, 'until USR1 the renamed file is written to');
$d->log_mark;
$d->signal('USR1');
wait_ok(sub { -e $d->log_file }, 5, 'USR1 makes a new one');
is(sprintf('%04o', (stat $d->log_file)[2] & 07777), '0640', 'with mode 0640');
wait_ok(sub {
    exchange($d->connect, 'afterwards!') eq 'afterwards!' or return;
    wait_until(sub { slurp($d->log_file) =~ /in=11 / }, 0.2);
}, 5, 'new connections are logged there');
echo_ok($busy, ' and after', 'a connection lives through it');
end_ok($busy);
wait_ok(sub { (slurp($old) . slurp($d->log_file)) =~ /in=16 out=16 .*end=eof/ }, 5, 'and is logged');
wait_ok(sub { !grep { /log\.1/ } map { readlink // '' } map { glob "/proc/$_/fd/*" } $d->processes }, 5, 'nobody holds the old file');

subtest 'a file that ends within a line' => sub {
    my ($path, $before) = ($d->dir . '/half', $d->log_file);
    spew($path, 'half a line');
    $d->expect(qr/^half a line$/);
    ok($d->reload(log => { target => $path }), 'reloaded');
    wait_ok(sub { slurp($path) =~ /\n2/ }, 5, 'is written to');
    like(slurp($path), qr/^half a line\n2/, 'and its line is not ours to finish');
    ok($d->reload(log => { target => $before }), 'reloaded');
};

subtest 'a log that cannot be reopened' => sub {
    $d->expect(qr/log not reopened: /);
    rename $d->log_file, "$old.2" or die $!;
    mkdir $d->log_file or die $!;
    $d->signal('USR1');
    wait_ok(sub { slurp("$old.2") =~ /log not reopened: .*\Q${\ $d->log_file }\E/ }, 5, 'is said in the old one');
    echo_ok($d->connect, 'and on');
    rmdir $d->log_file;
    $d->signal('USR1');
    wait_ok(sub { -f $d->log_file }, 5, 'and made good by the next USR1');
};

subtest 'a symbolic link is not followed' => sub {
    rename $d->log_file, "$old.3" or die $!;
    symlink $d->dir . '/elsewhere', $d->log_file or die $!;
    $d->signal('USR1');
    wait_ok(sub { slurp("$old.3") =~ /log not reopened: / }, 5, 'refused');
    ok(!-e $d->dir . '/elsewhere', 'nothing was made there');
    unlink $d->log_file;
    $d->signal('USR1');
    wait_ok(sub { -f $d->log_file }, 5, 'reopened');
};

finish();
