#!/usr/bin/perl
# A benchmark that is interrupted ends its servers.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $dir = File::Temp->newdir('mpecho-XXXXXX', TMPDIR => 1);
chmod 0755, $dir;

sub servers () { processes_of(TMPDIR => "$dir") }

my @options = ('--seconds', 60, '--servers', 'mpechod,bare', '--rows', 'echoes_1', '--out', "$dir");
my $pid = spawn([ "$FindBin::Bin/../bench/run", @options ], env => { TMPDIR => "$dir" }, stderr => "$dir/err");
wait_ok(sub { servers() > 40 }, 20, 'servers run');
kill INT => $pid;
is(reap($pid, 15), 1 << 8, 'status 1');
like(slurp("$dir/err"), qr/^run: ended by SIGINT$/m, 'it says why');
is(join(' ', servers()), '', 'no server is left behind');
ok(!-e "$dir/results.json", 'and nothing is written');
finish();
