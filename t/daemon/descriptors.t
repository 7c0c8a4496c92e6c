#!/usr/bin/perl
# A worker holds what it needs and nothing else; the connection is always descriptor 3.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d = Mpechod->new(listen => [ map { { address => '127.0.0.1', port => 0 } } 1 .. 3 ]);
# What a careless parent leaves open must not be there either.
open my $leak, '<', '/dev/zero' or die $!;
$d->start(in_child => sub { POSIX::dup2(fileno $leak, $_) for 3 .. 12, 60, 90 });

sub fds ($pid) { join ' ', sort { $a <=> $b } map { m{(\d+)$} } grep { defined readlink } glob "/proc/$pid/fd/*" }

my ($idle) = $d->idle_workers;
is(fds($idle), '0 1 2 4 5 8 9 10', 'an idle worker: null, null, log, lifeline, doorbell, three listeners');
is(fd_of($idle, 0), '/dev/null', 'descriptor 0');
is(fd_of($idle, 1), '/dev/null', 'descriptor 1');
like(fd_of($idle, 2), qr/^socket:/, '2 is a socket to the logger');
like(fd_of($idle, 4), qr/^pipe:/,      '4 is a pipe');
like(fd_of($idle, 5), qr/^pipe:/,      '5 is another');
isnt(fd_of($idle, 4), fd_of($idle, 5), 'than 4');
like(fd_of($idle, 8), qr/^socket:/,    '8 is a listener');

my @clients;
for my $i (0 .. 2) {
    my $c = $d->connect($d->listening($i));
    echo_ok($c, 'x');
    my $worker = $d->worker_of($c);
    is(fds($worker), '0 1 2 3 4 5 8 9 10', 'a busy worker: one more, the connection');
    push @clients, $c;
}
my $worker = $d->worker_of($clients[0]);
end_ok($_) for @clients;
wait_ok(sub { fds($worker) eq '0 1 2 4 5 8 9 10' }, 5, 'after its connection it is as before');

# Again, after many connections and a reload: nothing leaks.
my $master_before = split / /, fds($d->master);
exchange($d->connect, 'x') for 1 .. 50;
$d->reload for 1 .. 3;
wait_ok(sub { split(/ /, fds($d->master)) == $master_before }, 5, 'the master has as many after three reloads')
  or diag("before: $master_before, after: ", fds($d->master));
wait_ok(sub { my ($w) = $d->idle_workers; $w && fds($w) eq '0 1 2 4 5 8 9 10' }, 5, "a new worker's too");
unlike(join(' ', map { fd_of($d->master, $_) // '' } split / /, fds($d->master)), qr{/dev/zero}, 'nothing of the parent is left');

# The log belongs to one process.
my @holders = grep { my $pid = $_; grep { ($_ // '') eq $d->log_file } map { readlink } glob "/proc/$pid/fd/*" } $d->processes;
is("@holders", $d->logger, 'only the logger holds the log file');
like(fds($d->logger), qr/^0 1 2 3 4 \d \d$/, 'and beside it the ends of two sockets, and standard error');

finish();
