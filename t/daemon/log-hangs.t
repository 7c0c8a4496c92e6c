#!/usr/bin/perl
# The log's target takes nothing: a FIFO that nobody reads, a terminal that stands still, ours or another user's. Echo goes on,
# and the master does at once what it is told.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Copy 'copy';
use Mpechod;
use Pty;
use Test::More;

# Those that have become one: they have the name, and the log before it.
sub grown_workers ($d) { grep { (process($_) // { comm => '' })->{comm} eq 'mpechod-worker' } $d->workers }

# Clients can connect before there are workers.
sub started ($d, %how) {
    my $address = "127.0.0.1:$d->{config}{listen}[0]{port}";
    $d->start(no_wait => 1, %how);
    ok(wait_until(sub { connect_to($address) }), 'started');
    $d->{master} = $d->find_master // $d->{child};
    ok(wait_until(sub { grown_workers($d) }), '... with workers');
    return $address;
}

sub daemon (%config) {
    return Mpechod->new(listen => [ { address => '127.0.0.1', port => free_port() } ], pool => { max_workers => 8 }, %config);
}

# Lines without number, as if they came from a worker; or so many connections that it is held up for sure.
sub hold_up ($d, $address) {
    my $socket = descriptor_of((grown_workers($d))[0], 2);
    my $n = $socket ? 20 : 1000;
    if ($socket) { send $socket, 'x' x 2000, Socket::MSG_DONTWAIT for 1 .. 300 }
    my @bad = grep { my $c = connect_to($address); !$c || exchange($c, 'hello', 5) ne 'hello' } 1 .. $n;
    is("@bad", '', 'echo goes on');
}

# From TERM on nobody new gets in.
sub hears_ok ($d, $address) {
    my $begun = now();
    $d->signal('TERM');
    my $heard;
    wait_ok(sub { !connect_to($address, Timeout => 0.1) && ($heard = now() - $begun) }, 5, 'it hears TERM');
    cmp_ok($heard // 99, '<', 1, 'at once');
    is(exit_status(reap(delete $d->{child}, 20)), 0, 'and ends well');
    cmp_ok(now() - $begun, '<', 10, 'though not all could be written');
    wait_ok(sub { !$d->processes }, 5, 'and so does the logger');
    $d->{ended} = 1;
}

subtest 'a FIFO that nobody reads' => sub {
    my $d = daemon();
    POSIX::mkfifo($d->dir . '/fifo', 0600) or die $!;
    $d->configure(log => { target => $d->dir . '/fifo' });
    $d->{config}{log}{target} = $d->dir . '/log';    # where the harness looks: it would hang on the FIFO
    my $address = started($d);
    hold_up($d, $address);
    # A reload to something better is what an operator would do.
    $d->reload(log => { target => $d->dir . '/log' });
    $d->expect(qr/x{1000}/, qr/log lines lost/);
    $d->log_wait(qr/in=5 /);
    $d->end;
};

subtest 'a FIFO that nobody reads, at the end' => sub {
    my $d = daemon();
    POSIX::mkfifo($d->dir . '/fifo', 0600) or die $!;
    $d->configure(log => { target => $d->dir . '/fifo' });
    my $address = started($d);
    hold_up($d, $address);
    hears_ok($d, $address);
};

for my $whose ('ours', "another user's") {
    subtest "a terminal, $whose" => sub {
        my $pty = Pty->new // plan(skip_all => 'needs a pseudo-terminal');
        my ($d, %how) = daemon(log => { target => undef });
        if ($whose ne 'ours') {
            need_root();
            need_command('setpriv');
            chmod 0777, $d->dir;
            copy($Mpechod::PROGRAM, $d->dir . '/mpechod') or die "copy: $!";    # to where that user can surely get at it
            chmod 0755, $d->dir . '/mpechod';
            chown 65534, 65534, $d->{conf};
            %how = (wrap => [qw(setpriv --reuid=65534 --regid=65534 --clear-groups)], program => $d->dir . '/mpechod');
        }
        my $address = started($d, %how, in_child => sub { POSIX::dup2(fileno $pty->slave, 2) });
        hold_up($d, $address);
        hears_ok($d, $address);
    };
}

finish();
