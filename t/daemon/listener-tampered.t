#!/usr/bin/perl
# A worker can set options of the listening sockets that it shares, without any privilege, and some make a listener deaf for
# good, whatever becomes of the worker. The master sees it, and opens the listener anew.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use Fcntl qw(F_GETFL F_SETFL O_NONBLOCK);
use Socket qw(IPPROTO_IP IPPROTO_TCP PF_INET SOCK_STREAM SOL_SOCKET);

use constant { FIRST => 8, SO_ATTACH_FILTER => 26, SO_LOCK_FILTER => 44, IP_MINTTL => 21 };

need_socket_filter();
my $bound = 2.9;    # the default of accept.stall_timeout and 1 s, and a machine that has other things to do

# What an enemy in a worker can reach: pidfd_open(2) and pidfd_getfd(2) give us its socket.
sub steal ($pid, $fd) { descriptor_of($pid, $fd) // plan(skip_all => "pidfd_getfd: $!") }

sub drop_all ($socket) {
    my $code    = pack 'SCCL', 6, 0, 0, 0;                        # BPF_RET: keep nothing
    my $program = pack 'S x![P] P', 1, $code;
    setsockopt $socket, SOL_SOCKET, SO_ATTACH_FILTER, $program or die "SO_ATTACH_FILTER: $!";
    setsockopt $socket, SOL_SOCKET, SO_LOCK_FILTER, pack('i', 1) or die "SO_LOCK_FILTER: $!";
}

my %harm = (
    'a filter that drops all and is locked' => [ \&drop_all,                                                     'its filter' ],
    'a backlog of nothing'                  => [ sub ($s) { listen $s, 0 },                                      'the backlog' ],
    'connections end with a reset'          => [ sub ($s) { setsockopt $s, SOL_SOCKET, 13, pack('ii', 1, 0) },    'SO_LINGER' ],
    'packets from afar are dropped'         => [ sub ($s) { setsockopt $s, IPPROTO_IP, IP_MINTTL, pack('i', 255) }, 'IP_MINTTL' ],
    'receiving gives up at once'            => [ sub ($s) { setsockopt $s, SOL_SOCKET, 20, pack('qq', 0, 1) },    'SO_RCVTIMEO' ],
);

# Only segments that are signed get in (RFC 2385), where the kernel can do that: a key of three bytes for 127.0.0.0/8.
sub sign ($socket) {
    my $address = pack 'S n a4 x120', 2, 0, "\x7f\0\0\0";
    return setsockopt $socket, IPPROTO_TCP, 32, $address . pack('C C S i a80', 1, 8, 3, 0, 'abc');    # TCP_MD5SIG_EXT
}
socket my $probe, PF_INET, SOCK_STREAM, 0 or die $!;
$harm{'only signed segments get in'} = [ \&sign, 'a signature key' ] if sign($probe);

my @names = sort keys %harm;
my $d     = Mpechod->new(accept => { stall_timeout => 60 });
my $unix  = $d->dir . '/echo.sock';
$d->configure(listen => [ (map { { address => '127.0.0.1', port => 0 } } @names, 1), { path => $unix } ])->start;
$d->expect(qr/listener 127\.0\.0\.1:\d+ was broken \(a worker changed/);

my $busy = $d->connect($d->listening($#names + 1));
echo_ok($busy, 'before');
my ($worker) = $d->idle_workers;
my @inodes   = map { fd_of($worker, FIRST + $_) } 0 .. $#names + 1;
my @sockets  = map { steal($worker, FIRST + $_) } 0 .. $#names + 2;
# One makes its socket listen again as soon as the master has shut it down, to keep the address.
my ($stubborn) = grep { $names[$_] =~ /reset/ } 0 .. $#names;
my $rogue = start_child(sub { while (1) { listen $sockets[$stubborn], 5 } });
$harm{ $names[$_] }[0]->($sockets[$_]) or die "$names[$_]: $!" for 0 .. $#names;
my $begun = now();
for my $i (0 .. $#names) {
    my ($address, $option) = ($d->listening($i), $harm{ $names[$i] }[1]);
    ok($d->log_wait(qr/WARN \[\d+\] listener \Q$address\E was broken \(a worker changed \Q$option\E\): opened anew/),
        "$names[$i]: seen");
    ok(wait_until(sub { my $c = connect_to($address, Timeout => 0.3); $c && exchange($c, 'x', 1) eq 'x' }), '... served again');
}
cmp_ok(now() - $begun, '<', $bound, sprintf 'all are served again after %.2f s', now() - $begun);
wait_ok(sub {
    my @old = grep { my $w = $_; grep { (fd_of($w, FIRST + $_) // '') eq $inodes[$_] } 0 .. $#names } $d->idle_workers;
    $d->idle_workers && !@old;
}, 5, 'nobody that is idle has an old socket');
end_child($rogue);
is(fd_of(($d->idle_workers)[0], FIRST + @names), $inodes[-1], 'the listener that nobody touched is the same');
echo_ok($busy, 'after', 'and a connection that came by it lives through all of it');
end_ok($busy);

# A listener that blocks is made non-blocking again, without a new socket; the queue of a Unix socket cannot be read back, so its
# length is set again and again.
my ($inet, $local) = @sockets[-2, -1];
for my $socket ($inet, $local) {
    my $flags = fcntl $socket, F_GETFL, 0;
    fcntl $socket, F_SETFL, $flags & ~O_NONBLOCK or die $!;
    wait_ok(sub { fcntl($socket, F_GETFL, 0) & O_NONBLOCK }, $bound, 'a listener does not block any more');
}
my @stopped = $d->workers;
halt(@stopped);
listen $local, 0 or die $!;
my @queued;
wait_ok(sub { push @queued, connect_to("unix:$unix", Timeout => 0.2) // (); @queued > 4 }, $bound, 'five can wait at a Unix socket');
kill CONT => @stopped;
echo_ok($_, 'hello') for @queued;

finish();
