#!/usr/bin/perl
# A client that sends and does not read stops being read from: the daemon buffers next to nothing.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d = Mpechod->new->start;
my $c = $d->connect;
echo_ok($c, 'x');
my $worker = $d->worker_of($c);

sub memory ($pid) { (slurp("/proc/$pid/status") =~ /^VmRSS:\s*(\d+)/m)[0] }
my $before = memory($worker);

# Push until nothing has gone for half a second; 50 MiB would never fit into the kernel's buffers.
my $block = join '', map { chr($_ % 251) } 1 .. 1 << 20;
my ($sent, $total) = (0, 50 << 20);
$c->blocking(0);
while ($sent < $total && IO::Select->new($c)->can_write(0.5)) {
    $sent += $c->syswrite($block, 65536, $sent % length $block) // 0;
}
cmp_ok($sent, '<', $total, sprintf 'the client is held back, after %.1f MiB', $sent / (1 << 20));
SKIP: {
    skip 'a sanitizer has memory of its own', 1 if sanitized();
    cmp_ok(memory($worker) - $before, '<', 1024, 'KiB that the worker grew by');
}
echo_ok($d->connect, 'meanwhile', 'others are served');

# Now read, and send the rest.
my ($got, $wrong) = (0, 0);
my $deadline = now() + 30;
while ($got < $total && now() < $deadline) {
    my $set = IO::Select->new($c);
    my ($readable, $writable) = IO::Select->select($set, $sent < $total ? $set : undef, undef, 1);
    if ($writable && @$writable) {
        my $n = $total - $sent < 65536 ? $total - $sent : 65536;
        $sent += $c->syswrite($block, $n, $sent % length $block) // 0;
    }
    if ($readable && @$readable) {
        my $n = $c->sysread(my $bytes, 65536) or last;
        my $at = $got % length $block;
        $wrong++ if $bytes ne substr($block . substr($block, 0, 65536), $at, $n);
        $got += $n;
    }
}
is($got, $total, '50 MiB came back');
is($wrong, 0, 'in order and unharmed');
$c->blocking(1);
end_ok($c);

finish();
