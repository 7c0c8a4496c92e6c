#!/usr/bin/perl
# A connection that gets no answer is not told as one that was refused.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use JSON::PP;
use Mpecho;
use Test::More;

# The server takes one connection, and its queue nine more: the kernel does not answer the others.
sub bench (@options) {
    my $busy = EchoServer->new(sub ($peer) { hold_open($peer) }, queue => 8);
    my $r = mpecho(qw(bench --burst -c 30 -W 0.4), @options, $busy->target);
    $busy->stop;
    return $r->{out};
}

my $json = decode_json(bench('--json'));
cmp_ok($json->{unanswered}, '>', 5, "connections that had no answer are counted ($json->{unanswered})");
is($json->{refused}, $json->{unanswered}, '... among those that could not be made');
my ($said) = grep { $_->{text} =~ /Connection timed out/ } @{ $json->{problems} };
is($said->{count}, $json->{unanswered}, '... and the problem is named');
my $out = bench();
like($out, qr/^connections .*, \d+ not answered\b/m, '... in words');
unlike($out, qr/^connections .*refused/m, '... and none was refused');

# Refused: the server has gone after the first one.
my $gone = EchoServer->new(sub ($peer) { exit });
$out = mpecho(qw(bench -c 3 -t 0.3), $gone->target)->{out};
like($out, qr/^connections .*, \d+ refused/m, 'refused ones are');
unlike($out, qr/^connections .*not answered/m, '... and not taken for others');
$gone->stop;
finish();
