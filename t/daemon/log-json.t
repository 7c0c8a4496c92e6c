#!/usr/bin/perl
# log.format = "json": every line is a JSON object.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use JSON::PP qw(decode_json);

my $d = Mpechod->new(log => { format => 'json' })->start;
ok($d->log_wait(qr/"message":"ready: 2 workers, listening on 127\.0\.0\.1:\d+"/), 'the ready line');
my $c = $d->connect;
my ($here, $there) = map { "127.0.0.1:$_" } $c->sockport, $c->peerport;
my $worker = $d->worker_of($c);
echo_ok($c, 'hello');
end_ok($c);
my $line   = $d->log_wait(qr/"peer"/);
my $access = decode_json($line);
is($access->{level}, 'info',  'level');
is($access->{pid},   $worker, 'pid');
is($access->{peer},  $here,   'peer');
is($access->{local}, $there,  'local');
is($access->{in},    5,       'in');
is($access->{out},   5,       'out');
is($access->{end},   'eof',   'end');
like($line, qr/^\{"timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",/, 'when');

$d->expect(qr/killed by SIGKILL/);
my ($victim) = $d->workers;
kill KILL => $victim;
my $death = decode_json($d->log_wait(qr/killed by/));
like($death->{message}, qr/^worker $victim \(slot \d+\) killed by SIGKILL$/, 'a message');
is($death->{level}, 'warn', 'a warning');

my @lines  = split /\n/, slurp($d->log_file);
my @broken = grep { !eval { ref(decode_json($_)) eq 'HASH' } } @lines;
is("@broken", '', 'every line is an object');
# Of a key that an object has twice a reader loses one value.
my @twice = grep { my %n; my $l = $_; grep { $n{$_}++ } $l =~ /[{,]"(\w+)":/g } @lines;
is("@twice", '', 'no object has a key twice');

finish();
