#!/usr/bin/perl
# A reload raises and lowers limits; no connection is cut by it, and finishing workers do not take the new ones' places.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d = Mpechod->new(pool => { max_workers => 8 }, timeout => { idle => 30 })->start;
my @c = map { $d->connect } 1 .. 6;
echo_ok($_, 'before') for @c;
my @busy = sort $d->busy_workers;
is(scalar @busy, 6, 'six are busy');

ok($d->reload(pool => { start => 1, min_spare => 1, max_spare => 1, max_workers => 2 }), 'lowered to two');
echo_ok($_, 'after') for @c;
is(join(' ', sort grep { alive($_) } @busy), "@busy", 'all six live');
my @new = map { $d->connect } 1, 2;
echo_ok($_, 'new', 'a new client is served beside them') for @new;

$d->expect(qr/max_workers \(2\) reached/);
my $third = $d->connect;
ok(!IO::Select->new($third)->can_read(0.3), 'a third has to wait');
$third->syswrite('third');
ok($d->reload(pool => { start => 2, min_spare => 2, max_spare => 4, max_workers => 16 }), 'raised');
is(read_some($third, 5), 'third', 'now it is served');
my @more = map { $d->connect } 1 .. 10;
echo_ok($_, 'more', 'and many more') for @more;
echo_ok($_, 'still') for @c, @new;
end_ok($_) for @c, @new, $third, @more;
wait_ok(sub { !grep { alive($_) } @busy }, 5, 'workers of old generations leave after their connection');

# timeouts are the worker's that serves: a new one's are the new ones.
ok($d->reload(timeout => { idle => 0.3 }), 'a shorter timeout');
is(read_all($d->connect, 3), '', 'is in force for new connections');

# The level of the log, and its target.
my @old = $d->workers;
$d->configure(log => { level => 'error' });
$d->signal('HUP');
wait_until(sub { !grep { alive($_) } @old });
echo_ok($d->connect, 'unheard');
$d->configure(log => { target => $d->dir . '/other.log', level => 'info' });
$d->signal('HUP');
wait_ok(sub { slurp($d->dir . '/other.log') =~ /config reloaded/ }, 5, 'another log');
$d->{mark} = 0;
echo_ok($d->connect, 'heard');
$d->log_wait(qr/in=5 /);
is(scalar(() = slurp($d->dir . '/log') =~ /in=7 /g), 0, 'log.level = "error": no access lines');

finish();
