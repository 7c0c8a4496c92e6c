#!/usr/bin/perl
# The master is killed: busy workers leave at the drain deadline at the latest.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d = Mpechod->new(timeout => { drain => 1 })->start;
my ($quiet, $chatty) = map { $d->connect } 1, 2;
echo_ok($_, 'hello') for $quiet, $chatty;
$d->kill_master;
my $begun = now();
my %ended;
while (keys %ended < 2 && now() - $begun < 10) {
    $ended{chatty} //= now() - $begun if ($ended{chatty} // 0) == 0 && exchange($chatty, 'more', 1) ne 'more';
    $ended{quiet} //= now() - $begun if IO::Select->new($quiet)->can_read(0);
}
for my $who (qw(quiet chatty)) {
    cmp_ok($ended{$who} // 99, '>', 0.7, sprintf 'a %s connection goes on for the drain time (%.2f s)', $who, $ended{$who} // 99);
    cmp_ok($ended{$who} // 99, '<', 3,   'and then ends');
}
wait_ok(sub { $d->log_lines(qr/end=drain$/) == 2 }, 5, 'which is logged');
wait_ok(sub { !$d->processes }, 2, 'nobody is left');

finish();
