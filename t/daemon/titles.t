#!/usr/bin/perl
# ps and top tell the master, the logger, and idle and busy workers from each other; the master comes first at the CPU.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

sub title_of ($pid) { slurp("/proc/$pid/cmdline") =~ s/\0+\z//r }

my $d = Mpechod->new->start;
is(title_of($d->master), 'mpechod: master', 'the master');
my ($logger) = map { $_->{pid} } grep { $_->{comm} eq 'mpechod-logger' } children($d->master);
is(title_of($logger), 'mpechod: logger', 'the logger');
is(join(', ', map { title_of($_) } $d->workers), 'mpechod: worker, idle, mpechod: worker, idle', 'workers without a client');
my $c = $d->connect;
echo_ok($c, 'hello');
my $worker = $d->worker_of($c);
is(title_of($worker), 'mpechod: worker, busy', 'one with a client');
end_ok($c);
wait_ok(sub { title_of($worker) eq 'mpechod: worker, idle' }, 5, 'and afterwards');
ok($d->reload, 'the command line is still known: a reload works');
is(title_of($d->master), 'mpechod: master', 'and nothing changes');

SKIP: {
    my $nice = sub ($pid) { getpriority(0, $pid) };
    skip 'needs root', 2 if $> != 0;
    skip 'we are not at the ordinary priority', 2 if $nice->($$) != 0;
    is($nice->($d->master), -10, 'the master is not kept waiting by its workers');
    is(join(' ', map { $nice->($_) } $d->workers, $logger), '0 0 0', 'who run as others do');
}
finish();
