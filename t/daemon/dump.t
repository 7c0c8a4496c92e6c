#!/usr/bin/perl
# -T prints every key, and what it prints loads back to the same.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d    = Mpechod->new;
my $file = $d->dir . '/dump.conf';

sub round_trip_ok ($name, @arguments) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $first = mpechod('-T', @arguments);
    is($first->{status}, 0, "$name: dumped") or diag($first->{err});
    spew($file, $first->{out});
    my $second = mpechod('-T', '-c', $file);
    is($second->{out}, $first->{out}, "$name: the same again") or diag($second->{err});
    return $first->{out};
}

my $defaults = round_trip_ok('defaults', '-c', '/dev/null');
my %value    = map { /^\s*(\w+) = (.*);$/ } split /\n/, $defaults;
my %wanted   = (
    start => 5, min_spare => 5, max_spare => 10, max_workers => 256, max_connections => 0,
    backlog => 4096, stall_timeout => '1.0',
    idle => '60.0', connection => '0.0', drain => '10.0',
    level => '"info"', format => '"text"', access => 'true',
    user => '"nobody"', group => '"nogroup"',
);
is($value{$_}, $wanted{$_}, "the default of $_") for sort keys %wanted;
like($defaults, qr/\{ address = "\*"; port = 9190; \}/, 'the default listener');
is($value{target}, '"syslog"', 'a daemon logs to syslog');
like(mpechod('-f', '-T', '-c', '/dev/null')->{out}, qr/target = "stderr"/, 'in the foreground to stderr');
if ($> == 0) {
    is($value{lock_file}, '"/run/mpechod/accept.lock"', 'lock_file') or diag('with another --runstatedir it may differ');
    is($value{pid_file},  '"/run/mpechod/mpechod.pid"', 'pid_file');
}
my @keys = map { /^\s+(\w+) = / } split /\n/, $defaults;
cmp_ok(scalar @keys, '>=', 18, 'every key');

round_trip_ok('the test config', '-c', $d->{conf});
round_trip_ok('many listeners', '-c', '/dev/null', '-l', '127.0.0.1:1', '-l', '[::1]:2', '-l', '*:0', '-l', 'unix:/a b/"c"\\d');
like(round_trip_ok('a Unix socket', '-c', '/dev/null', '-l', 'unix:/a'), qr/\{ path = "\/a"; mode = "0660"; \}/, 'its keys');
spew($file, 'listen = ( { path = "/a"; group = 7; user = "root"; } );');
like(mpechod('-T', '-c', $file)->{out}, qr/\{ path = "\/a"; mode = "0660"; user = "root"; group = "7"; \}/, 'and its owner');
like(round_trip_ok('an address as it is written', '-c', '/dev/null', '-l', '[fe80:0::1%lo]:0'), qr/"\[fe80:0::1%lo\]"; port = 0;/, 'not by number');
round_trip_ok('nothing for files', '-c', '/dev/null', '-o', 'process.pid_file=', '-o', 'accept.lock_file=""');
round_trip_ok('numbers for names', '-c', '/dev/null', '-o', 'process.user=65534', '-o', 'process.group="65534"');
round_trip_ok('an IPv4 address in IPv6 clothes', '-c', '/dev/null', '-l', '[::ffff:127.0.0.1]:5');
round_trip_ok('odd texts', '-c', '/dev/null', '-o', qq{log.target=/tmp/a "quoted" \\ and\ttab \x{c3}\x{a9}}, '-o', 'log.format=json');
round_trip_ok('odd numbers', '-c', '/dev/null', '-o', 'timeout.idle=0.1', '-o', 'timeout.connection=1e-3',
    '-o', 'timeout.drain=31536000', '-o', 'accept.stall_timeout=0.30000000000000004', '-o', 'pool.max_connections=2147483647');
round_trip_ok('limits', '-c', '/dev/null', '-o', 'pool.max_workers=32768', '-o', 'pool.max_spare=32768', '-o', 'pool.min_spare=32768', '-o', 'pool.start=32768');
round_trip_ok('limits below the defaults', '-c', '/dev/null', '-o', 'pool.max_workers=1');
unlink $file;

finish();
