#!/usr/bin/perl
# A crash of a worker takes its own connection down and no other; the log says what it was.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d = Mpechod->new->start;
my @clients = map { $d->connect } 1 .. 4;
echo_ok($_, 'hello') for @clients;

for my $signal (qw(SEGV ABRT BUS)) {
    my $c = $d->connect;
    echo_ok($c, 'hello');
    my $worker = $d->worker_of($c);
    $d->expect(qr/worker $worker \(slot \d+\) killed by SIG$signal(?: \(core dumped\))?$/);
    # A sanitizer catches the signal, tells about it, and exits.
    $d->expect(qr/worker $worker \(slot \d+\) exited with status \d+$/, qr/^(?!\d{4}-)/) if sanitized();
    kill $signal => $worker;
    $d->log_wait(qr/WARN \[\d+\] worker $worker \(slot \d+\) (?:killed by SIG$signal\b|exited with status)/);
    read_all($c);
    echo_ok($_, "after SIG$signal") for @clients;
    echo_ok($d->connect, "after SIG$signal", 'a new client');
}
end_ok($_) for @clients;

finish();
