#!/usr/bin/perl
# Signals that come while a reload is under way: none is lost, and the log tells what became of the reload.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use Strace;
Strace::need();

# New workers take their time, so that the reload does.
sub slow_reload ($d) {
    my $strace = Strace->attach($d->master, '-f', '-e', 'trace=close_range', '-e', 'inject=close_range:delay_enter=300000');
    $d->configure(pool => { start => 3 });
    $d->log_mark;
    $d->signal('HUP');
    wait_until(sub { $d->workers >= 5 });    # two old ones, three new ones
    return $strace;
}
my $config_reloaded = qr/config reloaded, generation \d+/;

subtest 'USR1' => sub {
    my $d      = Mpechod->new->start;
    my $strace = slow_reload($d);
    my $old    = $d->log_file . '.1';
    rename $d->log_file, $old or die $!;
    $d->signal('USR1');
    $strace->detach if wait_until(sub { slurp($old) =~ $config_reloaded || slurp($d->log_file) =~ $config_reloaded });
    wait_ok(sub { -e $d->log_file }, 5, 'the log is reopened');
    wait_ok(sub { (fd_of($d->logger, 2) // '') eq $d->log_file }, 5, 'the logger writes to the new file');
    echo_ok($d->connect, 'hello');
    wait_ok(sub { slurp($d->log_file) =~ /in=5 / }, 5, 'which shows');
    $d->end;
};

subtest 'HUP' => sub {
    my $d      = Mpechod->new->start;
    my $strace = slow_reload($d);
    $d->configure(timeout => { idle => 0.3 });
    $d->signal('HUP');
    $d->log_wait($config_reloaded);
    $strace->detach;
    wait_ok(sub { defined read_all($d->connect, 1) }, 5, 'the last config comes into force');
    $d->end;
};

subtest 'WINCH' => sub {
    my $d      = Mpechod->new->start;
    my $strace = slow_reload($d);
    $d->expect(qr/config not reloaded: .*paused/);
    $d->signal('WINCH');
    $d->log_wait(qr/config (?:not )?reloaded/);
    $d->log_wait(qr/paused/);
    $strace->detach;
    wait_ok(sub { !$d->workers }, 5, 'paused');
    $d->log_mark;
    $d->signal('HUP');
    echo_ok($d->connect, 'hello', 'and resumed');
    $d->log_wait($config_reloaded);
    $d->end;
};

subtest 'TERM' => sub {
    my $d      = Mpechod->new->start(env => { Strace::bearable() });
    my $c      = $d->connect;
    echo_ok($c, 'hello');
    my $strace = slow_reload($d);
    $d->expect(qr/config not reloaded/);
    $d->signal('TERM');
    echo_ok($c, 'still here', 'a connection has its time');
    end_ok($c);
    is($d->wait_end, 0, 'exit status 0');
    reap($strace->{pid});
    $d->end;
};
finish();
