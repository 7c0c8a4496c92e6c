#!/usr/bin/perl
# The summary so far does not run into the row that is under way in the same terminal; rows go on after it.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use FaultyServer;
use Mpecho;
use POSIX ();
use Pty;
use Test::More;

my $server = FaultyServer->new;
my $pty = Pty->new // plan(skip_all => 'needs a pseudo-terminal');
local $ENV{TERM} = 'xterm';
my $client = start_mpecho('bench', '-t', 60, '-i', 60, $server->target,
    { stdout => $pty->slave, in_child => sub { POSIX::dup2(1, 2) } });
my $out = '';
my $shows = sub ($pattern) { wait_until(sub { $out .= $pty->read_some(1 << 16, 0.05); $out =~ $pattern }, 20) };

my $row = qr/\r +0\.00-[^\r\n]+ 0 +0\e\[K/;
ok($shows->($row), 'a row is under way');
kill QUIT => $client->{pid};
ok($shows->(qr/\nmessages .* none lost\n/), 'the summary so far');
my ($before) = $out =~ /(.*?)\nmessages /s;
like($before, qr/$row\r\e\[K[\r\n]*\z/, 'the row is erased before it');
ok($shows->(qr/\nmessages .*$row/s), 'the row goes on after it');
kill INT => $client->{pid};
ok($shows->(qr/\nmessages .*\nmessages /s), 'and so does the run, to its summary');
is(end_of($client)->{status}, 0, 'no failure');
$server->stop;
finish();
