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

# While a child prepares it: what it has made by then, it takes back.
subtest 'WINCH, before there are workers' => sub {
    my $d      = Mpechod->new->start;
    my $old    = $d->{config}{process}{pid_file};
    my @made   = map { $d->dir . "/$_" } qw(new.pid new.sock);
    my $strace = Strace->attach($d->master, '-f', '-e', 'trace=sendmsg', '-e', 'inject=sendmsg:delay_enter=300000');
    $d->configure(process => { pid_file => $made[0] }, listen => [ { path => $made[1] }, { address => '127.0.0.1', port => 0 } ]);
    $d->log_mark;
    $d->signal('HUP');
    wait_ok(sub { 2 == grep { -e } @made }, 5, 'files are made');
    $d->expect(qr/config not reloaded: .*paused/);
    $d->signal('WINCH');
    $d->log_wait(qr/paused: no new connections/);
    wait_ok(sub { !grep { -e } @made }, 5, 'and are gone again');
    $strace->detach;
    wait_ok(sub { !$d->workers }, 5, 'it is paused');
    let_pass(0.2);
    is(join(' ', $d->workers), '', 'and stays so');
    is(slurp($old), $d->master . "\n", 'its pid file is there');
    $d->configure(process => { pid_file => $old });
    $d->signal('HUP');
    $d->log_wait($config_reloaded);
    $d->end;
};

# What is shared with the new configuration is mended when that is in force, and once; what somebody puts in its place is left
# alone.
subtest 'a listener that breaks' => sub {
    my $d    = Mpechod->new;
    my @unix = map { $d->dir . "/$_.sock" } 1, 2;
    my @tcp  = { address => '127.0.0.1', port => 0 };
    $d->configure(listen => [ @tcp, map { { path => $_, mode => '0600' } } @unix ])->start;
    my $strace = Strace->attach($d->master, '-f', '-e', 'trace=close_range', '-e', 'inject=close_range:delay_enter=800000');
    $d->configure(listen => [ @tcp, { path => $unix[0], mode => '0600' }, { path => $unix[1], mode => '0666' } ]);
    $d->log_mark;
    $d->signal('HUP');
    wait_until(sub { $d->workers >= 4 });
    $d->expect(qr/listener unix:\Q$unix[0]\E was broken .* opened anew/, qr/listener unix:\Q$unix[1]\E is broken .*not a socket/);
    unlink $unix[0] or die $!;
    rename $unix[1], "$unix[1].away" or die $!;
    spew($unix[1], "somebody else's\n");
    chmod 0640, $unix[1];
    ok($d->log_wait($config_reloaded), 'the reload goes on');
    $strace->detach;
    wait_ok(sub { -S $unix[0] }, 5, 'it is opened anew');
    echo_ok($d->connect("unix:$unix[0]"), 'hello');
    ok($d->log_wait(qr/\Q$unix[1]\E is broken/), 'the other one cannot be');
    is(scalar(() = $d->log_lines(qr/\Q$unix[0]\E was broken/)), 1, 'which is said once');
    is(sprintf('%04o', (stat $unix[1])[2] & 07777), '0640', 'a foreign file keeps its mode');
    unlink $unix[1];
    rename "$unix[1].away", $unix[1] or die $!;
    $d->log_wait(qr/\Q$unix[1]\E works again/);
    let_pass(0.6);    # a tick
    is(scalar(() = $d->log_lines(qr/works again/)), 1, 'and when its own is back, that is said once');
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
