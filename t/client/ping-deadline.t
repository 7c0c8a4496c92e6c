#!/usr/bin/perl
# mpecho ping -w: a probe that would be due at the deadline is not sent, as it has no time left to be answered; and wrong
# bytes that have come are told, though it is not awaited what follows them.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use FaultyServer;
use Mpecho;
use Test::More;

my $server = FaultyServer->new;
my @clients = map { start_mpecho('ping', '-q', '-w', 0.5, '-i', 0.1, $server->target) } 1 .. 10;
my @results = map { end_of($_) } @clients;
is(scalar(grep { $_->{status} != 0 } @results), 0, 'nothing is lost, ten times');
is(scalar(grep { $_->{out} !~ /^([1-5]) sent, \1 received, 0% loss/m } @results), 0, 'as many as there was time for')
  or diag(map { $_->{out} } @results);
$server->stop;

# A probe that has not waited for longer than twice the longest round trip counts as never sent.
my $slow = EchoServer->new(sub ($peer) { echo($peer, sub ($bytes, $offset) { let_pass(0.4); $bytes }) });
my $r = mpecho('ping', '-q', '-i', 0, '-w', 0.6, $slow->target);
like($r->{out}, qr/^1 sent, 1 received, 0% loss/m, 'a probe that is on its way, as long as it may be, was not sent');
is($r->{status}, 0, '... and is not lost');
$slow->stop;

# The time is too short for whatever else may tell of it; on a busy machine for the reply as well, so some tries are free.
for my $mode (['ping', '-w', 0.04], ['check', '-t', 0.04]) {
    my $bad = EchoServer->new(sub ($peer) {
        substr(my $bytes = receive($peer, 64), 30, 1) ^.= 'x';
        send_all($peer, $bytes);
        receive($peer, 1);
    });
    my $r;
    for (1 .. 20) {
        $r = mpecho(@$mode, $bad->target);
        last if $r->{out} =~ /changed/;
    }
    like($r->{out}, qr/\bat offset 30: changed: /, "@$mode: a wrong byte right before the end");
    is($r->{err}, '', "@$mode: no error");
    $bad->stop;
}
finish();
