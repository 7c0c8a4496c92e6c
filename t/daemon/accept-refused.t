#!/usr/bin/perl
# accept fails again and again with errors that belong to a single connection: workers back off, nobody spins, and nobody is
# ended for it.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use Strace;
Strace::need();

my $d = Mpechod->new(
    pool   => { start         => 3, min_spare => 2, max_spare => 3, max_workers => 3 },
    accept => { stall_timeout => 0.3 },
)->start;
my @workers = sort $d->workers;
$d->expect(qr/WARN \[\d+\] cannot accept: /);

for ([ EPERM => 'Operation not permitted' ], [ ECONNABORTED => 'Software caused connection abort' ]) {
    my ($error, $message) = @$_;
    $d->log_mark;
    my $strace = Strace->attach(\@workers, '-e', 'trace=accept4', '-e', "inject=accept4:error=$error");
    my $c      = $d->connect;
    $d->log_wait(qr/cannot accept: $message/);
    my $before = () = $strace->lines(qr/accept4/);
    ok(!IO::Select->new($c)->can_read(1.5), "$error: the client waits");
    my $calls = (() = $strace->lines(qr/accept4/)) - $before;
    cmp_ok($calls, '<', 150, "$calls calls meanwhile: nobody spins");
    cmp_ok(scalar(my @lines = $d->log_lines(qr/cannot accept/)), '<=', 3, 'a line for each worker at most');
    $strace->detach;
    echo_ok($c, 'hello', 'served once it works again');
    end_ok($c);
    is(join(' ', sort $d->workers), "@workers", 'by the same workers');
}

finish();
