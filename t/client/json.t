#!/usr/bin/perl
# --json is one object and --json-stream an object a line, whatever happens; the numbers agree with each other.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use FaultyServer;
use JSON::PP;
use Mpecho;
use POSIX ();
use Test::More;

my $server = FaultyServer->new;

sub object ($text) {
    my $object = eval { JSON::PP->new->utf8->decode($text) };
    ok($object, 'valid JSON') or diag("$@ in $text");
    return $object // {};
}

my @LATENCY = qw(min_ns mean_ns stdev_ns p50_ns p90_ns p99_ns p99.9_ns p99.99_ns max_ns);
my @COUNTS  = qw(sent replied lost unsent bytes connected refused unanswered broken wrong held survived duplicates reordered);
my @SUMMARY = (
    qw(type schema program version mode host port options target begun seconds loss_percent replied_in_time rate_per_second),
    qw(bytes_per_second jitter_ns path_mtu path_mtu_at_least response service connect jitter intervals problems other_problems assertions interrupted status),
    @COUNTS);

my $r = mpecho('bench', '-t', 0.5, '-i', 0.1, '-c', 2, '-s', '10,20', '--json', $server->target);
is($r->{status}, 0, 'a good run');
is($r->{err}, '', 'nothing on standard error');
my $o = object($r->{out});
is("@{[sort keys %$o]}", "@{[sort @SUMMARY]}", 'its keys');
is("@$o{qw(type schema program mode target status)}", 'summary 1 mpecho bench ' . join(':', $server->target) . ' 0', 'what it is');
like($o->{begun}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'when it began');
{
    local $ENV{TZ} = 'XXX-9';    # nine hours east of Greenwich, as Seoul
    my $from = POSIX::strftime('%FT%TZ', gmtime);
    my $begun = object(mpecho('bench', '-t', 0.01, '--json', $server->target)->{out})->{begun};
    ok($from le $begun && $begun le POSIX::strftime('%FT%TZ', gmtime), 'in UTC') or diag("$from: $begun");
}
is("$o->{options}{connections} @{$o->{options}{sizes}}", '2 10 20', 'options');
is($o->{options}{rate_per_second}, undef, 'a closed loop has no rate');
is($o->{service}, undef, 'and no service time');
is($o->{connect}{count}, 2, 'connections are timed');
is("@{[sort keys %{$o->{response}}]}", "@{[sort 'count', @LATENCY]}", 'latencies');
my $l = $o->{response};
is($l->{count}, $o->{replied}, 'one for each reply');
my @rising = map { $l->{"${_}_ns"} } qw(min p50 p90 p99 p99.9 p99.99 max);
is("@rising", "@{[sort { $a <=> $b } @rising]}", 'percentiles rise');
ok($l->{min_ns} <= $l->{mean_ns} && $l->{mean_ns} <= $l->{max_ns}, 'the mean is between');
unlike($r->{out}, qr/_ns": "/, 'numbers are numbers');
cmp_ok(abs($o->{bytes_per_second} / $o->{rate_per_second} - 15), '<', 0.5, 'and so is that of bytes');

my @intervals = @{ $o->{intervals} };
is(scalar @intervals, 5, 'five intervals');
is($intervals[0]{start}, 0, 'from the beginning');
is($intervals[-1]{end}, $o->{seconds}, 'to the end');
is(join(' ', map { $_->{end} } @intervals[0 .. 3]), join(' ', map { $_->{start} } @intervals[1 .. 4]), 'without gaps');
my $sum = 0;
$sum += $_->{replied} for @intervals;
cmp_ok(abs($o->{rate_per_second} * $o->{seconds} - $sum), '<', 0.5, 'the rate is that of their replies');
cmp_ok($o->{replied} - $sum, '<', 50, 'which are all but those that came after');
ok(!(grep { !defined } map { @$_{@COUNTS, 'rate_per_second'} } @intervals), 'with counts');
ok(!(grep { defined $_->{p99_ns} xor $_->{replied} } @intervals), 'with latency where there was a reply');
ok((grep { my $i = $_; !grep { !defined $i->{$_} } @LATENCY } @intervals), 'all of it');

# Many intervals: bounded.
$r = mpecho('bench', '-t', 4, '-i', 0.01, '--json', $server->target);
$o = object($r->{out});
cmp_ok(scalar @{ $o->{intervals} }, '<=', 360, 'so many intervals at most');
cmp_ok(scalar @{ $o->{intervals} }, '>', 100, 'but many');
is($o->{intervals}[-1]{end}, $o->{seconds}, 'to the end');

# A stream.
$r = mpecho('bench', '-t', 0.3, '-i', 0.1, '-R', 500, '--json-stream', '--assert', 'rate>1,p99<1ns', $server->target);
is($r->{status}, 1, 'an assertion does not hold');
like($r->{err}, qr/\Ampecho: assertion failed: p99<1ns: p99 is .+\n\z/, 'which is said on standard error');
my @lines = map { object($_) } split /\n/, $r->{out};
is(join(' ', map { $_->{type} } @lines), 'interval interval interval summary', 'an object an interval, then the summary');
is("@{[sort keys %{$lines[-1]}]}", "@{[sort @SUMMARY]}", 'which is the same object');
is($lines[-1]{status}, 1, 'with the status');
is($lines[-1]{options}{rate_per_second}, 500, 'the rate');
is($lines[-1]{service}{count}, $lines[-1]{response}{count}, 'service time');
is(join(' ', map { "$_->{text} " . ($_->{holds} ? 'yes' : 'no') } @{ $lines[-1]{assertions} }), 'rate>1 yes p99<1ns no', 'assertions');
is($lines[-1]{assertions}[1]{value}, $lines[-1]{response}{p99_ns}, 'with values');

$r = mpecho('bench', '-t', 0.4, '-i', 0.1, '-R', 2, '--json', $server->target);
my @idle = grep { !$_->{replied} } @{ object($r->{out})->{intervals} };
ok(@idle > 0 && !(grep { defined $_->{loss_percent} } @idle), 'where no message ended, loss was not measured');

# ^C while it runs.
my $client = start_mpecho('bench', '-t', 60, '-i', 0.1, '--json-stream', $server->target);
sysread $client->{collect}, my $first, 1 or die "no output";
kill INT => $client->{pid};
$r = end_of($client);
is($r->{status}, 0, '^C is no failure');
@lines = map { object($_) } split /\n/, $first . $r->{out};
is($lines[-1]{type}, 'summary', 'and has its summary');
cmp_ok($lines[-1]{seconds}, '<', 50, 'early');

# The server goes away.
$client = start_mpecho('bench', '-t', 1, '-i', 0.1, '--json', $server->target);
ok($server->do('delay', 0), 'all is well');
ok($server->do('refuse'), 'the server resets all connections and takes no more');
$r = end_of($client);
is($r->{status}, 1, 'a server that goes away is a loss');
is($r->{err}, '', 'nothing on standard error');
$o = object($r->{out});
is($o->{status}, 1, 'in the object, too');
is($o->{broken}, 1, 'a broken connection');
cmp_ok($o->{refused}, '>', 3, 'refused ones');
ok((grep { $_->{text} =~ /Connection refused/ && $_->{count} > 3 } @{ $o->{problems} }), 'in words');

# Nobody there.
for my $format ('--json', '--json-stream') {
    $r = mpecho('bench', $format, '--assert', 'lost=0,p99<1s', $server->target);
    is($r->{status}, 2, "$format: cannot connect");
    like($r->{err}, qr/^mpecho: cannot connect .*Connection refused\n\z/, "$format: said on standard error");
    $o = object($r->{out});
    is("@{[sort keys %$o]}", "@{[sort @SUMMARY]}", "$format: an object of the same keys all the same");
    is("@$o{qw(type mode host status)}", 'summary bench ' . ($server->target)[0] . ' 2', "$format: what is known is told");
    is_deeply($o->{assertions}, [ map { { text => $_, value => undef, holds => JSON::PP::false } } qw(lost=0 p99<1s) ],
        "$format: no assertion holds");
    my ($said) = $r->{err} =~ /^mpecho: (.*)/;
    is(join(' ', map { "$_->{text} $_->{count}" } @{ $o->{problems} }), "$said 1", "$format: why is told");
    is("@{[sort grep { defined $o->{$_} } keys %$o]}", 'assertions host interrupted intervals mode options port problems program'
        . ' schema status type version', "$format: what was not measured is null");
    is(scalar(split /\n/, $r->{out}) == 1, $format eq '--json-stream', "$format: in the form of any other");
}
$r = mpecho('bench', '-u', '-W', 0.1, '--json', '-4', '::1');
is($r->{status}, 2, 'cannot be resolved');
like($r->{err}, qr/\Ampecho: cannot resolve ::1 .*\n\z/, 'which is said');
$o = object($r->{out});
is("@{[sort keys %$o]}", "@{[sort @SUMMARY]}", 'the same keys');
like($o->{problems}[0]{text}, qr/^cannot resolve ::1 /, 'why');
is("@{[grep { defined $o->{$_} } @COUNTS, qw(target begun seconds jitter_ns)]}", '', 'null');

# A path need not be UTF-8, but JSON is.
my $dir = temp_dir();
my $odd = EchoServer->new(\&echo, unix => "$dir/\xff\"\n\xc3\xa9");
$r = mpecho('bench', '-t', 0.1, '--json', $odd->target);
is($r->{status}, 0, 'a path of any bytes');
is(object($r->{out})->{host}, "unix:$dir/?\"\n\xe9", 'is told as well as it can be');
$_->stop for $server, $odd;
finish();
