#!/usr/bin/perl
# Started by socket activation, which it cannot do yet, it says so, and listens as its configuration says.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $warning = qr/WARN \[\d+\] LISTEN_FDS: .* 1 closed/;
my $d       = Mpechod->new;
$d->start(wrap => [ 'sh', '-c', 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"', 'sh' ]);
$d->expect($warning);
is(scalar($d->log_lines($warning)), 1, 'a warning');
echo_ok($d->connect, 'hello');
$d->stop;

$d->start(wrap => [ 'sh', '-c', 'LISTEN_FDS=1 LISTEN_PID=1 exec "$@"', 'sh' ]);
is(scalar($d->log_lines($warning)), 0, 'none if the sockets were for another process');

finish();
