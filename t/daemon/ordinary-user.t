#!/usr/bin/perl
# As an ordinary user it works without a config: its files are in the run directory of that user.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use Fcntl qw(LOCK_EX LOCK_NB);

need_root() if !eval { getpwnam('nobody') };
need_command('setpriv') if $> == 0;

# As root, become a user that nobody else is.
my $uid  = $> == 0 ? 60000 + $$ % 5000 : $>;
my @as   = $> == 0 ? ('setpriv', "--reuid=$uid", "--regid=$uid", '--clear-groups') : ();
my $port = free_port();

sub daemon ($xdg) {
    my $d = Mpechod->new;
    chown $uid, $uid, $d->dir, $d->{conf};
    spew($d->{conf}, "# all defaults\n");
    $d->{config}{log}{target} = undef;
    $d->{config}{process}{pid_file} = "$xdg/mpechod.pid";
    $d->{config}{accept}{lock_file} = "$xdg/accept.lock";
    return $d;
}

subtest 'XDG_RUNTIME_DIR' => sub {
    my $d   = daemon('');
    my $xdg = $d->dir . '/xdg';
    mkdir $xdg, 0700 or die $!;
    chown $uid, $uid, $xdg;
    $d->{config}{process}{pid_file} = "$xdg/mpechod/mpechod.pid";
    $d->{config}{accept}{lock_file} = "$xdg/mpechod/accept.lock";
    $d->start(wrap => \@as, args => [ '-l', "127.0.0.1:$port" ], env => { XDG_RUNTIME_DIR => $xdg });
    is((stat "$xdg/mpechod")[4], $uid, 'a directory there');
    is(sprintf('%04o', (stat "$xdg/mpechod")[2] & 07777), '0700', 'of its own');
    open my $directory, '<', "$xdg/mpechod" or die $!;
    ok(!flock($directory, LOCK_EX | LOCK_NB), 'locked, so that systemd-tmpfiles does not clean it');
    is(slurp("$xdg/mpechod/mpechod.pid"), $d->master . "\n", 'with the pid file');
    ok(-e "$xdg/mpechod/accept.lock", 'and the lock file');
    is((split ' ', status_of($_, 'Uid'))[0], $uid, "worker $_ is that user") for $d->workers;
    is(status_of($_, 'NoNewPrivs'), 1, "and has no way to more") for $d->workers;
    echo_ok($d->connect, 'hello');
    my $dump = run(@as, $Mpechod::PROGRAM, '-T', '-c', '/dev/null', { env => { XDG_RUNTIME_DIR => $xdg } });
    like($dump->{out}, qr{lock_file = "\Q$xdg\E/mpechod/accept\.lock"}, '-T shows it');
    $d->end;
};

SKIP: {
    skip 'another mpechod may be in /tmp', 1 if $> != 0;
    subtest 'no XDG_RUNTIME_DIR' => sub {
        delete local $ENV{XDG_RUNTIME_DIR};
        my $run = "/tmp/mpechod-$uid";
        my $d   = daemon($run);
        $d->start(wrap => \@as, args => [ '-l', "127.0.0.1:$port" ]);
        is((stat $run)[4], $uid, "$run is made");
        is(sprintf('%04o', (stat $run)[2] & 07777), '0700', 'for the user alone');
        echo_ok($d->connect, 'hello');
        $d->end;

        # What somebody else has put there is not trusted.
        for (
            [ 'of another user', sub { mkdir $run } ],
            [ 'that others can write to', sub { mkdir $run; chown $uid, $uid, $run; chmod 0777, $run } ],
            [ 'by a symbolic link', sub { mkdir "$run-elsewhere"; chown $uid, $uid, "$run-elsewhere"; symlink "$run-elsewhere", $run } ],
          )
        {
            my ($name, $make) = @$_;
            rmdir $run;
            $make->();
            my $refused = run(@as, $Mpechod::PROGRAM, '-f', '-c', '/dev/null', '-l', "127.0.0.1:$port");
            is($refused->{status}, 1, "a directory $name is refused");
            like($refused->{err}, qr/\Q$run\E/, '... by name');
            unlink $run;
            rmdir $_ for $run, "$run-elsewhere";
        }
    };
}
finish();
