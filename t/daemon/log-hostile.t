#!/usr/bin/perl
# What an enemy in a worker can do to the log: lines of its own, and for a moment none of others. It cannot erase the log, nor
# make the master wait, nor keep other workers from logging for longer than it takes to replace them.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use Fcntl qw(F_GETFL F_SETFL O_NONBLOCK);
use Socket qw(MSG_DONTWAIT);

my $d      = Mpechod->new(pool => { start => 3, min_spare => 3, max_spare => 4 })->start;
my ($worker) = $d->workers;
my $socket = descriptor_of($worker, 2) // plan(skip_all => "needs to look into a process: $!");

subtest 'what it sends' => sub {
    $d->expect(qr/WARN \[$$\] /);
    send $socket, "first\nsecond \e[2J\n", 0;
    $d->log_wait(qr/^\S+ WARN \[$$\] first$/);    # that it came from us is the kernel's word
    $d->log_wait(qr/^\S+ WARN \[$$\] second \\x1b\[2J$/);
    my $head = pack 'LCCSqLL', 0xff6d7001, 0, 0, 0, 0, 0, 0;
    $d->expect(qr/^1970-01-01T00:00:00.000Z ERROR \[$$\] /);
    send $socket, "${head}forged\n2026-01-01T00:00:00.000Z ERROR [1] forged", 0;
    $d->log_wait(qr/^1970-01-01T00:00:00.000Z ERROR \[$$\] forged\\x0a2026/);
    send $socket, pack('LCCSqLL', 0xff6d7001, $_, 0, 0, 0, 0, 0) . ("\xff" x 100), 0 for 1 .. 9;    # orders, which are not its to give
    send $socket, pack('LCCSqLLQ', 0xff6d7001, 2, 1, 0, 0, 0, 0, 5), 0;    # nor is it to say how many lines were lost
    send $socket, '', 0;
    send $socket, 'x' x 100_000, 0;
    $d->log_wait(qr/ x{1000,}/);
    ok(!truncate($socket, 0), 'it has nothing that could be cut');
    echo_ok($d->connect, 'still there');
    $d->log_wait(qr/in=11 /);
    is(join("\n", $d->log_lines(qr/lines lost/)), '', 'nothing was lost');
};

subtest 'a queue that is full, of a socket that blocks' => sub {
    my $logger = $d->logger;
    halt($logger);
    1 while defined send $socket, 'x' x 100_000, MSG_DONTWAIT;
    1 while defined send $socket, 'x', MSG_DONTWAIT;
    fcntl $socket, F_SETFL, fcntl($socket, F_GETFL, 0) & ~O_NONBLOCK;
    $d->signal('USR2');    # has the master log
    my $took = timed(sub { echo_ok($d->connect, "echo $_", 'echo goes on') for 1 .. 20 });
    cmp_ok($took, '<', 10, 'in good time');
    $d->configure(pool => { start => 2 });
    my %before = map { $_ => 1 } $d->workers;
    $d->signal('HUP');
    wait_ok(sub { my @w = $d->workers; @w && !grep { $before{$_} } @w }, 10, 'and so does the master');
    $d->expect(qr/SIGUSR2/, qr/[1-9]\d* log lines lost/);
    kill CONT => $logger;
    $d->log_wait(qr/[1-9]\d* log lines lost/);
    $d->log_wait(qr/WARN \[${\ $d->master }\] SIGUSR2/);
};

subtest 'a socket that is shut' => sub {
    $socket = descriptor_of(($d->workers)[0], 2);
    my $generation = ($d->log_lines(qr/generation (\d+)/))[-1] =~ s/.*generation (\d+).*/$1/r;
    $d->expect(qr/a worker has shut the log's socket down: starting generation/, qr/the logger was killed by SIGKILL/);
    $d->log_mark;
    my %before = map { $_ => 1 } $d->workers;
    shutdown $socket, 1;
    $d->log_wait(qr/a worker has shut the log's socket down: starting generation @{[ $generation + 1 ]}/);
    wait_ok(sub { my @w = $d->workers; @w && !grep { $before{$_} } @w }, 10, 'there are other workers');
    wait_ok(sub { echo_ok($d->connect, 'heard again'); $d->log_lines(qr/in=11 /) }, 10, 'who are heard');
};

close $socket;
finish();
