#!/usr/bin/perl
# A config given by a relative path is found again at a reload, though the daemon has left the directory.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d = Mpechod->new;
my $here = $d->{conf};
$d->{conf} = 'mpechod.conf';
$d->start(in_child => sub { chdir $d->dir or POSIX::_exit(125) });
$d->{conf} = $here;
is(readlink('/proc/' . $d->master . '/cwd'), '/', 'it runs in /');
ok($d->reload(timeout => { idle => 0.4 }), 'reloaded');
is(read_all($d->connect, 5), '', 'from that file');

finish();
