#!/usr/bin/perl
# The access log: one line a connection, with who, where, how much, how long, and how it ended.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d = Mpechod->new(pool => { start => 1, min_spare => 1, max_spare => 1, max_workers => 1 })->start;
my $c = $d->connect;
my ($here, $there) = map { "127.0.0.1:$_" } $c->sockport, $c->peerport;
echo_ok($c, 'twelve bytes');
let_pass(0.2);    # not a wait: the time that the line shall tell
end_ok($c);
my ($worker) = $d->workers;
my $line = $d->log_wait(qr/peer=/);
like($line, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO \[$worker\] peer=$here local=$there in=12 out=12 time=(\d+\.\d+) end=eof$/,
    'the line');
my ($time) = $line =~ /time=([\d.]+)/;
cmp_ok($time, '>=', 0.19, 'time is in seconds');
cmp_ok($time, '<',  2,    '... and right');

my ($day, $clock) = (POSIX::strftime('%Y-%m-%d', gmtime), POSIX::strftime('%H:%M', gmtime));
like($line, qr/^$day/, 'the time stamp is UTC') if $clock ne '00:00';

subtest 'one line each, in order' => sub {
    $d->log_mark;
    exchange($d->connect, 'x' x $_) for 1 .. 30;
    wait_until(sub { $d->log_lines(qr/peer=/) == 30 });
    is(join(' ', map { /in=(\d+)/ } $d->log_lines(qr/peer=/)), join(' ', 1 .. 30), '30 connections, 30 lines');
};

subtest 'in and out differ when the client does not read' => sub {
    $d->reload(timeout => { idle => 0.3 });
    my $stuck = $d->connect;
    $stuck->blocking(0);
    1 while IO::Select->new($stuck)->can_write(0.1) && defined $stuck->syswrite('x' x 65536);
    my ($in, $out) = ($d->log_wait(qr/end=idle$/) // '') =~ /in=(\d+) out=(\d+)/;
    cmp_ok($in // 0, '>', $out // 0, 'more in than out');
};

subtest 'a Unix socket' => sub {
    my $path = $d->dir . '/echo.sock';
    $d->reload(listen => [ { path => $path } ], timeout => { idle => 5 });
    echo_ok(connect_to("unix:$path"), 'hello');
    $d->log_wait(qr/\] peer=unix: local=unix:\Q$path\E in=5 out=5 time=\d+\.\d+ end=eof$/);
};

subtest 'log.access = false' => sub {
    $d->reload(log => { access => 'false' });
    echo_ok(connect_to('unix:' . $d->dir . '/echo.sock'), 'hello');
    $d->reload(log => { access => 'true' });
    is(scalar(my @l = $d->log_lines(qr/peer=/)), 0, 'no line');
};

finish();
