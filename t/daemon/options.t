#!/usr/bin/perl
# The options: help, version, -t, -T, -o, -l.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

subtest 'help and version' => sub {
    for my $option ('-h', '--help') {
        my $run = mpechod($option);
        is($run->{status}, 0, "$option: status 0");
        like($run->{out}, qr/^Usage: mpechod /, 'to stdout');
        is($run->{err}, '', 'nothing to stderr');
        like($run->{out}, qr/$_\b/, $_) for map { quotemeta } qw(-c -f -t -T -o -l -V -h --config --foreground --test --dump --set --listen --version --help);
    }
    for my $option ('-V', '--version') {
        my $run = mpechod($option);
        is($run->{status}, 0, "$option: status 0");
        like($run->{out}, qr/^mpechod \d+(?:\.\d+)+\S*\n$/, 'one line');
    }
    # The output is the purpose: a full disk is a failure.
    SKIP: {
        skip 'needs /dev/full', 2 if !-c '/dev/full';
        for my $option (qw(-h -T)) {
            my $pid = spawn([ $Mpechod::PROGRAM, $option, '-c', '/dev/null' ], stdout => '/dev/full');
            isnt(reap($pid), 0, "$option to a full disk is no success");
        }
    }
};

my $d = Mpechod->new;
my $conf = $d->{conf};

subtest '-t' => sub {
    for my $option ('-t', '--test') {
        my $run = mpechod($option, '-c', $conf);
        is($run->{status}, 0, "$option: status 0");
        is($run->{out}, "ok\n", 'ok');
    }
    is(mpechod('-t', '--config=/dev/null')->{out}, "ok\n", '/dev/null: all defaults');
    ok(!-e $d->dir . "/$_", "it makes no $_") for qw(log mpechod.pid accept.lock);
    my $run = mpechod('-t', '-c', $conf, '-o', 'pool.start=0');
    is($run->{status}, 78, 'a bad one: status 78');
    is($run->{out}, '', 'no ok');
};

subtest '-o and -l' => sub {
    my $dump = mpechod('-T', '-c', $conf, '-o', 'pool.max_workers=1024', '--set', 'timeout.idle=2.5', '-o', 'log.access=false',
        '-o', 'log.target=syslog', '-o', 'pool.max_workers=99')->{out};
    like($dump, qr/max_workers = 99;/, 'a number, and the last word counts');
    like($dump, qr/idle = 2\.5;/,      'a time');
    like($dump, qr/access = false;/,   'a truth value');
    like($dump, qr/target = "syslog";/, 'a text');
    like($dump, qr/min_spare = 2;/, 'the rest is from the file');
    is(mpechod('-T', '-c', $conf, '-o', 'process.pid_file=/a=b')->{out} =~ /pid_file = "(.*)";/ ? $1 : '', '/a=b', 'a value with = in it');

    my %listen = (
        '127.0.0.1:7'   => '{ address = "127.0.0.1"; port = 7; }',
        '127.0.0.1'     => '{ address = "127.0.0.1"; port = 9190; }',
        '[::1]:9190'    => qr/\{ address = "\[?::1\]?"; port = 9190; \}/,
        '*:9190'        => '{ address = "*"; port = 9190; }',
        'unix:/a/b.sock' => qr/\{ path = "\/a\/b\.sock"; mode = "0660"; \}/,
    );
    for my $listen (sort keys %listen) {
        my ($list) = mpechod('-T', '-c', $conf, '-l', $listen)->{out} =~ /^listen = \((.*?)\);/ms;
        my $wanted = ref $listen{$listen} ? $listen{$listen} : quotemeta $listen{$listen};
        like($list, qr/^\s*$wanted\s*$/, "-l $listen, and no other");
    }
    my ($list) = mpechod('-T', '-c', $conf, '-l', '127.0.0.1:1', '--listen=127.0.0.1:2')->{out} =~ /^listen = \((.*?)\);/ms;
    like($list, qr/port = 1; \},\s*\{.*port = 2; \}/, 'repeated');
};

subtest '-f logs to stderr' => sub {
    $d->configure(log => { target => undef });
    $d->start;
    like(slurp($d->dir . '/stderr'), qr/ INFO \[\d+\] ready: /, 'unless the config names a target');
    $d->stop;
};
finish();
