#!/usr/bin/perl
# The command line: what is right says what it should, what is wrong is refused before anything else happens, with 64.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpecho;
use Test::More;

for my $option ('-h', '--help') {
    my $r = mpecho($option);
    is($r->{status}, 0, "$option: status 0");
    like($r->{out}, qr/\AUsage: mpecho \[MODE\] .*HOST \[PORT\]\n/, "$option: how to use it");
    is($r->{err}, '', "$option: no error");
}
for my $option ('-V', '--version') {
    my $r = mpecho($option);
    is($r->{status}, 0, "$option: status 0");
    like($r->{out}, qr/\Ampecho \d+\.\d+\S*\n\z/, "$option: the version");
    is($r->{err}, '', "$option: no error");
}

my @wrong = (
    [ 'no HOST',         'HOST is missing' ],
    [ 'empty HOST',      'HOST is empty', '' ],
    [ 'too much',        'too many arguments', 'a', 1, 2 ],
    [ 'unknown option',  qr/invalid option -- 'x'/, '-x', '127.0.0.1' ],
    [ 'unknown word',    qr/unrecognized option '--no-such'/, '--no-such', '127.0.0.1' ],
    [ 'no seconds',      qr/option requires an argument -- 'W'/, '-W' ],
    [ 'a mode, mistyped', qr/invalid option -- 'c'\npnig is not a mode; the modes are .*ping.*\./, 'pnig', '-c', 3, 'localhost' ],
    [ 'two ports',       '127.0.0.1:1 has a port already, and 2 is another', '127.0.0.1:1', 2 ],
    [ 'two ports, IPv6', '[::1]:1 has a port already, and 2 is another', '[::1]:1', 2 ],
    map({ [ "port of $_", qr/port .*: neither a number from 1 to 65535 nor the name of a service/, $_ ] }
        '127.0.0.1:', '127.0.0.1:0', '[::1]:65536', 'localhost:-1'),
    [ 'port of a path',  'unix:/x: a Unix socket has no port', 'unix:/x', 1 ],
    map({ [ "port '$_'", "port $_: neither a number from 1 to 65535 nor the name of a service", '--', '127.0.0.1', $_ ] }
        '', 0, 65536, '99999999999999999999', '-1', '+80', ' 80', '/x'),
    map({ [ "wait '$_'", "--timeout $_: not a number of seconds from 0 to 86400", "--timeout=$_", 'localhost' ] }
        '', 'x', '1x', -1, 86401, 'nan', 'inf', ' 1', '1 '),
);
for my $case (@wrong) {
    my ($name, $message, @arguments) = @$case;
    my $r = mpecho(@arguments);
    is($r->{status}, 64, "$name: status 64");
    $message = qr/\Q$message\E/ if !ref $message;
    like($r->{err}, qr/\Ampecho: $message\nTry 'mpecho --help'\.\n\z/, "$name: why");
    is($r->{out}, '', "$name: no output");
}

# Under whatever path it was found.
my $r = run($Mpecho::PROGRAM, '-x', '127.0.0.1');
like($r->{err}, qr/\Ampecho: invalid option -- 'x'\n/, 'called by its path');
finish();
