#!/usr/bin/perl
# A bench that was interrupted gives up what has not come within a second; but what has come by then has come, even if mpecho was
# stopped meanwhile and has not looked.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use IO::Select;
use JSON::PP;
use Mpecho;
use Test::More;

pipe my $heard, my $tell or die "pipe: $!";
my $server = EchoServer->new(sub ($peer) { my $bytes = receive($peer, 64); syswrite $tell, '.'; wait_for_go(); send_all($peer, $bytes); echo($peer) });
my $client = start_mpecho(qw(bench -t 30 --json-stream -W 10), $server->target);
ok(wait_until(sub { blocks_int($client) }), 'begun');
ok(IO::Select->new($heard)->can_read(10), 'the server has the first message');
kill INT => $client->{pid};
ok(wait_for_output($client, qr/"interval"/), 'it was interrupted, and waits for what is on its way');
halt($client->{pid});
my $stopped = now();
$server->go;
ok(wait_until(sub { unread() == 64 }), 'the reply is there, unread');
let_pass($stopped + 1.1 - now());
kill CONT => $client->{pid};
my ($summary) = reverse map { decode_json($_) } split /\n/, end_of($client)->{out};
is("@$summary{qw(sent replied lost)}", '1 1 0', 'it is told');

# How many bytes wait at the client's end of the connection.
sub unread () {
    my $port = sprintf '%04X', $server->port;
    for (split /\n/, slurp('/proc/net/tcp')) {
        my (undef, undef, $remote, $state, $queues) = split;
        return hex((split /:/, $queues)[1]) if $remote =~ /:$port$/ && $state eq '01';
    }
    return 0;
}

$server->stop;
finish();
