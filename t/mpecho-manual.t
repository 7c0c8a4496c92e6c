#!/usr/bin/perl
# mpecho(1) tells of every option that --help knows, and of every exit status; and mandoc finds nothing to object to.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use EchoServer;
use Mpecho;
use Test::More;

my $path = "$Mpecho::SOURCE/man/mpecho.1";
open my $file, '<', $path or die "$path: $!";
my $manual = do { local $/; <$file> };

my $help = mpecho('--help')->{out};
my @options = $help =~ /^  (-\w), --(\w+)/gm;
ok(@options >= 6, '--help names options');
for my $option (map { s/^-//r } @options) {
    like($manual, qr/\bFl (?:Fl )?-?\Q$option\E\b/, "mpecho(1) has $option");
}
like($manual, qr/^\.It $_$/m, "mpecho(1) has exit status $_") for 0, 1, 2, 3, 64;

SKIP: {
    my @complaints = qx(mandoc -T lint -W style '$path' 2>/dev/null);
    skip('no mandoc here', 1) if $? == -1 || $? >> 8 == 127;
    # Which other pages are installed is not the page's fault.
    is(join('', grep { !/referenced manual not found/ } @complaints), '', 'mandoc finds nothing');
}

finish();
