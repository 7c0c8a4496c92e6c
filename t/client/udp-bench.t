#!/usr/bin/perl
# mpecho bench -u: closed loop and open loop with datagrams, on several sockets and threads; and nothing waits for ever.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP;
use Mpecho;
use Test::More;
use UdpEchoServer;

# The result, the exit status and the seconds it took.
sub bench (@arguments) {
    my $from = now();
    my ($json, $status) = result(begin(@arguments));
    return ($json, $status, now() - $from);
}

sub begin (@arguments) { start_mpecho('bench', '-u', '--json', @arguments) }

sub result ($client) {
    my $r = end_of($client);
    return (eval { decode_json($r->{out}) } // {}, $r->{status});
}

my $server = UdpEchoServer->new;
for my $load ([], [qw(-P 8)], [qw(-c 3)], ['-c', 4, '-j', 2, '-P', 4, '-s', '8,100,2000']) {
    my ($json, $status) = bench('-t', 0.3, @$load, $server->target);
    is($status, 0, "closed loop @$load: status 0");
    is($json->{sent}, $json->{replied}, "closed loop @$load: all came back");
    cmp_ok($json->{replied}, '>', 32, "closed loop @$load: more than wait at a time");
}

my ($json, $status) = bench('-t', 1, '-R', 400, '-c', 3, '-j', 2, $server->target);
is($status, 0, 'open loop: status 0');
at_rate('open loop', $json);
cmp_ok($json->{service}{p50_ns}, '>', 0, 'open loop: a service time');
cmp_ok($json->{jitter_ns}, '>', 0, 'open loop: jitter');

# These mostly wait, so all at once.
my $far    = UdpEchoServer->new(sub ($bytes, $n, $keep) { [0.4, $bytes] });
my $losing = UdpEchoServer->new(sub ($bytes, $n, $keep) { $n % 10 == 9 ? () : $bytes });
my $late   = UdpEchoServer->new(sub ($bytes, $n, $keep) { [0.06, $bytes] });
my @begun  = map { begin(@$_) } [ '-t', 0.8, '-R', 200, '-W', 5, $far->target ], [ '-t', 1, '-P', 4, '-W', 0.1, $losing->target ],
  [ '-t', 1, '-R', 100, '-W', 0.02, $late->target ];
my ($far_away, $lossy, $too_late) = map { [ result($_) ] } @begun;

# A rate that is kept is the rate, however long the way is.
($json) = @$far_away;
cmp_ok(abs($json->{rate_per_second} - 200), '<', 30, "a long way: the rate ($json->{rate_per_second})");
cmp_ok($json->{replied_in_time}, '<', 120, '... of what came back within the measured time');
$far->stop;

# No reply is waited for until the next sweep, whatever counts of it.
($json) = bench(qw(-t 0.1 -i 0.05 --omit 0.55), $server->target);
cmp_ok($json->{intervals}[0]{replied}, '>', 0, 'omitted time: the load goes on where it ends');

# The server stops for a while: what was due meanwhile was sent, and all of it waits.
my $client = start_mpecho('bench', '-u', '--json', '-t', 1, '-R', 400, '-W', 5, $server->target);
ok(wait_until(sub { socket_to($server->port) }), 'a server that stops: begun');
halt($server->pid);
ok(wait_until(sub { hex((split /:/, (socket_of($server->port))[4] // ':0')[1]) > 50_000 }), 'a server that stops: datagrams wait for it');
kill CONT => $server->pid;
$json = decode_json(end_of($client)->{out});
is($json->{lost}, 0, 'a server that stops: nothing is lost');
at_rate('a server that stops', $json);

# A run for a second at 400 a second, which on a busy machine may end late.
sub at_rate ($name, $json) {
    cmp_ok($json->{sent}, '>=', 390, "$name: the rate is kept");
    cmp_ok($json->{sent}, '<=', 400 * ($json->{seconds} + 0.5), '... and not exceeded');
}

# The kernel's line of the socket that is bound, or connected, to this port, in words.
sub socket_of ($port) { socket_where(1, $port) }
sub socket_to ($port) { socket_where(2, $port) }

sub socket_where ($column, $port) {
    my $address = sprintf '0100007F:%04X', $port;
    return map { my @words = split; $words[$column] eq $address ? @words : () } split /\n/, slurp('/proc/net/udp');
}

# Of each ten one is lost. In the closed loop its place is free again after the timeout.
($json, $status) = @$lossy;
is($status, 1, 'a loss: status 1');
cmp_ok($json->{lost}, '>=', 8, "a loss: more than fill the places are lost ($json->{lost})");
cmp_ok(abs($json->{lost} / $json->{sent} - 0.1), '<', 0.02, 'a loss: of a tenth');
is($json->{replied} + $json->{lost}, $json->{sent}, 'a loss: each has come back or is lost');

# Later than -W is too late, though losses are looked for only ten times a second.
($json) = @$too_late;
cmp_ok($json->{lost}, '>', 0.75 * $json->{sent}, "too late: lost ($json->{lost} of $json->{sent})");
$late->stop;

# A silent server: the open loop sends all the same, and the end comes when nothing can come any more.
my $silent = UdpEchoServer->new(sub { () });
($json, $status, my $took) = bench('-t', 0.5, '-R', 100, '-W', 0.3, $silent->target);
is($status, 1, 'silence: status 1');
cmp_ok($json->{sent}, '>=', 50, "silence: sent at the rate ($json->{sent})");
cmp_ok($json->{sent}, '<=', 2 + 100 * ($took - 0.3), 'silence: and no more than that');
is($json->{lost}, $json->{sent}, 'silence: all lost');
is($json->{jitter_ns}, undef, 'silence: no jitter');
cmp_ok($took, '<', 10, 'silence: bounded');
$client = start_mpecho('bench', '-u', '-t', 30, '-W', 20, $silent->target);
ok(wait_for_output($client, qr/closed loop\n/), 'silence: begun');
my $from = now();
kill INT => $client->{pid};
is(end_of($client)->{status}, 1, '^C: what is on its way is lost');
cmp_ok(now() - $from, '<', 15, '^C: it is not waited for');

# Nobody there: refused ten times a second and place, not as fast as possible.
($json, $status, $took) = bench('-t', 0.5, '-P', 2, '127.0.0.1', UdpEchoServer::closed_port());
is($status, 2, 'nobody there: status 2');
is($json->{refused}, $json->{sent}, 'nobody there: all refused');
cmp_ok($json->{sent}, '<=', 2 * (2 + 10 * $took), 'nobody there: not asked too often');

# Replies that come faster than they are read are thrown away by our own kernel, and not lost on the way: this is said.
my $flooding = UdpEchoServer->new(sub ($bytes, $n, $keep) { $n == 3 ? map { [$_ / 500, $bytes] } 1 .. 2000 : $bytes });
$client = start_mpecho('bench', '-u', '-t', 20, '-R', 50, '-s', 50000, '-i', 0.1, $flooding->target);
ok(wait_for_output($client, qr/-0\.2\d /), 'overflow: begun');
halt($client->{pid});
ok(wait_until(sub { my @words = socket_to($flooding->port); @words && $words[-1] > 0 }), 'overflow: the kernel has counted it');
kill $_ => $client->{pid} for qw(CONT INT);
like(end_of($client)->{out}, qr/a reply was thrown away here, as none were read fast enough(?:, [\d,]+ times)?$/m, 'overflow: said');
$flooding->stop;

$_->stop for $server, $losing, $silent;
finish();
