#!/usr/bin/perl
# mpecho(1) tells of every option that --help knows, and of every exit status; and mandoc finds nothing to object to.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpecho;
use Test::More;

my $path = "$Harness::SOURCE/man/mpecho.1";
open my $file, '<', $path or die "$path: $!";
my $manual = do { local $/; <$file> };

# An option has an entry in the part that is about its mode, or where those of all modes or of reports are.
my ($common) = $manual =~ /^\.Sh DESCRIPTION\n(.*?)^\.Ss/ms;
my ($reports) = $manual =~ /^\.Ss Reports\n(.*?)^\.Sh/ms;
my %part = $manual =~ /^\.Ss Mode (\w+)\n(.*?)(?=^\.S[sh])/gms;
for my $mode (qw(interactive pipe ping bench check)) {
    my @lines = grep { /^  (?:-\w, |    )--/ } split /\n/, mpecho($mode, '--help')->{out};
    ok(@lines >= 4, "$mode --help names options");
    for my $line (@lines) {
        my ($letter, $name) = $line =~ /^\s+(?:-(\w), )?--([\w-]+)/;
        my $entry = $letter ? qr/Fl $letter(?: .*?)? , Fl Fl \Q$name\E\b/ : qr/Fl Fl \Q$name\E\b/;
        like(($part{$mode} // '') . "$common$reports", qr/^\.It $entry/m, "mpecho(1): $mode $name");
    }
}
like($manual, qr/^\.It $_$/m, "mpecho(1) has exit status $_") for 0, 1, 2, 3, 64;

SKIP: {
    my @complaints = qx(mandoc -T lint -W style '$path' 2>/dev/null);
    skip('no mandoc here', 1) if $? == -1 || $? >> 8 == 127;
    # Which other pages are installed is not the page's fault.
    is(join('', grep { !/referenced manual not found/ } @complaints), '', 'mandoc finds nothing');
}

finish();
