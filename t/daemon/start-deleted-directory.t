#!/usr/bin/perl
# Started in a directory that has been removed, it works.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

for my $detach (0, 1) {
    my $d = Mpechod->new;
    my $gone = $d->dir . '/gone';
    mkdir $gone or die $!;
    $d->start(detach => $detach, in_child => sub { chdir $gone && rmdir $gone or POSIX::_exit(125) });
    echo_ok($d->connect, 'hello', $detach ? 'detached' : 'in the foreground');
    ok($d->reload, 'and reloads');
    is(readlink('/proc/' . $d->master . '/cwd'), '/', 'it runs in /');
}
finish();
