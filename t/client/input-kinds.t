#!/usr/bin/perl
# Whatever standard input is, it is read to its end; what cannot be read is an error: status 3.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use Mpecho;
use Fcntl qw(F_GETFL F_SETFL O_NONBLOCK O_RDONLY O_RDWR);
use POSIX qw(mkfifo);
use Socket;
use Test::More;

my $server = EchoServer->new(\&echo);
my @to  = $server->target;
my $dir = temp_dir();
my $all_well = { status => 0, out => 'hello', err => '' };

sub write_and_close ($handle) { syswrite $handle, 'hello'; close $handle }

pipe my $in, my $out or die "pipe: $!";
my $client = start_mpecho(@to, { stdin => $in });
write_and_close($out);
is_deeply(end_of($client), $all_well, 'a pipe');
ok(!(fcntl($in, F_GETFL, 0) & O_NONBLOCK), 'which still blocks');

mkfifo("$dir/fifo", 0600) or die "$dir/fifo: $!";
sysopen my $both, "$dir/fifo", O_RDWR or die "$dir/fifo: $!";
open $in, '<', "$dir/fifo" or die "$dir/fifo: $!";
$client = start_mpecho(@to, { stdin => $in });
write_and_close($both);
is_deeply(end_of($client), $all_well, 'a fifo');

socketpair $in, $out, AF_UNIX, SOCK_STREAM, PF_UNSPEC or die "socketpair: $!";
$client = start_mpecho(@to, { stdin => $in });
write_and_close($out);
is_deeply(end_of($client), $all_well, 'a socket');

# Another process may have made it so, and mpecho may meet a read that finds nothing.
pipe $in, $out or die "pipe: $!";
fcntl $in, F_SETFL, O_NONBLOCK or die "fcntl: $!";
$client = start_mpecho(@to, { stdin => $in });
write_and_close($out);
is_deeply(end_of($client), $all_well, 'a pipe that does not block');

open my $file, '+>', undef or die "temporary file: $!";
syswrite $file, 'hello';
sysseek $file, 0, 0;
is_deeply(mpecho(@to, { stdin => $file }), $all_well, 'a file');

# One socket for both, as inetd and socat hand it over.
socketpair my $ours, my $theirs, AF_UNIX, SOCK_STREAM, PF_UNSPEC or die "socketpair: $!";
$client = start_mpecho(@to, { stdin => $theirs, stdout => $theirs });
close $theirs;
syswrite $ours, 'hello';
shutdown $ours, 1;
is(EchoServer::receive($ours, 100), 'hello', 'a socket for both directions');
is(end_of($client)->{status}, 0, 'status 0');

sysopen my $directory, $dir, O_RDONLY or die "$dir: $!";
is_deeply(mpecho(@to, { stdin => $directory }),
    { status => 3, out => '', err => "mpecho: cannot read standard input: Is a directory\n" }, 'a directory');

$server->stop;
finish();
