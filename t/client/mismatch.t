#!/usr/bin/perl
# What comes back and is not what was sent: mpecho says where and of which kind, and exits with 1.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use Mpecho;
use Test::More;

my $size  = 3 << 20;
my $bytes = random_bytes($size);
substr $bytes, $_, 2, 'ab' for 0, 1_234_567, $size - 2;

# A server whose echo is $code->($reply), once it has the byte at $offset; what else it sends is true.
sub bad_server ($offset, $code) {
    return EchoServer->new(sub ($peer) {
        echo($peer, sub ($bytes, $begin) {
            my $at = $offset - $begin;
            return $bytes if $at < 0 || $at >= length $bytes;
            return substr($bytes, 0, $at) . $code->(substr $bytes, $at);
        });
    });
}

sub tells ($name, $offset, $code, $message) {
    my $server = bad_server($offset, $code);
    my $r = loses($name, $bytes, "at offset $message", $server->target);
    my $right = $message =~ /^(\d+)/ ? $1 : 0;
    ok(substr($r->{out}, 0, $right) eq substr($bytes, 0, $right), "$name: what is right is written");
    $server->stop;
}

my $middle = 1_234_567;
my $last   = $size - 1;
my $change = sub ($rest) { (substr($rest, 0, 1) ^. "\x20") . substr $rest, 1 };
my $drop   = sub ($rest) { substr $rest, 1 };
my $add    = sub ($rest) { "+++$rest" };

tells('first byte changed',  0,       $change, '0: changed: sent 0x61, received 0x41');
tells('a byte changed',      $middle, $change, "$middle: changed: sent 0x61, received 0x41");
tells('last byte changed',   $last,   $change, "$last: changed: sent 0x62, received 0x42");
tells('first byte missing',  0,       $drop,   '0: missing: 1 of the bytes sent');
tells('a byte missing',      $middle, $drop,   "$middle: missing: 1 of the bytes sent");
tells('last byte missing',   $last,   $drop,
    "$last: missing: 1 of the bytes sent: the server closed the connection");
tells('bytes before all',    0,       $add,    '0: extra: 3 of the bytes received');
tells('bytes in the middle', $middle, $add,    "$middle: extra: 3 of the bytes received");
tells('bytes after all',     $last,   sub ($rest) { "$rest+++" }, "$size: extra: 3 of the bytes received");

subtest 'short input' => sub {
    my %bad = (
        'one letter changed'  => [ sub { 'hellO' },  4, 'changed: sent 0x6f, received 0x4f' ],
        'all letters changed' => [ sub { 'HELLO' },  0, 'changed: sent 0x68, received 0x48' ],
        'one letter missing'  => [ sub { 'helo' },   3, 'missing: 1 of the bytes sent' ],
        'one letter more'     => [ sub { 'heello' }, 2, 'extra: 1 of the bytes received' ],
        'all of it twice'     => [ sub { 'hellohello' }, 5, 'extra: 5 of the bytes received' ],
    );
    for my $name (sort keys %bad) {
        my ($reply, $offset, $message) = @{ $bad{$name} };
        my $server = EchoServer->new(sub ($peer) { receive($peer, 5); send_all($peer, $reply->()) });
        my $r = loses($name, 'hello', "at offset $offset: $message", $server->target);
        is($r->{out}, $reply->(), "$name: what came is written");
        $server->stop;
    }
};

subtest 'a server that speaks first' => sub {
    my $server = EchoServer->new(sub ($peer) { send_all($peer, "220 ready\r\n"); echo($peer) });
    my $r = loses('a greeting', '', 'at offset 0: extra: 11 of the bytes received', $server->target);
    is($r->{out}, "220 ready\r\n", 'is written, too');
    $server->stop;
};

finish();
