#!/usr/bin/perl
# At a terminal a line is edited before it is sent, and lines are remembered. What comes back meanwhile is shown above.
use v5.36;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Editing;
use EchoServer;
use Mpecho;
use Test::More;

my $server = EchoServer->new(\&echo);
my ($up, $down, $left, $right) = map { "\e[$_" } qw(A B D C);

# typed => the line that is sent
my %lines = (
    "worlx\x7fd\n"                    => 'world',
    "orld\cAw\cE!\n"                  => 'world!',
    "wrld$left$left${left}o\n"        => 'world',
    "some words\cW\cUother\n"         => 'other',
    "xworld\cA\cD\n"                  => 'world',
    "w\cV\cG\n"                       => 'w^G',
    "a\tb\n"                          => 'a       b',
    "gr\xc3\xbc\xc3\x9fe\x7f\x7fss\n" => 'grüss',
    "carriage return\r"               => 'carriage return',
);
for my $typed (sort keys %lines) {
    my $person = Editing->new($server->target);
    my $name = $typed =~ s/([\0-\x1f\x7f])/sprintf '\\x%02x', ord $1/ger;
    $person->type($typed);
    my $echo = $lines{$typed} =~ s/\^G//r;
    $person->sees("$lines{$typed}\n$echo", "edited: $name");
    $person->type("\cD");
    $person->ends(0, '', $name);
}

subtest 'the C locale' => sub {
    my $person = Editing->new($server->target, { LC_ALL => 'C' });
    $person->type("\xed\x95\x9c\xea\xb8\x80\xc3\xbc");
    $person->sees("\x{d55c}\x{ae00}\xfc", 'what is typed is shown as text all the same');
    $person->type("\n\cD");
    $person->ends(0, '');
};

subtest 'history' => sub {
    my $person = Editing->new($server->target);
    $person->type("first\nsecond\nsecond\n");
    my $shown = "first\nsecond\nsecond\nfirst\nsecond\nsecond";
    $person->look(sub { ($person->{screen}->cursor)[0] == 6 });
    $person->type("$up$up$down${up}ly");
    $person->look(sub { $person->{screen}->text =~ /firstly$/ });
    like($person->{screen}->text, qr/^firstly$/m, 'up, and up again: a line that was typed twice is there once');
    $person->type("\n");
    $person->look(sub { $person->{screen}->text =~ /firstly\nfirstly$/ });
    like($person->{screen}->text, qr/firstly\nfirstly$/, 'it can be edited and sent');
    $person->type("${up}q\n\cUq\n");
    $person->ends(0, '');
};

subtest 'the window gets another size' => sub {
    my $person = Editing->new($server->target);
    $person->type('a line of words');
    $person->sees('a line of words', 'it fits', 0, 15);
    $person->resize(10, 10);
    $person->type(' and more of them');
    $person->sees("a line of\nwords and\nmore of th\nem", 'it is laid out anew', 3, 2);
    $person->resize(12, 60);
    $person->type('!');
    $person->sees('a line of words and more of them!', 'and once more', 0, 33);
    $person->type("\cUq\n");
    $person->ends(0, '');
};

$server->stop;

# It echoes a line when the test says so.
my $slow = EchoServer->new(sub ($peer) {
    my $got = '';
    while (sysread $peer, $got, 4096, length $got) {
        while ($got =~ s/^(.*?\n)//s) { my $line = $1; wait_for_go(); send_all($peer, $line) }
    }
});

subtest 'what comes back while a line is typed' => sub {
    my $person = Editing->new($slow->target);
    $person->type("one\ntwo\nthree\n");
    $person->type('in the midst');
    $person->sees("one\ntwo\nthree\nin the midst", 'nothing has come yet', 3, 12);
    $slow->go;
    $person->sees("one\ntwo\nthree\none\nin the midst", 'the echo is above the line', 4, 12);
    $person->type("\cA$right");
    $person->sees("one\ntwo\nthree\none\nin the midst", 'back in it', 4, 1);
    $slow->go;
    $person->sees("one\ntwo\nthree\none\ntwo\nin the midst", 'the cursor stays in its place', 5, 1);
    $person->type('s');
    my $long = 'isn the midst of a line that is longer than a row';
    $person->type("\cE of a line that is longer than a row$left$left");
    my @rows = (substr($long, 0, 40), substr($long, 40));
    $person->sees("one\ntwo\nthree\none\ntwo\n$rows[0]\n$rows[1]", 'two rows', 6, 7);
    $slow->go;
    $person->sees("one\ntwo\nthree\none\ntwo\nthree\n$rows[0]\n$rows[1]", 'both are below the echo', 7, 7);
    $person->type("\cU\cKq\n");
    $person->sees("one\ntwo\nthree\none\ntwo\nthree\nq", 'and can be erased');
    $person->ends(0, '');
};

subtest 'in the midst of a search' => sub {
    my $person = Editing->new($slow->target);
    $person->type("haystack\nneedle\n");
    $person->type("\cRhay");
    $person->sees("haystack\nneedle\nhaystack\nbck:hay", 'found');
    $slow->go;
    $person->sees("haystack\nneedle\nhaystack\nhaystack\nbck:hay", 'an echo came');
    $person->type("\n");
    $person->sees("haystack\nneedle\nhaystack\nhaystack", 'the line is taken', 4, 0);
    $slow->go for 1 .. 2;
    $person->sees("haystack\nneedle\nhaystack\nhaystack\nneedle\nhaystack", 'and sent');
    $person->type("q\n");
    $person->ends(0, '');
};

$slow->stop;

# It echoes the parts of a line as the test says.
my $halting = EchoServer->new(sub ($peer) {
    my $line = receive($peer, 12);
    for my $part (unpack '(a4)*', $line) { wait_for_go(); send_all($peer, $part) }
    echo($peer);
});

subtest 'an echo in parts' => sub {
    my $person = Editing->new($halting->target);
    $person->type("twelve long\n");
    $halting->go;
    $person->sees("twelve long\ntwel", 'the first part is shown when it comes', 1, 4);
    $halting->go;
    $person->sees("twelve long\ntwelve l", 'the next continues it', 1, 8);
    $person->type('key');
    $person->sees("twelve long\ntwelve l\nkey", 'a line that is typed has a row of its own', 2, 3);
    $halting->go;
    $person->sees("twelve long\ntwelve l\nong\nkey", 'where the last part is shown', 3, 3);
    $person->type("\n");
    $person->sees("twelve long\ntwelve l\nong\nkey\nkey", 'and it goes on');
    $person->type("\cD");
    $person->ends(0, '');
};

$halting->stop;
finish();
