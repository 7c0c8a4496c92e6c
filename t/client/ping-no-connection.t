#!/usr/bin/perl
# mpecho ping: what does not resolve or connect: status 2, soon, and a message that says what was tried.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Socket::IP;
use Mpecho;
use Socket qw(SOCK_STREAM);
use Test::More;

my $bound = IO::Socket::IP->new(Type => SOCK_STREAM, LocalHost => '127.0.0.1', LocalPort => 0) or die "socket: $@";
my $closed = $bound->sockport;
for my $case (
    [ 'no connection', qr/cannot connect to 127\.0\.0\.1:$closed: Connection refused/, '127.0.0.1', $closed ],
    [ 'no address',    qr/cannot resolve 256\.1\.1\.1 port 9190: .+/,                 '256.1.1.1' ],
    [ 'no such kind of address', qr/cannot resolve 127\.0\.0\.1 port 9190: .+/, '-6', '127.0.0.1' ],
) {
    my ($name, $message, @arguments) = @$case;
    my $r = mpecho('ping', @arguments);
    is($r->{status}, 2, "$name: status 2");
    like($r->{err}, qr/\Ampecho: $message\n\z/, "$name: why");
    is($r->{out}, '', "$name: no output");
}

# A queue that nobody accepts from, and full.
my $full = IO::Socket::IP->new(Type => SOCK_STREAM, LocalHost => '127.0.0.1', Listen => 1) or die "socket: $@";
my @queued = map {
    IO::Socket::IP->new(Type => SOCK_STREAM, PeerHost => '127.0.0.1', PeerPort => $full->sockport, Blocking => 0)
} 1 .. 4;
for my $option ('-W', '-w') {
    my $begun = now();
    my $r = mpecho('ping', $option, 0.3, '127.0.0.1', $full->sockport);
    is($r->{status}, 2, "no answer, $option: status 2");
    like($r->{err}, qr/\Ampecho: cannot connect to 127\.0\.0\.1:\d+: Connection timed out\n\z/, "no answer, $option: why");
    cmp_ok(now() - $begun, '<', 9, "no answer, $option: in time, which else would be 10 s");
}

finish();
