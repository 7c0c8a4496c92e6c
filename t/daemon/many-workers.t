#!/usr/bin/perl
# A thousand workers: started, held busy by a thousand clients, stopped.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

plan(skip_all => 'too large for a sanitizer') if sanitized();
my ($open) = slurp('/proc/self/limits') =~ /^Max open files +(\d+)/m;
plan(skip_all => "needs more than $open descriptors") if $open < 1100;

my $d = Mpechod->new(pool => { start => 1000, min_spare => 5, max_spare => 1000, max_workers => 1100 })->start;
is(scalar($d->workers), 1000, 'a thousand idle workers');
my $seconds = timed(sub { exchange($d->connect, 'x') for 1 .. 100 });
cmp_ok($seconds, '<', 2, sprintf 'a hundred connections among them take %.2f s', $seconds);
my @c = map { $d->connect } 1 .. 1000;
$_->syswrite('y') for @c;
is(scalar(grep { (read_some($_, 1) // '') eq 'y' } @c), 1000, 'a thousand clients, all answered');
close $_ for @c;
$seconds = timed(sub { $d->stop });
cmp_ok($seconds, '<', 5, sprintf 'stopped in %.2f s', $seconds);

finish();
