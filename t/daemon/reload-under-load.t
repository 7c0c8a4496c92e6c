#!/usr/bin/perl
# Reload after reload under load: no client notices.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d = Mpechod->new(pool => { start => 3, min_spare => 3, max_spare => 6, max_workers => 40 })->start;
my $address = $d->listening;

my @clients = map {
    my $n   = $_;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        my ($good, @bad, $stop) = (0);
        local $SIG{TERM} = sub { $stop = 1 };
        while (!$stop) {
            my $c = connect_to($address);
            if (!$c) { push @bad, "connect: $!"; next }
            for my $message (1 .. 5) {
                my $bytes = "client $n, message $message" x 20;
                exchange($c, $bytes, 10) eq $bytes ? $good++ : push @bad, "message $message: $!";
            }
        }
        spew($d->dir . "/client$n", join "\n", $good, @bad);
        POSIX::_exit(0);
    }
    $pid;
} 1 .. 6;

my $reloads = grep { $d->reload } 1 .. 25;
is($reloads, 25, 'reloaded 25 times');
kill TERM => @clients;
waitpid $_, 0 for @clients;
my @counts = map { [ split /\n/, slurp($d->dir . "/client$_") ] } 1 .. 6;
cmp_ok((sort { $a <=> $b } map { $_->[0] } @counts)[0], '>', 20, 'every client got work done');
is(join(', ', map { @$_[1 .. $#$_] } @counts), '', 'and none met an error');
wait_ok(sub { !$d->busy_workers && $d->workers <= 12 && !$d->zombies }, 10, 'old generations are gone');

finish();
