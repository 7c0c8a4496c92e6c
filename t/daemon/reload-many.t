#!/usr/bin/perl
# A hundred reloads, over each of which a connection lives: an old generation costs the master no descriptor.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

need_command('prlimit');
my $d = Mpechod->new(
    pool    => { start => 1, min_spare => 1, max_spare => 2, max_workers => 256 },
    timeout => { idle  => 0 },
    log     => { level => 'info', access => 'false' },
)->start(wrap => [ 'prlimit', '--nofile=256' ]);

sub descriptors () { scalar(() = glob '/proc/' . $d->master . '/fd/*') }

my ($before, $reloads) = (descriptors(), 100);
my @clients;
for my $n (1 .. $reloads) {
    my $c = $d->connect;
    push @clients, $c if exchange($c, 'x') eq 'x';
    $d->reload or last;
}
is(scalar @clients, $reloads, 'a client before each reload');
$d->{mark} = 0;
is(scalar(() = $d->log_lines(qr/config reloaded/)), $reloads, 'all of them worked');
cmp_ok(descriptors(), '<=', $before + 2, "the master has no more descriptors than before ($before)");
is(scalar(grep { exchange($_, 'still') ne 'still' } @clients), 0, 'all clients are served on');
is(join(' ', map { s{.*/}{}r } grep { !m{/(?:log|mpechod\.(?:conf|pid)|accept\.lock|std(?:out|err))$} } glob $d->dir . '/*'), '', 'no file is left behind');
my $seconds = timed(sub { close $_ for @clients; wait_until(sub { $d->workers <= 2 }, 10) });
cmp_ok(scalar $d->workers, '<=', 2, sprintf 'and they all leave in the end (%.2f s)', $seconds);

finish();
