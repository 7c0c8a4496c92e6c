#!/usr/bin/perl
# Exit statuses: 0 fine, 1 cannot start, 64 usage, 78 bad config; every failure says what and why.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d = Mpechod->new;
my $conf = $d->{conf};

sub fails_ok ($name, $status, $pattern, @arguments) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $run = mpechod(@arguments, { env => { MPECHOD_TEST => $d->dir } });
    is($run->{status}, $status, "$name: status $status");
    like($run->{err}, $pattern, "$name: said");
    is($run->{out}, '', "$name: on stderr");
}

subtest 'usage' => sub {
    fails_ok('an unknown option', 64, qr/^mpechod: .*--frobnicate/, '--frobnicate');
    fails_ok('an unknown letter', 64, qr/^mpechod: .*-x/, '-x');
    fails_ok('one among others', 64, qr/^mpechod: .*-x/, '-fxV');
    fails_ok('one after others', 64, qr/^mpechod: .*-x/, '-c', '/dev/null', '-xt');
    fails_ok('an argument', 64, qr/^mpechod: .*stray/, 'stray');
    fails_ok('an option without its value', 64, qr/^mpechod: .*-c/, '-c');
    fails_ok('a long one', 64, qr/^mpechod: .*--listen/, '--listen');
    fails_ok('-o without =', 64, qr/^mpechod: .*KEY=VALUE.*'pool'/, '-o', 'pool');
    fails_ok('-o without KEY', 64, qr/^mpechod: .*KEY=VALUE/, '-o', '=5');
};

subtest 'configuration' => sub {
    fails_ok('-o with an unknown key', 78, qr/pool\.stray: unknown key/, '-c', $conf, '-o', 'pool.stray=1');
    fails_ok('-o with a bad value', 78, qr/pool\.start: ./, '-c', $conf, '-o', 'pool.start=many');
    fails_ok('-o with half a number', 78, qr/pool\.start: ./, '-c', $conf, '-o', 'pool.start=5x');
    fails_ok('-l with a bad address', 78, qr/listen: .*example/, '-c', $conf, '-l', 'example.org:80');
    fails_ok('-l with a bad port', 78, qr/listen: .*99999/, '-c', $conf, '-l', '127.0.0.1:99999');
    fails_ok('no such file', 78, qr{^/nowhere/mpechod\.conf: .*No such file}, '-c', '/nowhere/mpechod.conf');
    fails_ok('a directory', 78, qr/not a regular file/, '-c', $d->dir);
    fails_ok('a device', 78, qr/not a regular file/, '-c', '/dev/zero');
};

subtest 'cannot start' => sub {
    my $taken = IO::Socket::IP->new(Listen => 1, LocalHost => '127.0.0.1') // die $@;
    my @f     = ('-f', '-c', $conf);
    $d->expect(qr/ERROR \[\d+\] cannot start: /);
    fails_ok('the port is taken', 1, qr/Address already in use/, @f, '-l', '127.0.0.1:' . $taken->sockport);
    fails_ok('nobody has that address', 1, qr/Cannot assign requested address/, @f, '-l', '192.0.2.1:0');
    fails_ok('no place for the log', 1, qr{log\.target: .*/nowhere/log.*No such file}, @f, '-o', 'log.target=/nowhere/log');
    fails_ok('no place for the pid file', 1, qr{process\.pid_file: .*/nowhere/pid}, @f, '-o', 'process.pid_file=/nowhere/pid');
    fails_ok('no place for the lock file', 1, qr{/nowhere/lock}, @f, '-o', 'accept.lock_file=/nowhere/lock');
    fails_ok('no place for the socket', 1, qr{/nowhere/sock}, @f, '-l', 'unix:/nowhere/sock');
};

subtest 'fine' => sub {
    is(mpechod('-t', '-c', $conf)->{status}, 0, '-t');
    is(mpechod('-V')->{status}, 0, '-V');
    is(mpechod('-h')->{status}, 0, '-h');
    $d->start;
    is($d->{child} && kill(TERM => $d->master) && $d->wait_end, 0, 'stopped by request');
};

finish();
