#!/usr/bin/perl
# Signals to mpecho bench: QUIT shows the summary so far, INT and TERM end with it, a second one ends at once, whether or
# not anybody reads the output.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use FaultyServer;
use JSON::PP;
use Mpecho;
use Test::More;

use constant F_SETPIPE_SZ => 1031;    # fcntl(2)

my $server = FaultyServer->new;
my $summary = qr/^messages +[\d,]+ sent, [\d,]+ came back, none lost\nrate /m;

for my $signal (qw(INT TERM)) {
    my $client = start_mpecho('bench', '-t', 60, '-i', 0.05, $server->target);
    ok(wait_for_output($client, qr/^ +0\.00-/m), "$signal: running");
    kill $signal => $client->{pid};
    my $r = end_of($client);
    is($r->{status}, 0, "$signal: status 0");
    like($r->{out}, $summary, "$signal: the summary");
    is($r->{err}, '', "$signal: no error");
}

my $client = start_mpecho('bench', '-t', 60, '-i', 0.05, '--json', $server->target);
ok(wait_until(sub { blocks_int($client) }), 'QUIT: running');
kill QUIT => $client->{pid};
ok(wait_until(sub { -s $client->{stderr} }), 'QUIT: something is written to standard error');
kill INT => $client->{pid};
my $r = end_of($client);
like($r->{err}, qr/^messages /m, 'QUIT: it is the summary so far');
is(() = $r->{err} =~ /^messages /mg, 1, 'QUIT: only one');
unlike($r->{out}, qr/^messages /m, 'QUIT: standard output has JSON only');
is($r->{status}, 0, 'QUIT: no failure');

# Before the first interval has ended.
$client = start_mpecho('bench', '-q', '-i', 60, '-t', 60, $server->target);
ok($server->do(qw(delay 0)), 'QUIT at once: begun');
kill QUIT => $client->{pid};
ok(wait_until(sub { -s $client->{stderr} }), 'QUIT at once: something is written to standard error');
kill INT => $client->{pid};
$r = end_of($client);
like($r->{err}, qr/^messages +[1-9]/m, 'QUIT at once: what was counted by then');

# Whoever had ^C ignored wants it so.
$client = start_mpecho('bench', '--json', '-t', 0.5, $server->target, { in_child => sub { $SIG{INT} = 'IGNORE' } });
ok($server->do(qw(delay 0)), 'ignored: begun');
kill INT => $client->{pid} for 1 .. 3;
$r = end_of($client);
is($r->{status}, 0, 'ignored: goes on to its end');
ok(!decode_json($r->{out})->{interrupted}, 'ignored: not interrupted');

# Nobody reads: INT ends the measuring, and the next one the waiting for the reader.
{
    pipe my $reader, my $stdout or die "pipe: $!";
    fill($stdout);
    my $client = start_mpecho('bench', '-t', 60, '-i', 0.05, '--json-stream', $server->target, { stdout => $stdout });
    ok(wait_until(sub { blocks_int($client) }), 'nobody reads: running');
    kill INT => $client->{pid};
    ok(wait_until(sub { int_ends_it($client) }), 'INT: it has heard');
    kill INT => $client->{pid};
    is(end_of($client)->{status}, 130, 'a second INT ends it at once');
}

# When it is only the summary that nobody reads, one is enough.
{
    pipe my $reader, my $stdout or die "pipe: $!";
    fcntl $stdout, F_SETPIPE_SZ, 4096 or die "fcntl: $!";
    my $client = start_mpecho('bench', '-t', 0.7, '-i', 0.01, '--json', $server->target, { stdout => $stdout });
    ok(wait_until(sub { blocks_int($client) }), 'a summary that nobody reads: running');
    ok(wait_until(sub { int_ends_it($client) }), '... measured');
    kill INT => $client->{pid};
    is(end_of($client)->{status}, 130, '... INT ends it at once');
}
$server->stop;
finish();
