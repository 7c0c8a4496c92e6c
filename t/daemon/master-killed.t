#!/usr/bin/perl
# The master is killed: idle workers are gone within 1 s, busy ones serve on, and the port can be taken again.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $port = free_port();
my $unix;
my $d = Mpechod->new(timeout => { drain => 0 });
$unix = $d->dir . '/echo.sock';
my @listen = ({ address => '127.0.0.1', port => $port }, { path => $unix });
$d->configure(listen => \@listen)->start;
my $address = "127.0.0.1:$port";
my @c = map { $d->connect($_) } $address, $address, "unix:$unix";
echo_ok($_, 'hello') for @c;
my %busy = map { $_ => 1 } $d->busy_workers;
is(scalar keys %busy, 3, 'three are busy');
my @idle = grep { !$busy{$_} } $d->workers;
ok(scalar @idle, 'some are idle');

$d->kill_master;
my $begun = now();
wait_until(sub { !grep { alive($_) } @idle });
cmp_ok(now() - $begun, '<', 1, sprintf 'idle workers are gone after %.3f s', now() - $begun);
is(scalar(grep { alive($_) } keys %busy), 3, 'busy ones live');
echo_ok($_, 'and on', 'and serve') for @c;

# The same port, the same socket file, lock file and pid file, at once.
$begun = now();
my $second = Mpechod->new(
    listen  => \@listen,
    accept  => { lock_file => $d->dir . '/accept.lock' },
    process => { pid_file  => $d->dir . '/mpechod.pid' },
);
$second->start;
cmp_ok(now() - $begun, '<', 2, 'a new daemon takes over at once');
echo_ok($second->connect($_), 'anew', "echo at $_") for @{ $second->{listening} };
echo_ok($_, 'still', 'the old connections go on') for @c;
$d->log_mark;
end_ok($_, 'until their end') for @c;
wait_ok(sub { $d->log_lines(qr/in=16 out=16 .*end=eof$/) == 3 }, 5, 'which is logged');
wait_ok(sub { !$d->processes }, 2, 'then the orphans are gone');
$second->stop;

finish();
