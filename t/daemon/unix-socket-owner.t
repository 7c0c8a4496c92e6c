#!/usr/bin/perl
# A Unix socket's file: removed only while it is ours; its mode follows the config.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use IO::Socket::UNIX;
use Socket qw(SOCK_STREAM);

my $d    = Mpechod->new;
my $path = $d->dir . '/echo.sock';
my $mode = sub { sprintf '%04o', (lstat $path)[2] & 07777 };
$d->configure(listen => [ { path => $path, mode => '0600' }, { address => '127.0.0.1', port => 0 } ])->start;
is($mode->(), '0600', 'the mode of the config');
ok($d->reload(listen => [ { path => $path, mode => '0666' }, { address => '127.0.0.1', port => 0 } ]), 'reloaded');
is($mode->(), '0666', 'another one');

# A symbolic link in its place: nobody else's file gets our mode.
my $precious = $d->dir . '/precious';
spew($precious, '');
chmod 0600, $precious;
rename $path, "$path.away" or die $!;
symlink $precious, $path or die $!;
$d->expect(qr/not reloaded|WARN|cannot be opened anew: .*not a socket/);
$d->configure(listen => [ { path => $path, mode => '0606' }, { address => '127.0.0.1', port => 0 } ]);
$d->log_mark;
$d->signal('HUP');
$d->log_wait(qr/config (?:not )?reloaded/);
is(sprintf('%04o', (stat $precious)[2] & 07777), '0600', 'a file that a link points to keeps its mode');
unlink $path;
rename "$path.away", $path or die $!;

# At a stop the name is given up at once; who takes it then keeps it.
my $c = $d->connect("unix:$path");
echo_ok($c, 'hello');
$d->signal('TERM');
wait_ok(sub { !-e $path }, 5, 'a stop removes it at once');
my $successor = IO::Socket::UNIX->new(Type => SOCK_STREAM, Local => $path, Listen => 5) // die "$!";
echo_ok($c, 'on', 'a connection by it goes on');
end_ok($c);
is($d->wait_end, 0, 'exit status 0');
ok(connect_to("unix:$path"), 'its successor is still there');
close $successor;
unlink $path;

finish();
