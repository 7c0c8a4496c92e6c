#!/usr/bin/perl
# What the server is not to blame for costs it no patience: input that comes late, output that is not taken.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use Mpecho;
use Test::More;

my ($server, $other) = map { EchoServer->new(\&echo) } 1 .. 2;

sub stays ($client, $name) { let_pass(0.9); ok(is_running($client), $name) }

pipe my $stdin, my $feed or die "pipe: $!";
my $late = start_mpecho('-W0.5', $server->target, { stdin => $stdin });
close $stdin;
syswrite $feed, 'hello';

my $much = random_bytes(6 << 20);
my $path = temp_dir() . '/input';
open my $file, '+>:raw', $path or die "$path: $!";
print {$file} $much;
close $file or die "$path: $!";
open $file, '<', $path or die "$path: $!";
my $blocked = start_mpecho('-W0.5', $other->target, { stdin => $file });

stays($late, 'waits for input');
syswrite $feed, ' again';
close $feed;
is_deeply(end_of($late), { status => 0, out => 'hello again', err => '' }, 'late input comes back');

ok(is_running($blocked), 'waits until its output is taken');
my $r = end_of($blocked);
ok($r->{out} eq $much, 'late output is complete');
is($r->{status}, 0, 'status 0');
is($r->{err}, '', 'nothing to say');

$_->stop for $server, $other;
finish();
