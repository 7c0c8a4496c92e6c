#!/usr/bin/perl
# At a terminal, a line that is just q or Q says goodbye, as does the end of input: it is not sent, what is still to
# come is shown, and all is well. Other lines with a q are data.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use Mpecho;
use Pty;
use Test::More;

plan(skip_all => 'needs a pseudo-terminal') if !Pty->new;

# Says at the end how much came, so that one sees what was sent.
my $server = EchoServer->new(sub ($peer) {
    my $got = '';
    echo($peer, sub ($bytes, $offset) { $got .= $bytes; '' });
    send_all($peer, $got);
});

# typed => what is sent of it. \cD pushes what is typed of a line, and at the start of one is the end of input.
my %lines = (
    "q\n"                  => '',
    "Q\n"                  => '',
    "\cD"                  => '',
    "one\ntwo\nq\n"        => "one\ntwo\n",
    "one\nQ\nafter\n"      => "one\n",
    "one\n\cD"             => "one\n",
    "half\cD\cD"           => 'half',
    "quit\nq \n q\nqq\nq\n" => "quit\nq \n q\nqq\n",
    "\nq\n"                => "\n",
    "line\cDq\nq\n"        => "lineq\n",
    "q\cDuit\nq\n"         => "quit\n",
    "q\cD\n"               => '',
    "q\cD\cD"              => '',
);
for my $typed (sort keys %lines) {
    my $pty = Pty->new;
    my $client = start_mpecho($server->target, { stdin => $pty->slave });
    my $name = $typed =~ s/\n/\\n/gr =~ s/\cD/^D/gr;
    ok($pty->type($typed), "type $name");
    is_deeply(end_of($client), { status => 0, out => $lines{$typed}, err => '' }, $name);
}

$server->stop;
finish();
