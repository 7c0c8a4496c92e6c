#!/usr/bin/perl
# A disk that is frozen, with the log, the pid file, the lock file, a Unix socket and the configuration on it: clients are
# served, and requests are answered.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $mount = own_mount_namespace();
need_command(qw(losetup mkfs.ext4 fsfreeze));
my $image = temp_dir() . '/disk';
set_up("truncate -s 16M $image", "mkfs.ext4 -q $image", "mount -o loop $image $mount")
  or plan(skip_all => 'needs a loop device with ext4');
plan(skip_all => 'the file system cannot be frozen') if !set_up("fsfreeze -f $mount", "fsfreeze -u $mount");
my $main = $$;
END {
    local $?;
    run('fsfreeze', '-u', $mount) if defined $main && $$ == $main;
}
chmod 0755, $mount;

sub daemon () {
    my $d = Mpechod->new(
        log     => { target    => "$mount/log" },
        process => { pid_file  => "$mount/pid" },
        accept  => { lock_file => "$mount/lock" },
        listen  => [ { address => '127.0.0.1', port => 0 }, { path => "$mount/echo.sock" } ],
    );
    $d->expect(qr/lock.*tmpfs|lock.*memory/i);
    $d->{conf} = "$mount/conf";
    return $d->configure->start;
}
my $freeze = sub { is(run('fsfreeze', '-f', $mount)->{status}, 0, 'the disk is frozen') };
my $thaw   = sub { run('fsfreeze', '-u', $mount) };

# What a request leads to is seen from outside, since nothing can be logged.
subtest 'clients and the dead' => sub {
    my $d = daemon();
    $freeze->();
    for my $i (1 .. 10) {
        my $begun = now();
        my $c     = $d->connect($d->listening($i % 2));
        echo_ok($c, "client $i");
        end_ok($c);
        cmp_ok(now() - $begun, '<', 1, sprintf 'after %.3f s', now() - $begun);
    }
    my ($victim) = $d->idle_workers;
    $d->expect(qr/worker $victim .*killed by SIGKILL/, qr/\d+ log lines lost/);
    kill KILL => $victim;
    wait_ok(sub { !grep { $_ == $victim } $d->workers }, 2, 'a worker that dies is waited for');
    wait_ok(sub { $d->idle_workers >= 2 }, 2, 'and replaced');
    $thaw->();
    $d->end;
};

subtest 'TERM' => sub {
    my $d = daemon();
    my $c = $d->connect;
    echo_ok($c, 'hello');
    my ($port) = $d->port;
    $freeze->();
    my $begun = now();
    $d->signal('HUP');
    $d->signal('TERM');
    wait_ok(sub { my $new = connect_to("127.0.0.1:$port", Timeout => 0.1); !$new || !eval { $new->peerport } }, 2, 'nobody new gets in');
    cmp_ok(now() - $begun, '<', 0.6, sprintf 'after %.3f s', now() - $begun);
    echo_ok($c, 'still here', 'who is there has the drain time');
    end_ok($c);
    $begun = now();
    is($d->wait_end, 0, 'it ends: exit status 0');
    cmp_ok(now() - $begun, '<', 5, sprintf 'after %.3f s', now() - $begun);
    $d->expect(qr/./);    # what was meant to be logged may be lost
    $thaw->();
    wait_ok(sub { !-e "$mount/pid" && !-e "$mount/echo.sock" && !$d->processes }, 5, 'and when the disk is there again nothing is left');
    $d->end;
};

# The configuration is elsewhere, and all that a reload has to do on the frozen disk is to change a mode.
subtest 'a reload that changes the mode of a Unix socket' => sub {
    my @listen = ({ address => '127.0.0.1', port => 0 }, { path => "$mount/echo.sock" });
    my $d = Mpechod->new(listen => [ $listen[0], { %{ $listen[1] }, mode => '0660' } ])->start;
    $d->expect(qr/SIGUSR2/);
    $freeze->();
    $d->configure(listen => [ $listen[0], { %{ $listen[1] }, mode => '0666' } ]);
    $d->signal('HUP');
    ok($d->log_wait(qr/config reloaded/, 5), 'it is done');
    $d->signal('USR2');
    ok($d->log_wait(qr/SIGUSR2/, 5), 'and the next request is heard');
    echo_ok($d->connect, 'hello', 'a client is served');
    $thaw->();
    wait_ok(sub { ((stat "$mount/echo.sock")[2] & 0777) == 0666 }, 5, 'the mode follows when the disk is there again');
    $d->end;
};

finish();
