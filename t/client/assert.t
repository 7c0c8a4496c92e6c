#!/usr/bin/perl
# --assert decides the exit status, the same in every format; a list that makes no sense is a usage error.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use FaultyServer;
use Mpecho;
use Test::More;

my $server = FaultyServer->new;
my @formats = ([], ['--json'], ['--json-stream'], ['--csv']);

sub statuses ($name, $wanted, $err, @arguments) {
    my @runs = map { start_mpecho('bench', @$_, @arguments) } @formats;
    for my $format (@formats) {
        my $r = end_of(shift @runs);
        my $text = $r->{err} =~ s/^problems .*\n//mr;    # with --csv
        my $said = ref $err ? $text =~ $err : $text eq $err;
        ok($r->{status} eq $wanted && $said, "$name: $wanted @$format") or diag("status $r->{status}: $r->{err}");
    }
}

my @short = ('-t', 0.2, '-W', 0.3);
statuses('no assertion', 0, '', @short, $server->target);
statuses('all hold', 0, '', @short, '--assert', 'p99<5s,loss<0.1%,rate>10,wrong=0', $server->target);
statuses('one does not', 1, qr/\Ampecho: assertion failed: p50<1us: p50 is [0-9.]+ us\n\z/, @short, '--assert', 'lost=0,p50<1us',
    $server->target);
statuses('several do not', 1, qr{\Ampecho: assertion failed: rate>1G/s: rate is \S+G/s\nmpecho: assertion failed: lost>0: lost is 0\n\z},
    @short, '--assert', 'rate>1G/s,max<5s, lost>0', $server->target);
statuses('not measured', 1, "mpecho: assertion failed: service_p99<1s: service_p99 was not measured\n", @short, '--assert',
    'service_p99<1s', $server->target);

# Nothing comes back, so there is no latency that could be low.
my $silent = EchoServer->new(sub ($peer) { receive($peer, 1 << 20) });
statuses('loss', 1, qr/\Ampecho: assertion failed: p99<1s: p99 was not measured\n\z/, @short, '--assert', 'p99<1s',
    $silent->target);
statuses('loss alone', 1, '', @short, $silent->target);
statuses('loss that was asked for', 1, '', @short, '--assert', 'loss>50%', $silent->target);
$silent->stop;
statuses('no connection', 2, qr/\Ampecho: cannot connect /, @short, '--assert', 'lost=0', $silent->target);

# Before anything else: nobody is there to be connected to.
sub complaint ($list) {
    my $r = mpecho('bench', '--assert', $list, $silent->target);
    is($r->{status}, 64, "'$list': a usage error");
    is($r->{out}, '', '... no report');
    return $r->{err};
}
like(complaint('p99<2ms,los<1'), qr/\Ampecho: --assert: no such quantity\n  p99<2ms,los<1\n {10}\^\nQuantities: .*\blost\b.*\bp99\.9\b/,
    'what is wrong, where, and what would be right');
like(complaint('p99<2'), qr/a duration ends in ns, us, ms or s\n  p99<2\n {7}\^\n/, 'a duration needs its unit');
like(complaint(''), qr/a quantity is missing/, 'an empty list');
like(complaint('p99'), qr/a comparison is expected/, 'no comparison');
statuses('in every format', 64, qr/no such quantity/, '--assert', 'nonsense', $silent->target);
$server->stop;
finish();
