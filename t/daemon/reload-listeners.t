#!/usr/bin/perl
# A reload adds, removes and keeps listeners; of one that is kept not a single connection is refused.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my ($kept, $going, $coming) = map { free_port() } 1 .. 3;
sub at (@ports) { [ map { { address => '127.0.0.1', port => $_ } } @ports ] }

my $d    = Mpechod->new(listen => at($kept, $going))->start;
my $unix = $d->dir . '/echo.sock';
my $inode = sub { fd_of($d->worker_of($d->connect("127.0.0.1:$kept")), 8) };
my $before = $inode->();

# All the while a client connects to the kept one, as fast as it can.
my $counts = $d->dir . '/counts';
my $client = fork // die "fork: $!";
if ($client == 0) {
    my ($good, @bad, $stop) = (0);
    local $SIG{TERM} = sub { $stop = 1 };
    while (!$stop) {
        my $c = connect_to("127.0.0.1:$kept");
        if   (!$c) { push @bad, "connect: $!" }
        else       { my $got = exchange($c, 'x', 5); $got eq 'x' ? $good++ : push @bad, "got '$got': $!" }
    }
    spew($counts, join "\n", $good, @bad);
    POSIX::_exit(0);
}

my $on_old = $d->connect("127.0.0.1:$going");
echo_ok($on_old, 'before');
ok($d->reload(listen => [ @{ at($kept, $coming) }, { path => $unix } ]), 'reloaded');
echo_ok(connect_to("127.0.0.1:$coming"), 'hello', 'the added one');
echo_ok(connect_to("unix:$unix"), 'hello', 'an added Unix socket');
wait_ok(sub { !connect_to("127.0.0.1:$going") }, 5, 'the removed one refuses');
echo_ok($on_old, 'after', 'but a connection that came by it goes on');
end_ok($on_old);

ok($d->reload(listen => at($going, $kept)), 'and back, in another order');
echo_ok(connect_to("127.0.0.1:$going"), 'hello');
wait_ok(sub { !connect_to("127.0.0.1:$coming") }, 5, 'the removed one refuses');
ok(!-e $unix, 'the Unix socket is gone');
for my $round (1 .. 5) {
    $d->reload(listen => at($round % 2 ? ($coming, $kept) : ($kept, $going)));
}
my $after = sub { my $w = $d->worker_of($d->connect("127.0.0.1:$kept")); fd_of($w, 9) };
is($after->(), $before, 'the kept one is the same socket still');

# A port that the kernel chooses is told.
ok(my $line = $d->reload(listen => [ @{ at($kept) }, { address => '127.0.0.1', port => 0 } ]), 'reloaded with port 0');
my ($chosen) = $line =~ /listening on 127\.0\.0\.1:$kept, (127\.0\.0\.1:[1-9]\d*)$/;
echo_ok(connect_to($chosen // '127.0.0.1:0'), 'hello', 'the log says which port it is');

kill TERM => $client;
waitpid $client, 0;
my ($good, @bad) = split /\n/, slurp($counts);
cmp_ok($good, '>', 20, "$good connections meanwhile");
is(join(', ', @bad), '', 'none refused, none reset');

finish();
