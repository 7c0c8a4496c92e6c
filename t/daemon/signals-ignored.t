#!/usr/bin/perl
# Signals that mean nothing to the master do nothing; USR2 says that it does nothing.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d = Mpechod->new->start;
my $c = $d->connect;
echo_ok($c, 'before');
wait_until(sub { $d->idle_workers >= 2 });
my @workers = sort $d->workers;

$d->signal($_) for qw(PIPE CHLD URG CONT);
$d->signal('PIPE') for 1 .. 50;
$d->expect(qr/WARN \[\d+\] SIGUSR2\b/);
$d->signal('USR2');
$d->log_wait(qr/SIGUSR2.*not supported/);
is(join(' ', sort $d->workers), "@workers", 'the workers are the same');
echo_ok($c, 'after');

# A worker is not to be confused by what its terminal or an operator sends to the whole group.
for my $signal (qw(INT QUIT HUP USR1 USR2 WINCH PIPE)) { kill $signal => @workers }
$d->log_mark;
echo_ok($c, 'and after', 'a busy worker');
my @different = grep { exchange($d->connect, 'x') ne 'x' } 1 .. 20;
is("@different", '', 'and idle ones are not disturbed');
is(scalar(grep { alive($_) } @workers), scalar @workers, 'they all live');

# They have no handler for them: the master's is not theirs.
use Config;
my %number;
@number{ split ' ', $Config{sig_name} } = split ' ', $Config{sig_num};
for my $pid ($workers[0], $d->logger) {
    my $ignored = hex substr status_of($pid, 'SigIgn'), -8;
    is(join(' ', grep { !($ignored >> ($number{$_} - 1) & 1) } qw(CHLD INT QUIT HUP USR1 USR2 WINCH PIPE XFSZ TTOU)), '',
        process($pid)->{comm} . ' ignores what is the master\'s');
}

# Nor is the logger, by what a terminal sends to the group that it is in.
my $logger = $d->logger;
kill $_ => $logger for qw(INT QUIT HUP TERM TSTP);
echo_ok($d->connect, 'to be logged');
ok($d->log_wait(qr/in=12 /), 'the logger goes on');
is($d->logger, $logger, 'the same one');

# A flood of SIGCHLD does not hide a TERM.
halt($d->master);
for (1 .. 5000) { kill $_ => $d->master for qw(CHLD USR2) }
kill TERM => $d->master;
kill CONT => $d->master;
end_ok($c);
is($d->wait_end, 0, 'a TERM behind a flood of others is seen');

finish();
