#!/usr/bin/perl
# Whatever dies, and however many at once, no zombie lasts.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d = Mpechod->new(pool => { start => 30, min_spare => 30, max_spare => 40, max_workers => 60 })->start;
$d->expect(qr/killed by SIGKILL/);

# Who dies within a second of its start makes the master careful: another test's subject.
sub grown_up () { my $then = now() + 1.05; wait_until(sub { now() > $then }) }

grown_up();
my @victims = $d->workers;
kill KILL => @victims;
wait_ok(sub { !$d->zombies && !grep { alive($_) } @victims }, 2, 'thirty die at once');
wait_ok(sub { $d->idle_workers >= 30 }, 2, 'and are replaced at once');

# Many die for one SIGCHLD: while the master stands still signals do not queue.
grown_up();
@victims = $d->workers;
halt($d->master);
kill KILL => @victims;
wait_until(sub { $d->zombies == @victims });
kill CONT => $d->master;
wait_ok(sub { !$d->zombies }, 2, 'none is left after the master stood still meanwhile');
wait_ok(sub { $d->idle_workers >= 30 }, 2, 'and the pool is whole again');
echo_ok($d->connect, 'hello');

finish();
