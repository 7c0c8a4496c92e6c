#!/usr/bin/perl
# Who asks for a longer accept queue than the kernel allows is told so; who asks for nothing is not.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my ($allowed) = slurp('/proc/sys/net/core/somaxconn') =~ /(\d+)/;
plan(skip_all => 'this system allows them all') if !$allowed || $allowed >= 65535;

my $d = Mpechod->new(accept => { backlog => $allowed })->start;
echo_ok($d->connect, 'as much as is allowed');
ok(!$d->log_lines(qr/somaxconn/), 'is no news');

$d->expect(qr/WARN .*accept\.backlog is 65535, but net\.core\.somaxconn allows $allowed/);
ok($d->reload(accept => { backlog => 65535 }), 'more is taken');
ok($d->log_lines(qr/somaxconn/), 'with a warning');
echo_ok($d->connect, 'and served');

finish();
