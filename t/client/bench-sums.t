#!/usr/bin/perl
# In every kind of load, whatever the server does: what was sent, or was to be, came back or is lost; every connection is
# accounted for; and the exit status tells of it.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use FaultyServer;
use JSON::PP;
use Mpecho;
use Test::More;

my @loads = (
    [ 'closed loop' => '-c', 3 ],
    [ 'pipeline'    => '-c', 3, '-P', 4, '-s', '100,3000' ],
    [ 'open loop'   => '-c', 3, '-R', 300 ],
    [ 'crr'         => '-c', 3, '--crr' ],
    [ 'burst'       => '-c', 20, '--burst' ],
    [ 'hold'        => '-c', 5,  '--hold', '0.1' ],
    [ 'threads'     => '-c', 4,  '-j',     3, '--omit', '0.1' ],
);
my @faults = (
    [ flip => 3 ], [ drop => 3, 5 ], [ repeat => 2, 9 ], [ insert => 4, 7 ], [ truncate => 5 ], [ reset => 5 ], ['swallow'], ['refuse'],
);
for my $fault (@faults) {
    my @running = map {
        my ($name, @options) = @$_;
        my $server = FaultyServer->new;
        $server->ask(@$fault) if $fault->[0] ne 'refuse';
        my $client = start_mpecho('bench', '--json', '-t', 0.4, '-W', 0.3, @options, $server->target);
        if ($fault->[0] eq 'refuse') { $server->do(qw(delay 0)); $server->ask('refuse') }
        { name => "$fault->[0], $name", server => $server, client => $client, refused => $fault->[0] eq 'refuse' };
    } @loads;
    for my $run (@running) {
        ok($run->{server}->done, "$run->{name}: done");
        my $r = end_of($run->{client});
        my $o = $r->{out} ? decode_json($r->{out}) : {};
        is($r->{err}, '', "$run->{name}: no error");
        is($o->{sent} + $o->{unsent}, $o->{replied} + $o->{lost}, "$run->{name}: sent and unsent are replied and lost");
        is($r->{status}, $o->{status} // 'none', "$run->{name}: the same status for programs");
        cmp_ok($o->{status}, '>', 0, "$run->{name}: no success")
          if !$run->{refused} && $run->{name} !~ /threads/;    # which may meet it while it is omitted
        is($o->{response}{count}, $o->{replied}, "$run->{name}: every reply is timed") if $o->{response};
        $run->{server}->stop;
    }
    $_->{server}->stop for @running;
}

finish();
