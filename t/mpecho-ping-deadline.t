#!/usr/bin/perl
# mpecho ping -w: a probe that would be due at the deadline is not sent, as it has no time left to be answered.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use FaultyServer;
use Mpecho;
use Test::More;

my $server = FaultyServer->new;
my @results = map { mpecho('ping', '-q', '-w', 0.1, '-i', 0.02, $server->target) } 1 .. 10;
is(scalar(grep { $_->{status} != 0 } @results), 0, 'nothing is lost, ten times');
is(scalar(grep { $_->{out} !~ /^([345]) sent, \1 received, 0% loss/m } @results), 0, 'as many as there was time for')
  or diag(map { $_->{out} } @results);
$server->stop;
finish();
