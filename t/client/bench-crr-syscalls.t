#!/usr/bin/perl
# What a connection costs here is part of what --crr measures: ten system calls, of which none fails and one waits.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use FaultyServer;
use JSON::PP;
use Mpecho;
use Strace;
use Test::More;

Strace::need();
my $server = FaultyServer->new;
my $trace = temp_dir() . '/trace';
my $r = run('strace', '-f', '-o', $trace, $Mpecho::PROGRAM, qw(bench --json --crr -t 0.3), $server->target, { env => { Strace::bearable() } });
is($r->{status}, 0, 'status 0') or diag($r->{err});
my $count = decode_json($r->{out})->{connected};
cmp_ok($count, '>', 20, "connections were made ($count)");

# All calls from one socket's making to the next one's, with what they returned.
my @connections = split /^(?=\d+ +socket\()/m, slurp($trace);
my @whole = grep { /connect\(/ && /close\(/ } @connections;
my @calls = map { [ map { /^\d+ +(?:<\.\.\. )?(\w+)[( ].*= (-?\d+)/ ? "$1 $2" : () } split /\n/ ] } @whole;
my ($median) = map { scalar @$_ } (sort { @$a <=> @$b } @calls)[ @calls / 2 ];
cmp_ok($median, '<=', 10, "system calls for each ($median)") or diag($whole[ @whole / 2 ]);
my $some = join "\n", map { @$_ } @calls;
unlike($some, qr/^epoll_ctl -1/m, 'no call for epoll fails');
my $waits = () = $some =~ /^epoll_p?wait/mg;
cmp_ok($waits, '<', 1.5 * @calls, "one wait for each: for the reply ($waits of " . @calls . ')');

$server->stop;
finish();
