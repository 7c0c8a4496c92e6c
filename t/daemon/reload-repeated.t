#!/usr/bin/perl
# Many SIGHUPs in a row: the last one counts, none hurts, nothing leaks.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d = Mpechod->new->start;
my $c = $d->connect;
echo_ok($c, 'before');
my $fds    = sub { scalar(() = glob '/proc/' . $d->master . '/fd/*') };
my $before = $fds->();

for (1 .. 200) { $d->signal('HUP') }
$d->log_wait(qr/config reloaded/);
ok($d->reload(timeout => { idle => 0.4 }), 'and one more');
# A reload that was under way when the config changed may be the one that answered; the last signal is never lost.
wait_ok(sub { defined read_all($d->connect, 1) }, 5, 'the last config is in force');
echo_ok($c, 'after', 'a connection lives through all of it');
end_ok($c);
wait_ok(sub { $d->workers <= 4 }, 5, 'old generations are gone');
wait_ok(sub { $fds->() == $before }, 5, "the master's descriptors are as many as before");
echo_ok($d->connect, 'hello');

finish();
