#!/usr/bin/perl
# A client that crashes every worker that serves it, as fast as it can, does not shut the others out; what it costs is
# bounded, and new workers are started that share nothing with those that crashed.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Strace;
use Test::More;

# The crashing client has a listener of its own, by which its connections can be told from the others' at a low price.
my $dir = temp_dir();
chmod 0755, $dir;
my $path = "$dir/echo.sock";
my $d = Mpechod->new(
    listen => [ { address => '127.0.0.1', port => 0 }, { path => $path, mode => '0666' } ],
    pool   => { start => 5, min_spare => 5, max_spare => 10, max_workers => 64 },
)->start;
$d->expect(qr/WARN \[\d+\] worker \d+ \(slot \d+\) killed by SIGSEGV(?: \(core dumped\))?$/,
    qr/WARN \[\d+\] workers keep crashing: replacing 16 a second from now on$/,
    qr/WARN \[\d+\] 10 workers crashed within 10 s, perhaps for what they share: starting new workers$/,
    qr/WARN \[\d+\] .* starting generation 2$/);
$d->expect(qr/worker \d+ \(slot \d+\) exited with status \d+$/, qr/^(?!\d{4}-)/) if sanitized();
my $old = $d->connect;
echo_ok($old, 'hello', 'a client that is there already');

my $children = sprintf '/proc/%1$d/task/%1$d/children', $d->master;

# Of the connected sockets with a name in its directory, the one in a worker.
sub crash_one () {
    my $c = connect_to("unix:$path") // return;
    return if exchange($c, 'x', 5) ne 'x';
    my %inode = map { $_ => 1 } slurp('/proc/net/unix') =~ m{^\S+ \S+ \S+ \S+ 0001 03 +(\d+) \Q$dir\E/}mg;
    for my $worker (split ' ', slurp($children)) {
        return kill SEGV => $worker if $inode{ (fd_of($worker, 3) // '') =~ s/\D//gr };
    }
}

# Until the bound on replacing has been in force for a while. A machine on which that is never reached is slow enough.
my $begun    = now();
my $attacker = start_child(sub { crash_one() while 1 });
my ($until, $bounded, @times) = (now() + 15);
while (now() < $until) {
    my $start = now();
    my $c = connect_to($d->listening);
    push @times, $c && exchange($c, 'hello', 20) eq 'hello' ? now() - $start : 99;
    close $c if $c;
    $until = now() + 3 if !$bounded && ($bounded = $d->log_lines(qr/keep crashing/));
    let_pass(0.05);
}
end_child($attacker);
my $seconds = now() - $begun;
@times = sort { $a <=> $b } @times;
my ($median, $worst) = @times[@times / 2, -1];
cmp_ok(scalar @times, '>', 5, 'others came: ' . @times);
cmp_ok($median, '<', 0.3, sprintf 'they are served soon: after %.3f s', $median);
cmp_ok($worst, '<', 1.8, sprintf 'even the last of them: after %.3f s', $worst);
echo_ok($old, 'and on', 'whoever was there already goes on');

my $crashes = () = $d->log_lines(qr/killed by SIGSEGV|exited with status/);
cmp_ok($crashes, '>', 10, "it has crashed workers: $crashes");
cmp_ok($crashes, '<', 64 + 64 + 16 * $seconds, sprintf 'no more than may be forked in %.1f s', $seconds);
cmp_ok(scalar(() = $d->log_lines(qr/keep crashing/)), '<=', 1, 'that forking is bounded is said once');
for my $line (qr/10 workers crashed within 10 s/, qr/starting generation/) {
    is(scalar(() = $d->log_lines($line)), 1, "one line: $line");
}
wait_ok(sub { $d->idle_workers >= 5 }, 10, 'the pool is whole again');
end_ok($old);

# They crash while a reload is under way, which comes to nothing: the new workers are only put off.
SKIP: {
    skip 'strace may not trace here', 1 if run('strace', '-o', '/dev/null', 'true')->{status} ne '0';
    my $other = Mpechod->new(pool => { start => 12, min_spare => 12, max_spare => 12, max_workers => 24 })->start(env => { Strace::bearable() });
    $other->expect(qr/killed by SIGSEGV/, qr/10 workers crashed within 10 s/, qr/config not reloaded/, qr/starting generation 2/, qr/exited with status/,
        qr/^(?!\d{4}-)/);
    my @idle   = $other->idle_workers;
    my $strace = Strace->attach($other->master, '-f', '-e', 'trace=close_range', '-e', 'inject=close_range:delay_enter=700000');
    spew($other->{conf}, 'nonsense');
    $other->signal('HUP');
    wait_until(sub { grep { $_->{comm} eq 'mpechod-errand' } children($other->master) });
    kill SEGV => @idle[0 .. 9];
    ok($other->log_wait(qr/config not reloaded/), 'a reload fails');
    ok($other->log_wait(qr/starting generation 2/), 'and then there is a new generation');
    $strace->detach;
    $other->end;
}
finish();
