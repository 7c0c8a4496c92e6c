#!/usr/bin/perl
# An accept lock that is overwritten is replaced, with new workers; if that happens again and again, ever more slowly.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d    = Mpechod->new(pool => { start => 2, min_spare => 2, max_spare => 2, max_workers => 4 })->start;
my $path = $d->{config}{accept}{lock_file};
$d->expect(qr/lock is broken/, qr/exited with status 70/, qr/starting generation/, qr/slows down/, qr/killed by SIGKILL/,
    qr/ERROR .*the new workers die at once; /);    # if it is overwritten while they start

# As a lock that its dead owner left beyond repair: whoever takes it is told so. The holder, who sleeps, is made to go.
sub overwrite () {
    open my $lock, '+<', $path or return;
    print $lock pack 'i3', 0, 0, 0x7ffffffe;    # glibc: the lock word, a count, an owner that is "not recoverable"
    close $lock;
    kill KILL => $_ for $d->idle_workers;
}
overwrite();
ok($d->log_wait(qr/starting generation 2/), 'a new generation');
wait_ok(sub { $d->idle_workers >= 2 }, 10, 'with workers');
echo_ok($d->connect, 'hello', 'which serve');

my ($until, $inode) = (now() + 3, 0);
wait_until(sub {
    my $now = (stat $path)[1] // 0;
    if ($now != $inode) { $inode = $now; overwrite() }
    now() >= $until;
});
my $generations = () = $d->log_lines(qr/starting generation/);
cmp_ok($generations, '>', 2, 'it is tried again');
cmp_ok($generations, '<', 9, "but not without end: $generations generations in 3 s");
cmp_ok(scalar(() = $d->log_lines), '<', 100, 'the log stays bounded');
wait_ok(sub { my $c = $d->connect; defined $c && exchange($c, 'x', 1) eq 'x' }, 20, 'and in the end it serves');
finish();
