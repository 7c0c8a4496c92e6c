#!/usr/bin/perl
# mpecho ping is stopped while it connects anew. The connection is made meanwhile, but later than a probe may take: the
# probe is sent now, and has its whole time from now on, but not more.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Select;
use IO::Socket::IP;
use Mpecho;
use Socket qw(SOCK_STREAM);
use Test::More;

my $listener = IO::Socket::IP->new(Type => SOCK_STREAM, LocalHost => '127.0.0.1', Listen => 1) or die "listen: $@";
my @to = ($listener->sockhost, $listener->sockport);
my $client = start_mpecho('ping', '-c', 2, '-i', 0.1, '-W', 0.4, @to);
my $first = $listener->accept;
sysread $first, my $probe, 64;

# Its next connection is to wait: the queue is full, until the kernel asks again, a second later.
my @queued = map { IO::Socket::IP->new(Type => SOCK_STREAM, PeerHost => $to[0], PeerPort => $to[1], Blocking => 0) } 1 .. 3;
syswrite $first, $probe;
ok(wait_for_output($client, qr/seq=1 time=/), 'the first probe is answered');
close $first;
my $connecting = sprintf ':%04X 02 ', $to[1];    # SYN_SENT, in /proc/net/tcp
ok(wait_until(sub { grep { inode_of($_) } grep { /$connecting/ } split /\n/, slurp('/proc/net/tcp') }), 'it connects anew');
halt($client->{pid});

sub inode_of ($line) {
    my $inode = (split ' ', $line)[9];
    return grep { (fd_of($client->{pid}, $_) // '') eq "socket:[$inode]" } 3 .. 20;
}

my %port_of = map { $_->sockport => 1 } @queued;
my $second;
while (!$second && IO::Select->new($listener)->can_read(10)) {
    my $peer = $listener->accept;
    if ($port_of{ $peer->peerport }) { push @queued, $peer }
    else { $second = $peer }
}
ok($second, 'and is taken while it is stopped');
kill CONT => $client->{pid};
my $begun = now();
ok(sysread($second, $probe, 64), 'the second probe is sent');
my $r = end_of($client, 10);
like($r->{out}, qr/^seq=2 lost: no reply from .* in time$/m, 'and, unanswered, is lost');
cmp_ok(now() - $begun, '<', 5, 'in time');
is($r->{status}, 1, 'status 1');
like($r->{err}, qr/\A.* closed the connection; the next message gets a new connection\n\z/, 'the first connection is told');
finish();
