#!/usr/bin/perl
# mpecho bench counts right: what the server's own log says has happened, and sizes, lines and threads as they were asked for.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP;
use Mpecho;
use Mpechod;
use Test::More;

my $d = Mpechod->new(pool => { max_workers => 64 })->start;
my @server = ('127.0.0.1', $d->port);

sub bench (@options) {
    my $r = mpecho('bench', '--json', @options);
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
is(join(' ', map { / end=(\w+)/ } @seen), 'reset reset reset reset', 'all connections ended by a reset, which leaves no TIME-WAIT');

$r = bench('-t', 0.2, '-s', '1,10,1000', '-P', 3, @server);
cmp_ok(abs($r->{bytes} / $r->{replied} - 337), '<', 20, 'sizes in turn');

$r = bench('-t', 0.2, '--lines', '-s', 100, '-P', 4, @server);
cmp_ok($r->{replied}, '>', 0, 'lines');
is($r->{bytes}, 100 * $r->{replied}, '... whose newline counts');
$r = bench('-t', 0.2, '-s', '1M', @server);
is($r->{bytes}, $r->{replied} << 20, 'a message larger than any buffer');

$r = bench('-t', 0.2, '-c', 5, '-j', 3, @server);
is($r->{connected}, 5, 'threads share the connections');

finish();
