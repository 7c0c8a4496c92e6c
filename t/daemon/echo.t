#!/usr/bin/perl
# What is sent comes back: any bytes, of any number, at once or in pieces.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d = Mpechod->new->start;

subtest 'every value of a byte' => sub {
    my $c = $d->connect;
    echo_ok($c, join('', map { chr } 0 .. 255), 'all 256 at once');
    echo_ok($c, chr, "byte $_") for 0, 10, 13, 26, 127, 255;
    end_ok($c);
};

subtest 'sizes' => sub {
    my $c = $d->connect;
    for my $size (1, 2, 1023, 1024, 1025, 4095, 4096, 4097, 65535, 65536, 65537, 1 << 20, (3 << 20) + 1) {
        echo_ok($c, substr(pack('N*', 1 .. $size / 4 + 1), 0, $size), "$size bytes");
    }
    end_ok($c);
};

subtest 'a message after a message' => sub {
    my $c = $d->connect;
    my @different = grep { exchange($c, "message $_") ne "message $_" } 1 .. 500;
    is("@different", '', '500 messages on one connection');
    end_ok($c);
};

subtest 'a connection after a connection' => sub {
    my @different = grep { my $c = $d->connect; exchange($c, "connection $_") ne "connection $_" } 1 .. 200;
    is("@different", '', '200 connections');
};

subtest 'connections side by side' => sub {
    my @c = map { $d->connect } 1 .. 10;
    send_all($c[$_], "to $_") for 0 .. $#c;
    is(join(' ', map { read_some($c[$_], 4) } 0 .. $#c), join(' ', map { "to $_" } 0 .. $#c), 'each has its own');
};

subtest 'nothing sent' => sub { end_ok($d->connect, 'nothing comes back but the end') };

finish();
