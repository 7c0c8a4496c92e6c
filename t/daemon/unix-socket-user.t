#!/usr/bin/perl
# A Unix socket has the user and the group of the configuration before anybody can see it; a reload changes them.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

need_root();

my $d    = Mpechod->new;
my $path = $d->dir . '/echo.sock';
my $is   = sub ($name, $user, $group, $mode) {
    my @st = lstat $path;
    is(sprintf('%d:%d %04o', @st[4, 5], $st[2] & 07777), "$user:$group $mode", $name);
};
my $listen = sub (%more) { [ { path => $path, mode => '0660', %more } ] };

$d->configure(listen => $listen->(user => '4711', group => '4712'))->start;
$is->('as configured', 4711, 4712, '0660');
my $inode = (lstat $path)[1];
ok($d->reload(listen => $listen->(group => '4713')), 'reloaded');
$is->('another group, and no user any more', 0, 4713, '0660');
is((lstat $path)[1], $inode, 'it is the same socket');

# Made anew at a tick, it has them again.
unlink $path or die $!;
$d->expect(qr/was broken \(its file was removed or replaced\)/);
wait_ok(sub { -S $path }, 5, 'a file that was removed comes back');
$is->('with its group', 0, 4713, '0660');
echo_ok($d->connect, 'hello');

finish();
