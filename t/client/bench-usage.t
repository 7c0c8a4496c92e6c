#!/usr/bin/perl
# mpecho bench refuses what makes no sense before anything else happens, with 64, and says why.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpecho;
use Test::More;

sub refused ($why, @arguments) {
    my $r = mpecho(@arguments);
    is($r->{status}, 64, "@arguments: status 64");
    like($r->{err}, qr/\Ampecho: $why.*\n(?:Try 'mpecho (?:bench|ping) --help'\.\n)?\z/, '... and why');
    is($r->{out}, '', '... no report');
}

my $foreign = qr/.*not an address of this machine.*--yes-i-may/;
refused($foreign, 'bench', '192.0.2.1');
refused($foreign, 'ping', '-i', '0.001', '192.0.2.1');
refused(qr/.*--yes-i-may/, 'bench', '-u', $_) for '255.255.255.255', '224.0.0.1', 'ff02::1';    # nobody's own

sub nonsense ($why, @options) { refused($why, 'bench', @options, 'localhost') }

nonsense(qr/.*more threads than connections/, '-j', 2);
nonsense(qr/.*only one of/, '--burst', '--crr');
nonsense(qr/--omit makes no sense with --burst or --hold/, '--burst', '--omit', 1);
nonsense(qr/a range of sizes needs --udp --pmtudisc do/, '-s', '10-20');
nonsense(qr/--size \Q$_\E: not a number of bytes, up to 16 with commas between them, /, '-s', $_) for 0, '1.5', '1.5,64', '64,1.5', '0x40', '1e', '1T', ',1';
nonsense(qr/--connections \Q$_\E: not a whole number from 1 to 1000000/, '-c', $_) for '1.5', '0x10';
nonsense(qr/--pipeline makes no sense with --rate and datagrams, /, '-u', '-R', 10, '-P', 2);
refused(qr/.*a Unix socket has no port/, 'bench', 'unix:/x', 7);

finish();
