#!/usr/bin/perl
# In a terminal the row of the interval that is under way is overwritten until it is complete; elsewhere there are whole
# lines only.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use FaultyServer;
use Mpecho;
use Pty;
use Test::More;

my $server = FaultyServer->new;
delete @ENV{qw(NO_COLOR LC_ALL LC_CTYPE LANG)};

# All that mpecho writes to a terminal of this kind.
sub written ($kind, @arguments) {
    local $ENV{TERM} = $kind;
    my $pty = Pty->new // plan(skip_all => 'needs a pseudo-terminal');
    my $client = start_mpecho('bench', @arguments, $server->target, { stdout => $pty->slave });
    my $out = '';
    wait_until(sub { $out .= $pty->read_some(1 << 16, 0.05); !is_running($client) }, 20) // return "$out: does not end";
    $out .= $pty->read_some(1 << 16, 0.05);
    is_deeply(end_of($client), { status => 0, out => '', err => '' }, 'all is well');
    return $out;
}

# What is to be seen of it then, line by line.
sub seen ($text) {
    my @lines = ('');
    my $at = 0;
    while ($text =~ /\G(?:\e\[(\d*)([mK])|([\r\n])|([^\e\r\n]+))/gc) {
        my ($number, $command, $control, $plain) = ($1, $2, $3, $4);
        if (defined $plain)                              { substr $lines[-1], $at, length $plain, $plain; $at += length $plain }
        elsif (defined $control && $control eq "\n")     { push @lines, ''; $at = 0 }
        elsif (defined $control)                         { $at = 0 }
        elsif ($command eq 'K')                          { substr $lines[-1], $at, length $lines[-1], '' }
    }
    is(pos $text, length $text, 'nothing but text, colours and erasing');
    return @lines;
}

my $row = qr/\d+(?:\.\d+)? [kM]?\/s +\S+ [kM]?B\/s(?: +\S+ [num]?s){3} +0 +0/;
my $out = written('xterm', '-t', 1.2, '-i', 0.6);
my @lines = seen($out);
like($lines[0], qr/^127\.0\.0\.1:\d+: 1 connection, 64 bytes, closed loop$/, 'what is measured');
like($lines[1], qr/^ +seconds +rate +throughput +p50 +p99 +max +lost +errors$/, 'heading');
my ($middle) = $lines[2] =~ /^ +0\.00-(\d\.\d\d) +$row$/;
cmp_ok($middle // 0, '>=', 0.6, 'the first interval');
my ($end) = $lines[3] =~ /^ +\Q$middle\E-(\d\.\d\d) +$row$/;
cmp_ok($end // 0, '>=', 1.2, 'the second one');
is($lines[4], '', 'and that is all');
is(scalar(grep { length > 80 } @lines), 0, 'within 80 columns');
is(join(' ', map { length } @lines[1 .. 3]), join(' ', (length $lines[1]) x 3), 'aligned');
my ($first) = $out =~ /errors\S*\n(.*?)\n/s;
cmp_ok(scalar(() = $first =~ /\r *0\.00-0\.[1-5]\d +\S+ [kM]?\/s .*?\e\[K/g), '>=', 1, 'the first one was shown before it was complete');
like($out, qr/\e\[1m/, 'in colour');
unlike($out, qr/\e\[2?J|\e\[\d*[ABH]/, 'without clearing the screen');

{
    local $ENV{NO_COLOR} = 1;
    $out = written('xterm', '-t', 0.5, '-i', 0.3);
    unlike($out, qr/\e\[\d*m/, 'NO_COLOR: without colour');
    like($out, qr/\r/, 'NO_COLOR: but live');
}
{
    local $ENV{NO_COLOR} = '';
    like(written('xterm', '-t', 0.3, '-i', 0.1), qr/\e\[\d*m/, 'NO_COLOR, but empty: with colour');
}
unlike(written('dumb', '-t', 0.5, '-i', 0.3), qr/[\e\r]/, 'a dumb terminal: lines only');
$out = written('xterm', '-q', '-t', 0.5, '-i', 0.1);
unlike($out, qr/\r|seconds/, '-q: no rows');
like($out, qr/^messages /m, '-q: but the summary');

# The window is made narrower: a row that is to be overwritten must fit.
{
    local $ENV{TERM} = 'xterm';
    my $pty    = Pty->new;
    my $client = start_mpecho('bench', '-t', 60, '-i', 60, $server->target, { stdout => $pty->slave });
    my $text   = '';
    my $rows   = sub { $text .= $pty->read_some(1 << 16, 0.05); $text =~ /\r([^\r]*)\e\[K[^\r]*\z/ ? length $1 : 0 };
    ok(wait_until(sub { $rows->() > 60 }), 'a wide window: a whole row');
    $pty->resize(25, 30);
    ok(wait_until(sub { $rows->() == 29 }), 'a narrow one: cut off');
    kill INT => $client->{pid};
    ok(wait_until(sub { $rows->(); !is_running($client) }), '... and it ends');
    is(end_of($client)->{status}, 0, '... well');
}

$out = mpecho('bench', '-t', 0.5, '-i', 0.1, $server->target)->{out};
unlike($out, qr/[\e\r]/, 'into a pipe: lines only');
my $rows = () = $out =~ /^ +[\d.]+-[\d.]+ +/mg;
ok($rows >= 2 && $rows <= 5, 'into a pipe: a row for each interval, or for several that a busy machine took for one') or diag($out);
$server->stop;
finish();
