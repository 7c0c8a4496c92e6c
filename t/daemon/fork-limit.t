#!/usr/bin/perl
# The limit of processes is reached: clients who find a worker are served, the others when there is room again.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

need_root();
need_command(qw(setpriv prlimit));

# Limits of processes do not bind root; so a user who has no other process. Four workers, the master and the logger may be.
my $uid = 60000 + $$ % 5000;
my $d   = Mpechod->new(pool => { start => 2, min_spare => 2, max_spare => 4, max_workers => 16 });
chown $uid, $uid, $d->dir, $d->{conf};
$d->expect(qr/ERROR \[\d+\] cannot fork a worker: Resource temporarily unavailable/);
$d->start(wrap => [ qw(prlimit --nproc=6: setpriv), "--reuid=$uid", "--regid=$uid", '--clear-groups' ]);

my @c = map { $d->connect } 1 .. 6;
$d->log_wait(qr/cannot fork a worker/);
echo_ok($c[$_], 'hello', 'client ' . ($_ + 1) . ' is served') for 0 .. 3;
ok(!IO::Select->new(@c[4, 5])->can_read(0), 'the others wait');
end_ok($c[0]);
echo_ok($c[4], 'hello', 'one of them has a place now');
set_limit($d->master, '--nproc=50:');
echo_ok($c[5], 'hello', 'and the last one, once fork works');
$d->log_wait(qr/forking works again/);
close $_ for @c;

finish();
