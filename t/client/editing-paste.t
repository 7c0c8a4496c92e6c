#!/usr/bin/perl
# What is typed or pasted arrives as it was, however much it is, whatever its bytes, and whoever is slow.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Editing;
use EchoServer;
use Mpecho;
use Test::More;

my $dir = temp_dir();

# Echoes, and at the end tells in a file what came.
sub record ($peer) {
    open my $file, '>:raw', "$dir/part" or die "$dir/part: $!";
    echo($peer, sub ($bytes, $offset) { print $file $bytes; $bytes });
    close $file;
    rename "$dir/part", "$dir/got" or die "$dir/got: $!";
}

# Paste, and look at the terminal all the time; then compare what came.
sub arrives ($name, $server, $text, %environment) {
    subtest $name => sub {
        my $person = Editing->new($server->target, \%environment);
        $person->is_ready;
        $person->pty->paste("${text}q\n", 0);
        $person->ends(0, '');
        open my $file, '<:raw', "$dir/got" or die "$dir/got: $!";
        my $got = do { local $/; readline $file };
        ok($got eq $text, length($text) . ' bytes arrive') or diag(length($got), ' came');
        unlink "$dir/got";
    };
}

my $lines = join '', map { sprintf "%07d %s\n", $_, 'x' x ($_ % 71) } 1 .. 3000;
my $bytes = random_bytes(40_000) =~ tr/\0-\x1f\x7f/\n\t /dr;

my $server = EchoServer->new(\&record);
arrives('many lines', $server, $lines);
arrives('a long line', $server, $lines =~ tr/\n/ /r . "\n");
arrives('bytes that are no characters', $server, "$bytes\n");
arrives('where no byte beyond ASCII is one', $server, "$bytes\n", LC_ALL => 'C');
arrives('characters of two columns', $server, "\xe4\xb8\xad\xe6\x96\x87" x 500 . "\n");
$server->stop;

my $late = EchoServer->new(sub ($peer) { wait_for_go(); record($peer) });
$late->go;
arrives('a server that is late', $late, $lines);
$late->stop;

subtest 'a terminal that shows nothing' => sub {
    my $endless = EchoServer->new(\&echo);
    my $person = Editing->new($endless->target);
    $person->is_ready;
    ok(!$person->pty->type($lines x 10, 0.5), 'no more is taken');
    kill TERM => $person->pid;
    wait_until(sub { $person->has_ended });
    $person->ends(143, '', 'it can be ended');
    $endless->stop;
};

finish();
