#!/usr/bin/perl
# --csv: a line of column names, then a line of plain numbers for every interval.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use FaultyServer;
use Mpecho;
use Test::More;

my $server = FaultyServer->new;
my $r = mpecho('bench', '-t', 0.5, '-i', 0.1, '-R', 500, '--csv', $server->target);
is($r->{status}, 0, 'a good run');
is($r->{err}, '', 'nothing on standard error');
my ($names, @rows) = map { [split /,/, $_, -1] } split /\n/, $r->{out};
my @latency = qw(min_ns mean_ns stdev_ns p50_ns p90_ns p99_ns p99.9_ns p99.99_ns max_ns);
is("@$names", join(' ', qw(start end sent replied lost unsent bytes connected refused unanswered broken wrong held survived duplicates reordered),
    qw(rate_per_second bytes_per_second), map { my $t = $_; map { "${t}_$_" } @latency } qw(response service connect jitter)), 'names');
is(scalar @rows, 5, 'a row for every interval');
is(join(' ', map { scalar @$_ } @rows), join(' ', (scalar @$names) x 5), 'each of the same columns');
unlike($r->{out} =~ s/.*\n//r, qr/[^0-9.,\n]/, 'plain numbers');
my @first = map { my %row; @row{@$names} = @$_; \%row } @rows;
is($first[0]{start} + 0, 0, 'from the beginning');
is($first[$_ + 1]{start}, $first[$_]{end}, 'interval follows interval') for 0 .. 3;
cmp_ok(abs($_->{rate_per_second} - $_->{replied} / ($_->{end} - $_->{start})), '<', 0.2, 'rates') for @first;
cmp_ok($_->{response_p50_ns}, '<=', $_->{response_max_ns}, 'latency') for grep { $_->{replied} } @first;
isnt($first[0]{connect_max_ns}, '', 'connections were made');
is($first[1]{connect_max_ns}, '', 'what was not measured is empty');
isnt($_->{service_p99_ns}, '', 'service time') for grep { $_->{replied} } @first;

$r = mpecho('bench', '-t', 0.2, '-i', 0.1, '-q', '--csv', $server->target);
is($r->{out}, join(',', @$names) . "\n", '-q: no rows');

# What has no column, or comes after the last row.
$server->ask(qw(flip 10));
$r = mpecho('bench', '-t', 0.2, '--csv', $server->target);
is($r->{status}, 1, 'a wrong byte: status 1');
like($r->{err}, qr/\Aproblems +connection 0 at offset 10: changed: .*\n\z/, '... told on standard error');
$server->ask('swallow');
$r = mpecho('bench', '-t', 0.2, '-W', 0.4, '--csv', $server->target);
is($r->{status}, 1, 'silence: status 1');
like($r->{err}, qr/\Aproblems +no reply from .*\n\z/, '... told on standard error');
$server->stop;

# RFC 4180: what could be taken for the end of a column or of a line stands in quotation marks.
for my $odd (',', '"', "\n", "\r") {
    my $path = temp_dir() . "/a${odd}b";
    my $brief = EchoServer->new(sub ($peer) { receive($peer, 64) }, unix => $path);
    my ($shown, $quoted) = (sprintf('%v02x', $odd), $path =~ s/"/""/r);
    my $r = mpecho('ping', '-c', 1, '--csv', $brief->target);
    like($r->{out}, qr/^1,0\.\d+,0,,,"unix:\Q$quoted\E closed the connection"\n\z/m, "a note with \\x$shown is quoted");
    like($r->{err}, qr/closed the connection/, '... and told');
    $brief->stop;
}

$r = mpecho('bench', '--csv', $server->target);
is($r->{status}, 2, 'nobody there');
is($r->{out}, join(',', @$names) . "\n", '... the same names, and no rows');
like($r->{err}, qr/\Ampecho: cannot connect .*\n\z/, '... and why not');
$r = mpecho('ping', '--csv', $server->target);
is($r->{out}, "sequence,at,bytes,rtt_ns,connect_ns,note\n", '... and those of ping');
like($r->{err}, qr/\Ampecho: cannot connect .*\n\z/, '... and why not');
finish();
