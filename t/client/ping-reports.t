#!/usr/bin/perl
# The reports of mpecho ping for programs: a JSON object or a row for each probe, and a summary with the same numbers.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use FaultyServer;
use JSON::PP;
use Mpecho;
use Test::More;

my $server = FaultyServer->new;
my $json = JSON::PP->new->utf8;

my $r = mpecho('ping', '-c', 4, '-i', 0.01, '-s', 100, '--json-stream', $server->target);
is($r->{status}, 0, 'a stream');
is($r->{err}, '', 'no error');
my (@probes) = map { $json->decode($_) } split /\n/, $r->{out};
my $o = pop @probes;
is(join(' ', map { "$_->{type}$_->{sequence}" } @probes), 'probe1 probe2 probe3 probe4', 'an object a probe');
is("@$o{qw(type mode sent replied lost status)}", 'summary ping 4 4 0 0', 'and the summary');
my @rtt = sort { $a <=> $b } map { $_->{rtt_ns} } @probes;
is($o->{response}{min_ns}, $rtt[0], 'with the least');
is($o->{response}{max_ns}, $rtt[-1], 'and the greatest round trip');
is(join(' ', map { $_->{bytes} } @probes), '100 100 100 100', 'sizes');
is(join(' ', sort { $a <=> $b } map { $_->{at} } @probes), join(' ', map { $_->{at} } @probes), 'times rise');
ok($probes[0]{connect_ns} > 0 && !defined $probes[1]{connect_ns}, 'the first one had to connect');

$r = mpecho('ping', '-c', 3, '-i', 0.01, '--json', '--assert', 'p50<1ns', $server->target);
is($r->{status}, 1, 'an assertion that does not hold');
like($r->{err}, qr/\Ampecho: assertion failed: p50<1ns: p50 is .+\n\z/, '... is told on standard error');
$o = $json->decode($r->{out});
is($o->{service}, undef, 'one connection: there is no service time beside the response time');
is("@$o{qw(mode replied status)}", 'ping 3 1', 'one object');
is_deeply([map { $_->{text} } @{ $o->{assertions} }], ['p50<1ns'], 'tells it');

# Text with a comma is quoted.
my $client = start_mpecho('ping', '-c', 5, '-i', 0.05, '--csv', $server->target);
ok($server->do('flip', 10), 'a byte is changed');
$r = end_of($client);
is($r->{status}, 1, 'a wrong byte');
like($r->{err}, qr/\Aproblems +connection 0 at offset 10: changed: .*\n\z/, '... told on standard error, too');
my ($names, @rows) = split /\n/, $r->{out};
is($names, 'sequence,at,bytes,rtt_ns,connect_ns,note', 'names of columns');
is(scalar @rows, 5, 'a row for each probe');
my $note = qr/"(?:[^"]|"")*"|[^",]*/;
is(scalar(grep { !/^\d+,\d+\.\d{6},\d+,\d*,\d*,$note$/ } @rows), 0, 'numbers and a note') or diag($r->{out});
is(scalar(grep { /^\d+,\d+\.\d+,0,,\d*,"[^"]*changed: sent 0x\w\w, received 0x\w\w"$/ } @rows), 1, 'the lost one has no time, and says why');

# Pictures of probes.
my $file = temp_dir() . '/ping.svg';
$client = start_mpecho('ping', '-c', 5, '-i', 0.05, '-q', '--svg', $file, $server->target);
ok($server->do('flip', 10), 'a byte is changed');
is(end_of($client)->{status}, 1, 'a picture of a loss');
open my $svg, '<', $file or die "$file: $!";
my $picture = do { local $/; <$svg> };
like($picture, qr/>mpecho ping 127.0.0.1:\d+<.*>64 bytes, one at a time, .*>4 messages came back, 1 lost</s, 'what it shows');
like($picture, qr/>round trip</, 'a line of probes');
is(scalar(() = $picture =~ /<rect [^>]*opacity/g), 1, 'and a band where one was lost');

$r = mpecho('ping', '-c', 1000, '-i', 0, '-q', '--svg', $file, $server->target);
is($r->{status}, 0, 'many probes');
cmp_ok(-s $file, '<', 120_000, 'are a picture of bounded size');

$server->stop;
for my $format ('--json', '--json-stream') {
    $r = mpecho('ping', '-c', 1, $format, $server->target);
    is("$r->{status} " . $json->decode($r->{out})->{status}, '2 2', "$format: nobody there");
    like($r->{err}, qr/\Ampecho: cannot connect to .+: Connection refused\n\z/, "$format: told on standard error");
}
finish();
