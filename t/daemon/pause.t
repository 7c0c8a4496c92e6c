#!/usr/bin/perl
# WINCH pauses: connections finish, nobody is accepted, the master stays; HUP resumes.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d    = Mpechod->new;
my $unix = $d->dir . '/echo.sock';
$d->configure(listen => [ { address => '127.0.0.1', port => 0 }, { path => $unix } ])->start;
my $c = $d->connect;
echo_ok($c, 'before');
my @idle = $d->idle_workers;

$d->signal('WINCH');
wait_ok(sub { !grep { alive($_) } @idle }, 5, 'idle workers leave');
echo_ok($c, 'meanwhile', 'a connection goes on');
my @waiting = map { $d->connect } 1 .. 3;
$_->syswrite('me') for @waiting;
ok(!IO::Select->new(@waiting)->can_read(0.8), 'who connects has to wait, longer than a tick');
is(join(' ', $d->workers), $d->worker_of($c), 'there is one worker, the busy one');
end_ok($c);
wait_ok(sub { !$d->workers }, 5, 'which leaves as well');
ok(alive($d->master), 'the master stays');
unlink $unix or die $!;
$d->expect(qr/listener unix:\Q$unix\E was broken .*: opened anew/);
wait_ok(sub { -S $unix }, 5, 'and mends its listeners');
$d->signal('WINCH');
$d->signal('USR1');
ok(!IO::Select->new(@waiting)->can_read(0.6), 'neither that nor a second WINCH nor USR1 resumes');

$d->signal('HUP');
is(join(' ', map { read_some($_, 2) // '-' } @waiting), 'me me me', 'HUP resumes, and who waited is served');
end_ok($_) for @waiting;
wait_ok(sub { $d->idle_workers >= 2 }, 5, 'the pool is there again');

subtest 'a config that is no good does not resume' => sub {
    $d->signal('WINCH');
    wait_ok(sub { !$d->workers }, 5, 'paused');
    $d->expect(qr/config not reloaded/);
    $d->log_mark;
    spew($d->{conf}, 'nonsense');
    $d->signal('HUP');
    $d->log_wait(qr/config not reloaded/);
    $d->reload;
    echo_ok($d->connect, 'hello', 'a good one does');
};

subtest 'a stop while paused' => sub {
    $d->signal('WINCH');
    wait_ok(sub { !$d->workers }, 5, 'paused');
    my $queued = $d->connect;
    $queued->syswrite('me too');
    $queued->shutdown(1);
    $d->signal('TERM');
    is(read_all($queued), 'me too', 'who waits is served first');
    is($d->wait_end, 0, 'exit status 0');
};
finish();
