#!/usr/bin/perl
# ^C makes the terminal throw away what was typed before it. If that happens after mpecho has seen a key and before it
# has read it, mpecho must not wait for another key, deaf to signals.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Editing;
use EchoServer;
use Mpecho;
use Strace;
use Test::More;

Strace::need();

# An interrupt that is ignored leaves mpecho as it was. Each time that poll returns it is held up, for long enough to
# let the terminal be flushed just then.
my $server = EchoServer->new(\&echo);
my $person = Editing->new($server->target,
    { Strace::bearable(), in_child => sub ($pty) { $pty->control; $SIG{INT} = 'IGNORE' } });
$person->type("first\n");
$person->sees("first\nfirst", 'it is there');
my $strace = Strace->attach($person->pid, '-e', 'inject=/^p?poll:delay_exit=30000');

sub is_interrupt_pending () { hex(status_of($person->pid, 'ShdPnd') // 0) & 1 << 1 }

my $deaf = 0;
for (1 .. 8) {
    $person->type('x');
    let_pass(0.004);
    $person->type("\cC");
    wait_until(\&is_interrupt_pending, 0.02);
    $deaf ||= !wait_until(sub { $person->look(sub { 1 }); !is_interrupt_pending() }, 2);
    last if $deaf;
}
ok(!$deaf, 'every interrupt is heard');
$strace->detach;
kill TERM => $person->pid;
$person->ends(143, '', 'a signal that ends it');

$server->stop;
finish();
