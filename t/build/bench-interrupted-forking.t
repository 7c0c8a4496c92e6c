#!/usr/bin/perl
# A benchmark that is interrupted while it starts a server, before that is more than a copy of itself, ends it as well.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Strace;
use Test::More;

Strace::need();

my $dir = File::Temp->newdir('mpecho-XXXXXX', TMPDIR => 1);
chmod 0755, $dir;

sub servers () { processes_of(TMPDIR => "$dir") }

my @options = ('--seconds', 60, '--servers', 'mpechod', '--rows', 'echoes_1', '--out', "$dir");
my $pid = spawn([ "$FindBin::Bin/../bench/run", @options ], env => { TMPDIR => "$dir", Strace::bearable() },
    stderr => "$dir/err", in_child => sub { kill STOP => $$ });
wait_until(sub { (process($pid) // die)->{state} eq 'T' });
# Whoever forks hears of it late, and the child takes its time before it becomes another program.
my $strace = Strace->attach($pid, '-f', '-e', 'trace=execve,' . Strace::forks(),
    '-e', 'inject=' . Strace::forks() . ':delay_exit=50000', '-e', 'inject=execve:delay_enter=300000');
kill CONT => $pid;
wait_ok(sub { my ($of_server) = glob "$dir/mpecho-bench-*/1"; $of_server && children($pid) }, 30, 'the first server is being started');
kill INT => $pid;
is(reap($pid, 30), 1 << 8, 'status 1');
is(join(' ', servers()), '', 'no server is left behind');
like(slurp("$dir/err"), qr/^run: ended by SIGINT$/m, 'it says why');
$strace->detach;
finish();
