#!/usr/bin/perl
# The last idle worker takes a connection: the next client does not wait for the slow tick.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Strace;
use Test::More;

# Clients come so many at once, and are held.
sub nobody_waits_ok ($d, @at_once) {
    my (@c, @seconds);
    for my $n (@at_once) {
        push @seconds, timed(sub {
            push @c, my @new = map { $d->connect } 1 .. $n;
            $_->syswrite('x') for @new;
            (read_some($_, 1) // '') eq 'x' or die 'no echo' for @new;
        });
    }
    my ($median, $worst) = (sort { $a <=> $b } @seconds)[@seconds / 2, -2];    # one may be the machine's fault
    cmp_ok($median, '<', 0.1, sprintf 'each client finds a worker after %.1f ms', $median * 1000);
    # The master looks every 0.5 s by itself.
    cmp_ok($worst, '<', 0.45, sprintf 'the unluckiest but one after %.1f ms', $worst * 1000);
    close $_ for @c;
    $d->end;
}

my %pool = (start => 1, min_spare => 1, max_spare => 1, max_workers => 60);

subtest 'one client after another' => sub { nobody_waits_ok(Mpechod->new(pool => \%pool)->start, (1) x 30) };

subtest 'workers accept while the master forks' => sub {
    Strace::need();
    my $d     = Mpechod->new(pool => \%pool)->start(env => { Strace::bearable() });
    my $forks = Strace::forks();
    my $strace = Strace->attach([ $d->master, $d->workers ], '-f', '-e', "trace=$forks,close_range",
        '-e', "inject=$forks:delay_exit=20000", '-e', 'inject=close_range:delay_enter=10000');
    nobody_waits_ok($d, (1) x 30);
    $strace->detach;
};

finish();
