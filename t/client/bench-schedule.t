#!/usr/bin/perl
# A bench tells its intervals on a schedule, which no delay of one of them shifts for all that follow.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use FaultyServer;
use JSON::PP;
use Mpecho;
use Test::More;

my $server = FaultyServer->new;
my $client = start_mpecho(qw(bench -t 1.6 -i 0.2 --json-stream), $server->target);
ok(wait_for_output($client, qr/"interval"/), 'an interval has ended');
halt($client->{pid});
let_pass(0.3);    # to the middle of another one
kill CONT => $client->{pid};
my ($summary, @rows) = reverse map { decode_json($_) } split /\n/, end_of($client)->{out};
@rows = reverse @rows;
my $late = (grep { $_->{end} - $_->{start} > 0.25 } @rows)[0];
ok($late, 'one was told late') or diag(join ' ', map { $_->{end} } @rows);
my @after = grep { $_->{start} >= $late->{end} && $_->{end} < 1.59 } @rows;
my ($least) = sort { $a <=> $b } map { my $rest = $_->{end} * 5; ($rest - int $rest) / 5 } @after;
cmp_ok($least, '<', 0.05, 'those after it end when they would have ended: ' . join ' ', map { $_->{end} } @after);
is($rows[$_ + 1]{start}, $rows[$_]{end}, 'interval follows interval') for 0 .. $#rows - 1;

$server->stop;
finish();
