#!/usr/bin/perl
# A thousand workers that die at once: the master stays responsive, the log is bounded, and yet every death is counted.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

plan(skip_all => 'too large for a sanitizer') if sanitized();

use constant { MANY => 1200, NAMED => 1000 };

my $d = Mpechod->new(pool => { start => MANY, min_spare => 5, max_spare => MANY, max_workers => MANY })->start;
$d->expect(qr/killed by SIGKILL$/, qr/WARN \[\d+\] \d+ more workers died$/, qr/SIGUSR2/);
my @workers = grep { slurp("/proc/$_/comm") =~ /worker/ } split ' ', slurp(sprintf '/proc/%1$d/task/%1$d/children', $d->master);
is(scalar @workers, MANY, 'a large pool');
$d->log_mark;
kill KILL => @workers;
my $begun = now();
$d->signal('USR2');
$d->log_wait(qr/SIGUSR2/);
cmp_ok(now() - $begun, '<', 1, sprintf 'a request is answered after %.3f s', now() - $begun);
my $c = $d->connect;
echo_ok($c, 'hello', 'a client is served');
$d->signal('TERM');
end_ok($c);
is($d->wait_end, 0, 'it is stopped before all of them have been told of');
my $counted = sub {
    my $sum = 0;
    $sum += $_ for map { /(\d+) more workers died/ } $d->log_lines;
    return $sum;
};
my $named = sub { scalar(() = $d->log_lines(qr/worker \d+ \(slot \d+\) killed/)) };
is($named->() + $counted->(), MANY, 'every death is told of, once');
cmp_ok($named->(), '>=', NAMED, 'most by a line of their own');
cmp_ok($named->(), '<', NAMED + 150, 'but not all');
finish();
