#!/usr/bin/perl
# What the command line says holds through every reload: -l and -o.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my ($port, $other) = (free_port(), free_port());
my $d = Mpechod->new(listen => [ { address => '127.0.0.1', port => $other } ], pool => { start => 2 });
$d->start(args => [ '-l', "127.0.0.1:$port", '-o', 'pool.start=3', '-o', 'timeout.idle=0.4' ]);
is($d->listening, "127.0.0.1:$port", '-l replaces the listeners');
is(scalar(() = $d->log_lines(qr/ready: 3 workers/)), 1, '-o overrides a key');
ok($d->reload(timeout => { idle => 30 }), 'reloaded');
is(read_all($d->connect, 5), '', 'the key is still overridden');
ok(!connect_to("127.0.0.1:$other"), 'and the listener replaced');

finish();
