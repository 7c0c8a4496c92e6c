#!/usr/bin/perl
# From a pipe or a file: what comes out is what went in, byte for byte.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use Mpecho;
use Test::More;

my $server = EchoServer->new(\&echo);
my @to = $server->target;

echoes('every value of a byte', join('', map { chr } 0 .. 255), @to);
echoes("$_ bytes", random_bytes($_), @to) for 1, 4095, 4096, 4097, 65536, (1 << 20) - 1, 1 << 20, (1 << 20) + 1;
my $much = random_bytes(8 << 20);
echoes('8 MiB from a pipe', $much, @to);

my $path = temp_dir() . '/input';
open my $file, '+>:raw', $path or die "$path: $!";
print {$file} $much;
close $file or die "$path: $!";
open $file, '<', $path or die "$path: $!";
my $r = mpecho(@to, { stdin => $file });
ok($r->{out} eq $much, '8 MiB from a file');
is($r->{status}, 0, 'status 0');
is($r->{err}, '', 'nothing to say');

$server->stop;
finish();
