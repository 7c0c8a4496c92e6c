#!/usr/bin/perl
# A Unix socket's file: a stale one is replaced, a live one and any other file are left alone.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use IO::Socket::UNIX;
use Socket qw(SOCK_STREAM);

my $d    = Mpechod->new;
my $path = $d->dir . '/echo.sock';
$d->configure(listen => [ { path => $path, mode => '0600' } ]);

close(IO::Socket::UNIX->new(Type => SOCK_STREAM, Local => $path, Listen => 1) // die $!);
ok(-S $path, 'a socket that nobody answers at');
$d->start;
echo_ok($d->connect, 'hello', 'is replaced');

# Without its file nobody can reach it: it is made anew.
$d->expect(qr/WARN \[\d+\] listener unix:\S+ was broken \(its file was removed or replaced\): opened anew/);
unlink $path or die $!;
wait_ok(sub { -S $path }, 5, 'a file that was removed comes back');
echo_ok($d->connect, 'hello', 'with the socket');
is(sprintf('%04o', (stat $path)[2] & 07777), '0600', 'and its mode');
$d->log_wait(qr/was broken/);
unlink $path or die $!;
ok($d->reload, 'reloaded without its file');
echo_ok($d->connect, 'hello', 'is there again');
my $kept = (stat $path)[1];
ok($d->reload, 'reloaded with it');
is((stat $path)[1], $kept, 'is kept');
$d->stop;
ok(!-e $path, 'and is gone at the end');

$d->expect(qr/ERROR \[\d+\] cannot start: /);
sub refused_ok ($name, $pattern) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $run = mpechod('-f', '-c', $d->{conf});
    is($run->{status}, 1, "$name: refused");
    like($run->{err}, $pattern, '... and why');
}

my $server = IO::Socket::UNIX->new(Type => SOCK_STREAM, Local => $path, Listen => 5) // die $!;
my $inode  = (stat $path)[1];
refused_ok('a socket that somebody listens at', qr/\Q$path\E/);
is((stat $path)[1], $inode, 'it is still there');
ok(connect_to("unix:$path"), 'and works');
my @queue;
while (my $client = IO::Socket::UNIX->new(Type => SOCK_STREAM)) {
    $client->blocking(0);
    last if !connect $client, Socket::pack_sockaddr_un($path);
    push @queue, $client;
}
refused_ok('a socket that somebody listens at, and whose queue is full', qr/somebody listens at \Q$path\E/);
is((stat $path)[1], $inode, 'it is there as well');
close $server;
unlink $path;

spew($path, 'precious');
refused_ok('a file', qr/\Q$path\E.*not a socket/);
is(slurp($path), 'precious', 'it is as it was');
unlink $path;

symlink '/nowhere', $path or die $!;
refused_ok('a symbolic link', qr/\Q$path\E/);
ok(-l $path, 'it is still there');
unlink $path;

# The longest path that there can be, and others that leave hardly any room in the directory's name.
for my $name ('x', 'xy', 'x' x 7, 'x' x 50) {
    my $directory = $d->dir . '/';
    $directory .= 'd' x (107 - length("$directory/$name")) . '/';
    mkdir $directory or die $!;
    $d->configure(listen => [ { path => "$directory$name" } ])->start;
    echo_ok($d->connect("unix:$directory$name"), 'hello', 'the longest path, of which ' . length($name) . ' bytes are the name');
    is(join(' ', map { s{.*/}{}r } glob "$directory* $directory.[!.]*"), $name, 'is alone there');
    $d->stop;
    rmdir $directory or die "$directory: $!";
}

my $long = $d->dir . '/' . 'x' x 100;
my $run  = mpechod('-t', '-c', '/dev/null', '-l', "unix:$long");
is($run->{status}, 78, 'a path that is too long for a socket is a bad config');
like($run->{err}, qr/107 bytes/, '... and why');

finish();
