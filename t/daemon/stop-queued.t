#!/usr/bin/perl
# A stop accepts and answers what is already queued.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d = Mpechod->new(pool => { start => 1, min_spare => 1, max_spare => 1, max_workers => 2 }, timeout => { drain => 10 })->start;
$d->expect(qr/max_workers \(2\) reached/);
my @c = map { $d->connect } 1, 2;
echo_ok($_, 'hello') for @c;
my @queued = map { $d->connect } 1 .. 5;
$queued[$_]->syswrite("queued $_") for 0 .. $#queued;
$queued[$_]->shutdown(1) for 0 .. $#queued;

my $address = $d->listening;
$d->signal('TERM');
$d->log_wait(qr/SIGTERM/);
wait_ok(sub { !connect_to($address, Timeout => 0.3) }, 5, 'nobody new gets in');
echo_ok($_, 'on', 'a connection goes on') for @c;
end_ok($_) for @c;
is(join(', ', map { read_all($_) // "error: $!" } @queued), join(', ', map { "queued $_" } 0 .. $#queued),
    'who was queued is answered');
my $begun = now();
is($d->wait_end, 0, 'then it ends, with status 0');
cmp_ok(now() - $begun, '<', 2, 'at once');
$d->left_nothing;

# Who cannot be served in the drain time is not waited for.
my $short = Mpechod->new(pool => { start => 1, min_spare => 1, max_spare => 1, max_workers => 1 }, timeout => { drain => 0.5 })->start;
$short->expect(qr/max_workers \(1\) reached/);
my $quiet = $short->connect;
echo_ok($quiet, 'hello');
my $last = $short->connect;
$begun = now();
$short->signal('TERM');
is($short->wait_end, 0, 'with a worker that is busy to the end');
cmp_ok(now() - $begun, '<', 2.5, sprintf 'it ends after the drain time (%.2f s)', now() - $begun);
$short->left_nothing;

finish();
