#!/usr/bin/perl
# log.target = "syslog": lines go to /dev/log; a logger that hangs, is restarted or is gone holds up nothing.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use IO::Socket::UNIX;
use Socket qw(SOCK_DGRAM);
# With a /dev/log of our own.
my $mount = own_mount_namespace();
my $port = free_port();
my $d    = Mpechod->new(
    listen => [ { address => '127.0.0.1', port => $port } ],
    log    => { target => undef },                             # of a daemon that detaches syslog is the default
    pool   => { max_workers => 4 },
);
is(run('mount', '-t', 'tmpfs', '-o', 'mode=0755', 'mpechod', $mount)->{status}, 0, 'a /dev of our own');
for my $name (qw(null zero full urandom)) {
    spew("$mount/$name", '');
    run('mount', '--bind', "/dev/$name", "$mount/$name");
}
is(run('mount', '--bind', $mount, '/dev')->{status}, 0, '... mounted') or die;

sub logger () {
    my $logger = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => '/dev/log') // die "$!";
    chmod 0666, '/dev/log' or die "$!";
    return $logger;
}

# Lines that have come.
sub heard ($logger) {
    my @lines;
    while (IO::Select->new($logger)->can_read(0) && defined $logger->recv(my $line, 65536)) { push @lines, $line }
    return @lines;
}

my $logger = logger();
$d->start(detach => 1, no_wait => 1);
$d->wait_detached;
$d->{master} = $d->find_master;
my $address = "127.0.0.1:$port";
my $master  = $d->master;

my @lines;
sub hear_ok ($pattern, $name) {
    wait_ok(sub { push @lines, heard($logger); grep { /$pattern/ } @lines }, 5, $name);
}
hear_ok(qr/^<30>\w{3} [ \d]\d \d\d:\d\d:\d\d mpechod\[$master\]: INFO ready: 2 workers, listening on \Q$address\E$/,
    'the ready line, as daemon.info');
my $c      = connect_to($address);
my $worker = $d->worker_of($c);
echo_ok($c, 'hello');
end_ok($c);
hear_ok(qr/^<30>.* mpechod\[$worker\]: INFO peer=127\.\S+ local=\S+ in=5 out=5 time=\S+ end=eof$/, 'an access line');
my ($victim) = $d->idle_workers;
kill KILL => $victim;
hear_ok(qr/^<28>.* mpechod\[$master\]: WARN worker $victim \(slot \d+\) killed by SIGKILL$/, 'a warning is daemon.warning');

sub echoes_ok ($n, $name) {
    my @different = grep { my $c = connect_to($address); !$c || exchange($c, "message $_", 5) ne "message $_" } 1 .. $n;
    is("@different", '', $name);
}

echoes_ok(300, 'echo with a logger that hangs');
ok(scalar(heard($logger)), 'what fitted has come');

close $logger;
unlink '/dev/log' or die $!;
echoes_ok(50, 'echo with no logger at all');

$logger = logger();
wait_ok(sub { exchange(connect_to($address), 'x'); grep { /peer=/ } heard($logger) }, 5, 'a new logger is found');

finish();
