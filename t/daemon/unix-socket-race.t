#!/usr/bin/perl
# Two daemons that want the same Unix socket's path at the same moment: one gets it, and keeps it.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use Strace;
Strace::need();

my $slow = Mpechod->new;
my $fast = Mpechod->new;
my $path = $fast->dir . '/echo.sock';
$_->configure(listen => [ { path => $path } ]) for $slow, $fast;

# The slow one has its socket, and is about to listen.
my $out = $slow->dir . '/strace';
my @slow = (qw(strace -f -qq -o), $out, qw(-e trace=listen -e inject=listen:delay_enter=3000000:when=1));
$slow->start(wrap => \@slow, env => { Strace::bearable() }, no_wait => 1);
wait_ok(sub { slurp($out) =~ /\blisten\(/ }, 10, 'it is about to listen');
ok(!connect_to("unix:$path") && !$!{ECONNREFUSED}, "nobody sees a socket that does not listen ($!)");
$fast->start;
my $inode = (stat $path)[1];
echo_ok($fast->connect, 'hello', 'the fast one serves');

my $why = qr/cannot start: .*somebody listens at \Q$path\E already/;
$slow->expect($why);
is(($slow->wait_end // -1) >> 8, 1, 'the slow one does not start');
like(slurp($slow->dir . '/stderr'), $why, 'and says why');
is((stat $path)[1], $inode, 'the socket is still there');
echo_ok($fast->connect, 'hello', 'and serves');
is(join(' ', glob $fast->dir . '/echo.sock?*'), '', 'no other name is left');

finish();
