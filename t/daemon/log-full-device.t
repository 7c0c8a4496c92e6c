#!/usr/bin/perl
# A log target that always says "no space" (/dev/full) does not keep the daemon from its work.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

plan(skip_all => 'needs /dev/full') if !-c '/dev/full';

my $port = free_port();
my $d    = Mpechod->new(listen => [ { address => '127.0.0.1', port => $port } ], log => { target => '/dev/full' });
$d->start(no_wait => 1);
my $c = wait_until(sub { connect_to("127.0.0.1:$port") });
$d->{master} = $d->find_master;
echo_ok($c, 'unheard');
close $c;
echo_ok(connect_to("127.0.0.1:$port"), "unheard $_", 'echo') for 1 .. 20;

$d->expect(qr/WARN \[\d+\] [1-9]\d* log lines lost/);    # there, and told here
$d->reload(log => { target => $d->dir . '/log' });
echo_ok(connect_to("127.0.0.1:$port"), 'heard');
$d->log_wait(qr/in=5 /);
$d->log_wait(qr/log lines lost/);

finish();
