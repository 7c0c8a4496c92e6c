#!/usr/bin/perl
# Where lines cannot be edited, the terminal's own line editing serves, and its modes are not touched.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use Mpecho;
use Pty;
use Test::More;

plan(skip_all => 'needs a pseudo-terminal') if !Pty->new;
my $server = EchoServer->new(\&echo);

sub is_plain ($name, $pty, %handles) {
    subtest $name => sub {
        my $before = $pty->modes;
        my $client = start_mpecho('interactive', $server->target, \%handles);
        ok($pty->type("worlx\x7fd\n"), 'a line');
        is($pty->read_some(6), "world\n", 'its echo') if $handles{stdout};
        is($pty->modes, $before, 'the modes are as they were');
        ok($pty->type("\cD"), 'the end of input');
        is_deeply(end_of($client), { status => 0, out => $handles{stdout} ? '' : "world\n", err => '' }, 'all is well');
    };
}

for my $terminal ('dumb', 'no-such-terminal', '', undef) {
    local $ENV{TERM} = $terminal;
    delete $ENV{TERM} if !defined $terminal;
    my $pty = Pty->new;
    is_plain('TERM=' . ($terminal // '(unset)'), $pty, stdin => $pty->slave, stdout => $pty->slave);
}

$ENV{TERM} = 'xterm';
my $pty = Pty->new;
is_plain('the output is no terminal', $pty, stdin => $pty->slave);

subtest 'the input is no terminal' => sub {
    my $out = Pty->new;
    my $before = $out->modes;
    my $client = start_mpecho('interactive', $server->target, { input => "a line\n", stdout => $out->slave });
    is_deeply(end_of($client), { status => 0, out => '', err => '' }, 'all is well');
    is($out->read_some(7), "a line\n", 'the echo is shown');
    is($out->modes, $before, 'the modes are as they were');
};

$server->stop;
finish();
