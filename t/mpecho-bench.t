#!/usr/bin/perl
# mpecho bench: each kind of load does what it says, and counts right.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use FaultyServer;
use JSON::PP;
use Mpechod;
use Test::More;

my $d = Mpechod->new(pool => { max_workers => 64 })->start;
my @server = ('127.0.0.1', $d->port);
my $program = "$Mpechod::BUILD/client/mpecho";

sub bench (@options) {
    my $r = run($program, 'bench', '--json', @options);
    is($r->{status}, 0, "@options[0 .. $#options - 2]: status 0") or diag($r->{err});
    is($r->{err}, '', '... no error');
    return decode_json($r->{out});
}
my $log = sub { my @l = $d->log_lines(qr/peer=/); $d->log_mark; @l };

# The server's own log says what really happened.
my $r = bench('-t', 0.3, '-c', 4, @server);
my @seen;
wait_ok(sub { push @seen, $log->(); @seen == 4 }, 5, 'four connections');
my $bytes = 0;
$bytes += (/ in=(\d+) /)[0] for @seen;
is($r->{connected}, 4, 'counted');
is($r->{sent}, $r->{replied}, 'all came back');
is($r->{bytes}, $bytes, "the bytes that the server has seen, too: $bytes");
is($r->{bytes}, 64 * $r->{replied}, '64 a message');
is(join(' ', map { / end=(\w+)/ } @seen), 'eof eof eof eof', 'all connections ended in order');

$r = bench('-t', 0.2, '-s', '1,10,1000', '-P', 3, @server);
cmp_ok(abs($r->{bytes} / $r->{replied} - 337), '<', 20, 'sizes in turn');

$r = bench('-t', 0.3, '--crr', '-c', 4, @server);
cmp_ok(abs($r->{connected} - $r->{replied}), '<=', 4, 'a connection for every message');
cmp_ok($r->{replied}, '>', 20, 'many');
cmp_ok($r->{response}{min_ns}, '>', $r->{connect}{min_ns}, 'of which connecting is a part');

$r = bench('--burst', '-c', 40, @server);
is("@$r{qw(connected sent replied)}", '40 40 40', 'all at once: one message each');
is($r->{response}{count}, 40, 'each is timed');
cmp_ok($r->{seconds}, '<', 5, 'and it is over when the last one is answered');

$r = bench('--hold', 0.5, '-c', 10, @server);
is("@$r{qw(connected sent replied)}", '10 20 20', 'held: two messages each');
cmp_ok($r->{seconds}, '>=', 0.5, 'with time between them');

$r = bench('-t', 0.3, '-c', 5, '-j', 3, @server);
is($r->{connected}, 5, 'threads share the connections');

$r = bench('-t', 0.2, '--omit', 0.3, @server);
cmp_ok($r->{seconds}, '<', 0.45, 'what is omitted is no part of the time');
cmp_ok(abs($r->{replied} - $r->{rate_per_second} * $r->{seconds}), '<', 50, 'nor of the count');

$r = bench('-t', 0.2, '--lines', '-s', 100, '-P', 4, @server);
cmp_ok($r->{replied}, '>', 20, 'lines');
$r = bench('-t', 0.2, '-s', '1M', @server);
is($r->{bytes}, $r->{replied} << 20, 'a message larger than any buffer');

# A connection that does not survive being idle.
my $short = Mpechod->new(timeout => { idle => 0.3 })->start;
my $run = run($program, 'bench', '--json', '--hold', 1, '-c', 3, '127.0.0.1', $short->port);
is($run->{status}, 1, 'idle connections that are cut: status 1');
$r = decode_json($run->{out});
is("@$r{qw(replied lost broken)}", '3 3 3', '... and counted');
$short->stop;

# Refused: nothing is sent, not even a connection.
for (
    [ 64, qr/not an address of this machine.*--yes-i-may/, 'bench', '192.0.2.1' ],
    [ 64, qr/not an address of this machine.*--yes-i-may/, 'ping', '-i', '0.001', '192.0.2.1' ],
    [ 64, qr/more threads than connections/,               'bench', '-j', 2, @server ],
    [ 64, qr/only one of/,                                 'bench', '--burst', '--crr', @server ],
    [ 64, qr/--size 0: not /,                              'bench', '-s', 0, @server ],
    [ 64, qr/--connections 1\.5: not a whole number/,      'bench', '-c', '1.5', @server ],
    [ 64, qr/a Unix socket has no port/,                   'bench', 'unix:/x', 7 ],
    [ 2,  qr/cannot connect to .*Connection refused/,      'bench', '127.0.0.1', $short->port ],
    [ 2,  qr/cannot resolve/,                              'bench', '127.0.0.256' ],
  )
{
    my ($status, $message, @arguments) = @$_;
    my $run = run($program, @arguments);
    is($run->{status}, $status, "@arguments: status $status");
    like($run->{err}, $message, '... and why');
}
my $limited = run('sh', '-c', "ulimit -n 32; exec $program bench -c 100 @server");
is($limited->{status}, 3, 'too few descriptors: status 3');
like($limited->{err}, qr/100 connections need \d+ file descriptors, and 32 are allowed/, '... and why');

finish();
