#!/usr/bin/perl
# What the server is not to blame for costs it no patience: input that comes late, output that is not taken.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use IO::Select;
use Mpecho;
use Test::More;

my ($server, $other) = map { EchoServer->new(\&echo) } 1 .. 2;

sub stays ($client, $name) { let_pass(0.9); ok(is_running($client), $name) }

pipe my $stdin, my $feed or die "pipe: $!";
my $late = start_mpecho('-W0.5', $server->target, { stdin => $stdin });
close $stdin;
syswrite $feed, 'hello';

my $much = random_bytes(6 << 20);
my $path = temp_dir() . '/input';
open my $file, '+>:raw', $path or die "$path: $!";
print {$file} $much;
close $file or die "$path: $!";
open $file, '<', $path or die "$path: $!";
my $blocked = start_mpecho('-W0.5', $other->target, { stdin => $file });

stays($late, 'waits for input');
syswrite $feed, ' again';
close $feed;
is_deeply(end_of($late), { status => 0, out => 'hello again', err => '' }, 'late input comes back');

ok(is_running($blocked), 'waits until its output is taken');
my $r = end_of($blocked);
ok($r->{out} eq $much, 'late output is complete');
is($r->{status}, 0, 'status 0');
is($r->{err}, '', 'nothing to say');

# While nobody takes the output, the input is still sent.
pipe my $tell, my $told or die "pipe: $!";
my $third = EchoServer->new(sub ($peer) {
    my $bytes = receive($peer, 200_000);
    send_all($peer, substr $bytes, 0, 6000);    # so that not all of the next piece has room in the pipe
    wait_for_go();
    send_all($peer, substr $bytes, 6000);
    syswrite $told, receive($peer, 5);
});
pipe $stdin, $feed or die "pipe: $!";
my $unread = start_mpecho($third->target, { stdin => $stdin });
close $stdin;
syswrite $feed, substr $much, 0, 200_000;
ok(IO::Select->new($unread->{collect})->can_read(10), 'the first of it comes back');
$third->go;
let_pass(0.2);
syswrite $feed, 'later';
ok(IO::Select->new($tell)->can_read(10), 'what is typed while the output is not taken is sent');
close $feed;
$r = end_of($unread);
ok($r->{out} eq substr($much, 0, 200_000), '... and the output is complete');
is($r->{status}, 1, '... though not what the server swallowed');
like($r->{err}, qr/offset 200000: missing: 5 /, '... which is told');
$third->stop;

$_->stop for $server, $other;
finish();
