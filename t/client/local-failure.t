#!/usr/bin/perl
# What this machine lacks is told as such in every mode, and not as a failure of the server: status 3.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use Mpecho;
use Test::More;

my ($strace) = grep { -x } map { "$_/strace" } split /:/, $ENV{PATH};
plan(skip_all => 'strace is missing') if !$strace;
$ENV{ASAN_OPTIONS} = ($ENV{ASAN_OPTIONS} // '') . ':detect_leaks=0';    # which cannot be looked for in a traced process

# With no socket to be had.
sub without_sockets (@arguments) {
    my ($mpecho, undef) = ($Mpecho::PROGRAM, local $Mpecho::PROGRAM = $strace);
    return mpecho(qw(-f -qq -o /dev/null -e trace=socket -e inject=socket:error=EMFILE), $mpecho, @arguments);
}

my $server = EchoServer->new(\&echo);
my $at = join ':', $server->target;
plan(skip_all => 'strace may not trace here') if without_sockets('--version')->{status} != 0;

for my $mode (['pipe'], ['ping'], ['ping', '-u'], ['bench'], ['bench', '-u']) {
    my $r = without_sockets(@$mode, $server->target);
    is($r->{status}, 3, "@$mode: status 3");
    is($r->{err}, "mpecho: cannot connect to $at: Too many open files\n", "@$mode: why");
}
my $r = without_sockets('check', $server->target);
is($r->{status}, 3, 'check: UNKNOWN');
like($r->{out}, qr/\AECHO UNKNOWN - cannot connect to \Q$at\E: Too many open files \|/, 'check: why');

$server->stop;
finish();
