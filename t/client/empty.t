#!/usr/bin/perl
# No input at all is no error: connect, say goodbye, nothing comes back.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use Mpecho;
use Test::More;

my $server = EchoServer->new(\&echo);
echoes('an empty pipe', '', $server->target);

my %inputs = (
    '/dev/null'    => sub { },
    'closed input' => sub { POSIX::close(0) },
    'all closed'   => sub { POSIX::close($_) for 0 .. 2 },
);
for my $input (sort keys %inputs) {
    my $r = mpecho($server->target, { in_child => $inputs{$input} });
    is_deeply($r, { status => 0, out => '', err => '' }, $input);
}

$server->stop;
finish();
