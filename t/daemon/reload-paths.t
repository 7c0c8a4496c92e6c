#!/usr/bin/perl
# A reload may move the lock file, and the log; what was there before is removed.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d = Mpechod->new->start;
my ($old, $new) = ($d->{config}{accept}{lock_file}, $d->dir . '/other.lock');
my $c = $d->connect;
echo_ok($c, 'before');
ok($d->reload(accept => { lock_file => $new }), 'reloaded');
ok(-e $new, 'the new lock file');
echo_ok($d->connect, 'hello');
echo_ok($c, 'after', 'a connection of the generation that has the old one goes on');
end_ok($c);
wait_ok(sub { !-e $old }, 5, 'then the old one is removed');
is(sprintf('%04o', (stat $new)[2] & 07777), '0600', 'nobody else may write to it');
unlink $new;
echo_ok($d->connect, 'hello', 'somebody removed it: no matter') for 1 .. 3;
ok($d->reload, 'a reload makes it again');
ok(-e $new, '... there it is');

finish();
