#!/usr/bin/perl
# Whichever system call of the start fails: the daemon says why and leaves nothing behind, or it starts all the same.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use Strace;
Strace::need();
need_command('prlimit');

my $d    = Mpechod->new(pool => { start => 1, min_spare => 1, max_spare => 1 });
my $unix = $d->dir . '/echo.sock';
$d->configure(listen => [ { address => '127.0.0.1', port => 0 }, { path => $unix } ]);
$d->expect(qr/./);
my %before = map { $_ => 1 } glob $d->dir . '/*';
sub left () { grep { !$before{$_} && !m{/(?:log|stderr|stdout)$} } glob $d->dir . '/*' }

# Start it under that command. What is wrong with how it ends, '' if nothing is.
sub try (@wrap) {
    unlink $d->dir . "/$_" for qw(log stderr);
    $d->start(wrap => \@wrap, env => { Strace::bearable() }, no_wait => 1);
    my $up = wait_until(sub { -S $unix && $d->log_lines(qr/ ready: /) || !alive($d->{child}) }, 10) && alive($d->{child});
    kill TERM => $d->find_master // () if alive($d->{child});
    my $status = exit_status(reap(delete $d->{child}, 10));
    my $said   = slurp($d->dir . '/stderr') . slurp($d->log_file);
    my $wrong  = $up ? $status ne '0' : $status !~ /^(?:0|1|78)$/ || $said !~ /cannot|no such/;
    wait_until(sub { !left() }, 2);
    my $result = join ', ', $wrong ? "status $status: $said" : (), map { "left behind: $_" } left();
    unlink left();
    return $result;
}

# Which of them, in each process: from when the configuration is read, until the daemon is ready.
my @calls = (
    [ openat       => 'EMFILE',        4 .. 15 ],
    [ fcntl        => 'EMFILE',        1 .. 13 ],
    [ '/^rename'   => 'EIO',           1 ],
    [ '/^link'     => 'EIO',           1 ],
    [ bind         => 'EADDRNOTAVAIL', 1, 2 ],
    [ listen       => 'EADDRINUSE',    1, 2 ],
);
for (@calls) {
    my ($call, $error, @times) = @$_;
    my @wrong = map {
        my $result = try(qw(strace -qq -f -o /dev/null), '-e', "trace=$call", '-e', "inject=$call:error=$error:when=$_");
        $result ? "$_: $result" : ();
    } @times;
    is(join("\n", @wrong), '', "a $call fails");
}

# No file may grow: SIGXFSZ does not end it without a word. (Nor may stderr, if it is one.)
my $said = `prlimit --fsize=0 '$Mpechod::PROGRAM' -f -c '$d->{conf}' 2>&1`;
is($? >> 8, 1, 'no file may grow: status 1');
like($said, qr/cannot start: .*pid_file: cannot write .*: File too large/, 'and why');
is(join(' ', left()), '', 'nothing is left behind');

finish();
