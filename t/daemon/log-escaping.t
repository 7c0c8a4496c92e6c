#!/usr/bin/perl
# What a client chooses cannot forge a log line, a field or a terminal escape.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use IO::Socket::UNIX;
use JSON::PP qw(decode_json);
use Socket qw(SOCK_STREAM);

my $d    = Mpechod->new;
my $path = $d->dir . '/echo.sock';
chmod 0777, $d->dir;
$d->configure(listen => [ { path => $path, mode => '0666' } ])->start;

# A Unix peer names itself, with any bytes.
my $name = $d->dir . qq{/a b\n2026-01-01T00:00:00.000Z ERROR [1] forged\e[2J"\\\x{e9}=};
sub say_hello () {
    unlink $name;
    my $c = IO::Socket::UNIX->new(Type => SOCK_STREAM, Local => $name, Peer => $path) // die "$!";
    echo_ok($c, 'hello');
    close $c;
}

say_hello();
my $escaped = quotemeta($d->dir . '/a') . qr/\\x20b\\x0a2026-01-01T00:00:00\.000Z\\x20ERROR\\x20\[1\]\\x20forged\\x1b\[2J"\\\\\\xe9=/;
$d->log_wait(qr/INFO \[\d+\] peer=unix:$escaped local=\S+ in=5 out=5 time=\S+ end=eof$/);
is(scalar(my @forged = $d->log_lines(qr/^2026-01-01T/)), 0, 'text: no forged line');

$d->configure(log => { format => 'json' });
$d->log_mark;
$d->signal('HUP');
$d->log_wait(qr/config reloaded/);
say_hello();
my $line = $d->log_wait(qr/"peer"/);
is(eval { decode_json($line)->{peer} } // $@, "unix:$name", 'JSON: the name, byte for byte');
is(scalar(@forged = $d->log_lines(qr/^2026-01-01T/)), 0, 'JSON: no forged line');

# What the operator writes is foreign to the log as well.
$d->log_mark;
$d->expect(qr/not reloaded/);
spew($d->{conf}, qq{log: { target = "/nowhere/\\x1b[2J\\n2026-01-01T00:00:00.000Z"; };\nprocess: { pid_file = "${\ $d->dir }/mpechod.pid"; };\n});
$d->signal('HUP');
$d->log_wait(qr/config not reloaded/);
unlike(join('', $d->log_lines), qr/\e/, 'no escape sequence');
is(scalar(@forged = $d->log_lines(qr/^2026-01-01T/)), 0, 'no forged line');
$d->configure;

unlink $name;
finish();
