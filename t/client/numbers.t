#!/usr/bin/perl
# Numbers on the command line: digits, a fraction, an exponent, in every option; and what looks like one is refused.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use JSON::PP;
use Mpecho;
use Test::More;

my $server = EchoServer->new(\&echo);
for my $case (
    [ 'interval_seconds', 0.001,  '-i',  '1e-3' ],
    [ 'interval_seconds', 0.0005, '-i',  '.5e-3' ],
    [ 'interval_seconds', 0.002,  '-i',  '2E-03' ],
    [ 'timeout_seconds',  2000,   '-W',  '2e+3' ],
    [ 'count',            1,      '-c',  '1e0' ],
    [ 'sizes',            2048,   '-s',  '2k' ],
    [ 'sizes',            1000,   '-s',  '1e3' ],
) {
    my ($name, $value, @option) = @$case;
    my $r = mpecho('ping', '--json', '-c', 1, @option, $server->target);
    my $options = (eval { decode_json($r->{out}) } // {})->{options};
    my $got = ref $options->{$name} ? $options->{$name}[0] : $options->{$name};
    is($got, $value, "@option") or diag($r->{err});
}
is(mpecho('check', '-w', '1e-6', '-c', '1e4', $server->target)->{status}, 1, 'the least that is named when another is refused');

for my $text ('', '1e', '1e-', '1-2', '0x1', '+1', '-1', '1 ', 'e3', '1e-3-2', 'infinity', '--1') {
    my $r = mpecho('ping', "--interval=$text", $server->target);
    is($r->{status}, 64, "'$text' is refused");
    like($r->{err}, qr/\Ampecho: --interval \Q$text\E: not a number of seconds from 0 to 86400\n/, "'$text': why");
}

$server->stop;
finish();
