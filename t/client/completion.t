#!/usr/bin/perl
# bash completes modes, the options of each mode, and files where an option wants one.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpecho;
use Test::More;

my $bash = (grep { -x } '/bin/bash', '/usr/bin/bash')[0] // plan(skip_all => 'needs bash');

# What bash would offer for the last word.
sub offers (@words) {
    my $line = join ' ', map { s/'/'\\''/gr =~ s/(.*)/'$1'/r } $Mpecho::PROGRAM, @words;
    my $script = "source '$Harness::SOURCE/completion/mpecho'; COMP_WORDS=($line); COMP_CWORD=" . @words
      . '; _mpecho; printf "%s\n" "${COMPREPLY[@]}"';
    open my $out, '-|', $bash, '--norc', '-c', $script or die "bash: $!";
    chomp(my @lines = <$out>);
    close $out;
    return join ' ', sort grep { length } @lines;
}

# Host names are offered as well, whatever they are on this machine.
my @modes = qw(interactive pipe ping bench check);

sub offered_modes (@words) {
    my %offered = map { $_ => 1 } split ' ', offers(@words);
    return join ' ', grep { $offered{$_} } @modes;
}

is(offered_modes(''), "@modes", 'modes');
is(offered_modes('be'), 'bench', 'a mode that is begun');
for my $mode (@modes) {
    my @known = map { /^  (?:(-\w), |    )(--[\w-]+)/ ? grep { defined } $1, $2 : () } split /\n/, mpecho($mode, '--help')->{out};
    is(offers($mode, '-'), join(' ', sort @known), "$mode: its options");
}
is(offers('-'), offers('pipe', '-'), 'no mode: the options of pipe');
is(offers('bench', '--cr'), '--crr', 'an option that is begun');
is(offers('ping', '-M', ''), 'do', 'the one word that an option knows');
is(offers('ping', '-c', ''), '', 'nothing for a number');
is(offers('bench', '--svg', "$Harness::SOURCE/READ"), "$Harness::SOURCE/README.md", 'a file');
isnt(offers('bench', '--crr', '-'), '', 'options after an option without an argument');

finish();
