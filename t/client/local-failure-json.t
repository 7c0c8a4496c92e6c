#!/usr/bin/perl
# With --json and --json-stream there is an object with the status, also when this machine lacks what the run needs.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use JSON::PP;
use Mpecho;
use Test::More;

my $server = EchoServer->new(\&echo);
my $file = temp_dir() . '/none/file';
for my $mode (['ping', '-c', 1], ['ping', '-u', '-c', 1], ['bench', '-t', 0.1]) {
    for my $format ('--json', '--json-stream') {
        my $r = mpecho(@$mode, $format, '--svg', $file, $server->target);
        is($r->{status}, 3, "@$mode, $format: status 3");
        is($r->{err}, "mpecho: $file: No such file or directory\n", "@$mode, $format: why");
        my $object = eval { decode_json($r->{out}) } // {};
        is("@{$object}{qw(type status)}", 'summary 3', "@$mode, $format: an object") or diag($r->{out});
    }
}
$server->stop;
finish();
