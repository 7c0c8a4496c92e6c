# Load.pm: one measurement with mpecho bench, as JSON. Called by run. Dies with a reason when anything was lost or came
# back wrong, when it takes longer than it may, or when memory runs short; mpecho has ended by then.
package Load;
use v5.36;

use JSON::PP ();
use Harness qw(now reap slurp spawn);
use Mpechod ();
use POSIX ();
use Time::HiRes ();

use Machine;

our $PROGRAM = $ENV{MPECHO} ? Cwd::abs_path($ENV{MPECHO}) : "$Mpechod::BUILD/client/mpecho";

# The object that mpecho prints. seconds: within which it must have ended. Messages are lines, because Apache's mod_echo
# answers no sooner than at the end of one.
sub measure ($dir, $port, $seconds, @arguments) {
    unlink "$dir/out", "$dir/err";
    # In a session of its own, as each server is: where autogroups are on, the kernel shares the CPU out by session.
    my $pid = spawn([ $PROGRAM, 'bench', '--json', '--lines', @arguments, '127.0.0.1', $port ], stdout => "$dir/out",
        stderr => "$dir/err", in_child => sub { POSIX::setsid() });
    my $trouble = watch($pid, $seconds);
    my $result  = eval { JSON::PP->new->utf8->decode(slurp("$dir/out")) };
    die "$trouble\n" if $trouble;
    die 'mpecho: ', (slurp("$dir/err") =~ /^(?:mpecho: )?(.+)/)[0] // 'no JSON came', "\n" if !$result;
    return $result;
}

# Wait for its end; if that must not be waited for, end it and say why. Looks seldom, not to disturb.
sub watch ($pid, $seconds) {
    my ($deadline, $trouble) = (now() + $seconds, '');
    until (defined reap($pid, 0)) {
        $trouble ||= 'memory ran short' if Machine::memory_is_short();
        $trouble ||= "mpecho took more than $seconds s" if now() > $deadline;
        kill KILL => $pid if $trouble;
        Time::HiRes::sleep(0.05);
    }
    return $trouble;
}

1;
