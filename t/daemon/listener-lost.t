#!/usr/bin/perl
# A listener that breaks and cannot be opened anew does not hold up the others; it is tried again, and comes back.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d    = Mpechod->new;
my $path = $d->dir . '/echo.sock';
$d->configure(listen => [ { path => $path }, { address => '127.0.0.1', port => 0 } ])->start;
my $name = qr/listener unix:\Q$path\E/;
$d->expect(qr/$name is broken .*cannot be opened anew: .*not a socket.*; trying again/,
    qr/worker leaves: its listening socket/, qr/exited with status 69/);

sub steal ($pid, $fd) { descriptor_of($pid, $fd) // plan(skip_all => "pidfd_getfd: $!") }

# Somebody else's file stands where the socket should be. Nobody finds the socket, but it works still.
my $socket = steal(($d->idle_workers)[0], 8);
rename $path, "$path.away" or die $!;
spew($path, "somebody else's\n");
ok($d->log_wait(qr/ERROR \[\d+\] $name is broken \(its file was removed or replaced\) and cannot be opened anew/), 'said');
echo_ok(connect_to("unix:$path.away"), 'hello', 'who finds the socket all the same is served');

# Then the socket is shut down, too.
shutdown $socket, 2 or die $!;
close $socket;
my $address = $d->listening(1);
my $until   = now() + 1.5;
my ($good, @bad) = (0);
while (now() < $until) {
    my $c = connect_to($address, Timeout => 1);
    if ($c && exchange($c, 'x', 1) eq 'x') { $good++ }
    else                                   { push @bad, $! }
    let_pass(0.01);
}
cmp_ok($good, '>', 20, "$good connections by the other listener meanwhile");
is("@bad", '', 'none of them fails');
is(scalar($d->log_lines(qr/ERROR \[\d+\] $name is broken/)), 1, 'it is said once');
cmp_ok(scalar(() = $d->log_lines(qr/WARN|ERROR/)), '<=', 3, 'and hardly anything else');
is(join("\n", $d->log_lines(qr/its listening socket does not work/)), '', 'nor does any worker wait for it: they are replaced');
is(slurp($path), "somebody else's\n", 'the file is as it was');

unlink $path, "$path.away";
ok($d->log_wait(qr/INFO \[\d+\] $name works again/), 'when the file is gone, it works again');
echo_ok(connect_to("unix:$path"), 'hello');
is(scalar($d->log_lines(qr/$name works again/)), 1, 'said once');

finish();
