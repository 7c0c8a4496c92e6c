#!/usr/bin/perl
# Urgent data (TCP's out-of-band byte) is a byte like any other: it comes back in its place.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use Socket qw(MSG_OOB);

my $d = Mpechod->new->start;
my $c = $d->connect;
send_all($c, 'before ');
$c->send('!', MSG_OOB);
send_all($c, ' after');
is(read_some($c, 14), 'before ! after', 'in line');
end_ok($c);
$d->log_wait(qr/in=14 out=14 .*end=eof$/);

finish();
