#!/usr/bin/perl
# However the editing of lines ends, or is interrupted, the terminal is given back as it was found.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Editing;
use EchoServer;
use Mpecho;
use POSIX qw(WUNTRACED);
use Test::More;

my $server = EchoServer->new(\&echo);

# A line is half typed, so that one sees that it was not just the last line's end.
sub half_typed (@arguments) {
    my $person = Editing->new(@arguments);
    $person->type("a line\nhal");
    $person->sees("a line\na line\nhal", 'half a line', 2, 3);
    return $person;
}

subtest '^D' => sub {
    my $person = Editing->new($server->target);
    $person->type("hal\cD\n");
    $person->sees("hal\nhal", "at the end of a line it does nothing");
    $person->type("\cD");
    $person->ends(0, '');
};

subtest 'the quoted character is not the end' => sub {
    my $person = Editing->new($server->target);
    $person->type("\cV\cD\cE");
    $person->sees('^D', 'it is in the line');
    $person->type("\x7f\cD");
    $person->ends(0, '');
};

subtest "goodbye: $_" => sub {
    my $person = Editing->new($server->target);
    $person->type("qq\n$_\n");
    $person->ends(0, '');
} for qw(q Q);

subtest '^C' => sub {
    my $person = half_typed($server->target);
    $person->type("\cC");
    $person->ends(130, '');
    $person->sees("a line\na line\nhal", 'the line stays, what follows is below it', 3, 0);
};

for my $signal (qw(TERM HUP)) {
    subtest "SIG$signal" => sub {
        my $person = half_typed($server->target);
        kill $signal => $person->pid;
        $person->ends({ TERM => 143, HUP => 129 }->{$signal}, '');
    };
}

subtest 'a signal that is ignored' => sub {
    my $person = half_typed($server->target, { in_child => sub ($pty) { $pty->control; $SIG{HUP} = 'IGNORE' } });
    kill HUP => $person->pid;
    $person->sees("a line\na line\nhal\nhal", 'goes by', 3, 3);
    $person->type("f\n");
    $person->sees("a line\na line\nhal\nhalf\nhalf", 'and it goes on');
    $person->type("q\n");
    $person->ends(0, '');
};

subtest '^Z' => sub {
    pipe my $hear, my $tell or die "pipe: $!";
    my $person = half_typed($server->target, { in_child => sub ($pty) { be_shell($pty, $tell) } });
    close $tell;
    chomp(my $job = readline $hear);
    $person->type("\cZ");
    is(readline $hear, "stopped\n", 'it stops');
    ok($person->is_sane, 'the terminal is the shell\'s');
    kill CONT => $job;
    $person->sees("a line\na line\nhal\nhal", 'the line is back with it', 3, 3);
    $person->type("f\n");
    $person->sees("a line\na line\nhal\nhalf\nhalf", 'and is sent');
    kill STOP => $job;
    is(readline $hear, "stopped\n", 'stopped by force');
    kill CONT => $job;
    $person->type("q\n");
    $person->ends(0, '');
};

# A shell: it leads the session, and mpecho is a job of it, or ^Z would be ignored (an orphaned process group's).
sub be_shell ($pty, $tell) {
    $pty->control;
    my $job = fork // POSIX::_exit(126);
    $SIG{TTOU} = 'IGNORE';
    POSIX::setpgid($job, $job);
    POSIX::tcsetpgrp(0, $job || $$);
    $SIG{TTOU} = 'DEFAULT';
    return if $job == 0;
    syswrite $tell, "$job\n";
    while (waitpid($job, WUNTRACED) == $job && kill 0 => $job) {    # there still: it has not ended
        syswrite $tell, "stopped\n";
    }
    POSIX::_exit($? >> 8);
}

$server->stop;

subtest 'the connection ends' => sub {
    my $ending = EchoServer->new(sub ($peer) { send_all($peer, receive($peer, 7)); wait_for_go() });
    my $person = half_typed($ending->target);
    $ending->go;
    $person->ends(1, "mpecho: at offset 7: the server closed the connection early\n");
    $ending->stop;
};

subtest 'what comes is wrong' => sub {
    my $wrong = EchoServer->new(sub ($peer) {
        send_all($peer, receive($peer, 7));
        wait_for_go();
        send_all($peer, "nobody sent this\n");
        hold_open($peer);
    });
    my $person = half_typed($wrong->target);
    $wrong->go;
    $person->ends(1, "mpecho: at offset 7: extra: 17 of the bytes received\n");
    $wrong->stop;
};

finish();
