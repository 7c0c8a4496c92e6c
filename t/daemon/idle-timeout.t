#!/usr/bin/perl
# timeout.idle ends a connection on which nothing happens, and no other.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d = Mpechod->new(timeout => { idle => 0.5 })->start;

my $quiet = $d->connect;
my $seconds = timed(sub { is(read_all($quiet), '', 'a quiet connection gets its end') });
cmp_ok($seconds, '>', 0.4, sprintf 'not before its time (%.2f s)', $seconds);
cmp_ok($seconds, '<', 2.0, 'nor long after');
$d->log_wait(qr/in=0 out=0 .*end=idle$/);

# Each message buys more time. A machine that kept us from sending in time is no reason to fail: then once more.
my ($active, $begun, $pause);
for (1 .. 10) {
    ($active, $begun, $pause) = ($d->connect, now(), 0);
    while (now() - $begun < 1.1) {
        my $from = now();
        last if exchange($active, 'still here') ne 'still here';
        let_pass(0.2);
        $pause = now() - $from if now() - $from > $pause;
    }
    last if now() - $begun >= 1.1 || $pause < 0.4;
}
cmp_ok(now() - $begun, '>=', 1.1, 'an active connection outlives it');
is(read_all($active), '', 'and gets its end once it is quiet');

# A client that does not read is idle as well.
my $stuck = $d->connect;
$stuck->blocking(0);
my $block = 'x' x 65536;
1 while IO::Select->new($stuck)->can_write(0.2) && defined $stuck->syswrite($block);
$d->log_mark;
$d->log_wait(qr/in=[1-9]\d+ .*end=idle$/, 5);

# 0 is no timeout at all; and a Unix socket has the same.
my $unix = $d->dir . '/echo.sock';
$d->reload(listen => [ { address => '127.0.0.1', port => 0 }, { path => $unix } ]);
is(read_all(connect_to("unix:$unix")), '', 'a Unix socket has it too');
$d->reload(timeout => { idle => 0 });
my $patient = connect_to("unix:$unix");
ok(!IO::Select->new($patient)->can_read(0.8), 'timeout.idle = 0: none');
echo_ok($patient, 'still here', 'and it still works');
end_ok($patient);

finish();
