#!/usr/bin/perl
# --hgrm: the percentiles of the response time, as HdrHistogram's plotter reads them.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use FaultyServer;
use JSON::PP;
use Mpecho;
use Test::More;

my $server = FaultyServer->new;
my $file = temp_dir() . '/x.hgrm';
my $r = mpecho('bench', '-t', 0.5, '-R', 400, '--json', '--hgrm', $file, $server->target);
is($r->{status}, 0, 'a good run');
my $o = decode_json($r->{out});
open my $hgrm, '<', $file or die "$file: $!";
my ($heading, $empty, @lines) = <$hgrm>;
like($heading, qr/^ +Value +Percentile +TotalCount +1\/\(1-Percentile\)$/, 'heading');
is($empty, "\n", 'an empty line');
my @comments = map { s/\n//r } grep { /^#/ } @lines;
my @rows = map { [split] } grep { !/^#/ } @lines;
is(scalar(grep { @$_ != ($_ == $rows[-1] ? 3 : 4) } @rows), 0, 'four columns, but for the last row');
is($rows[-1][1] + 0, 1, 'to 100 %');
is($rows[-1][2], $o->{response}{count}, 'of all replies');
cmp_ok(abs($rows[-1][0] - $o->{response}{max_ns} / 1e6), '<', 0.01 * $rows[-1][0] + 0.001, 'in milliseconds, of the response time');
for my $column (0 .. 2) {
    my @column = map { $_->[$column] } @rows;
    is("@column", "@{[sort { $a <=> $b } @column]}", "column $column rises");
}
like("@comments", qr/^#\[Mean +=.*StdDeviation.*#\[Max +=.*Total count/, 'and the footer');
$server->stop;
finish();
