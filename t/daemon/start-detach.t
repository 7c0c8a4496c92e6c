#!/usr/bin/perl
# Without -f it detaches: the command returns 0 once clients can connect, and otherwise says why not.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $port = free_port();
my $d    = Mpechod->new(listen => [ { address => '127.0.0.1', port => $port } ]);

$d->start(detach => 1, no_wait => 1);
$d->wait_detached;
my $c = connect_to("127.0.0.1:$port");
ok($c, 'the command has returned 0, and a client can connect') or diag($!);
echo_ok($c, 'hello');
end_ok($c);
$d->wait_ready;

my $master = $d->master;
is(slurp($d->dir . '/mpechod.pid'), "$master\n", 'the pid file names the master');
is(slurp($d->dir . '/stdout') . slurp($d->dir . '/stderr'), '', 'it said nothing');
is(readlink("/proc/$master/cwd"), '/', 'it runs in /');
is(fd_of($master, $_), '/dev/null', "descriptor $_") for 0, 1;
like(fd_of($master, 2), qr/^socket:/, 'descriptor 2 is the log: a socket to the logger');
is(fd_of($d->logger, 2), $d->log_file, '... who has the file');
wait_ok(sub { !grep { (readlink($_) // '') =~ /std(?:out|err)$/ } map { glob "/proc/$_/fd/*" } $master, $d->logger }, 5,
    'our stderr has been let go of');
my ($session, $tty) = (split ' ', slurp("/proc/$master/stat") =~ s/.*\) //sr)[3, 4];
isnt($session, POSIX::getpgrp(), 'a session of its own');
isnt($session, $master, 'which it does not lead, so that it never gets a terminal');
is($tty, 0, 'and it has none');
$d->stop;

subtest 'it cannot start' => sub {
    my $taken = IO::Socket::IP->new(Listen => 1, LocalHost => '127.0.0.1', LocalPort => $port, ReuseAddr => 1) // die $@;
    my $run   = mpechod('-c', $d->{conf}, { env => { MPECHOD_TEST => $d->dir } });
    is($run->{status}, 1, 'status 1');
    like($run->{err}, qr/cannot start: .*127\.0\.0\.1:$port: Address already in use/, 'and why');
    is($run->{out}, '', 'on stderr');
    is(join(' ', $d->processes), '', 'nobody is left');
    $d->expect(qr/ERROR \[\d+\] cannot start: .*Address already in use/);
};

subtest 'a bad config' => sub {
    spew($d->{conf}, "pool: { start = -1; };\n");
    my $run = mpechod('-c', $d->{conf});
    is($run->{status}, 78, 'status 78');
    like($run->{err}, qr/^\Q$d->{conf}\E:1: pool\.start: ./, 'and why');
};

finish();
