#!/usr/bin/perl
# mpechod(8) describes every line that the daemon can log, and no other.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Harness;
use Test::More;

# What is fixed in a line, in pieces. Values stand between them, and so may numbers and parentheses.
sub pieces ($text) { return grep { length > 3 } map { s/\s+/ /gr =~ s/^[ :;,.]+|[ :;,.]+$//gr } split /\0|\d+|[()]/, $text }

# The formats of the source, with a \0 for each value; "connection%s" is a plural.
sub values_out ($format) { return $format =~ s/(?<=\w)%s/s/gr =~ s/%(?:\.\d+|\.\*)?(?:l|z)*[a-z]|%%/\0/gr }
my %text = map { my $file = $_; $file => slurp("$Harness::SOURCE/$file") =~ s{/\*.*?\*/}{}gsr =~ s/"\s*\n\s*"//gr }
  map { chomp; $_ } `cd '$Harness::SOURCE' && find src -name '*.c'`;
my %logged = map { values_out($_) => 1 } map { /\blog_(?:error|warn|info|debug)\(\s*[^",]+,\s*"((?:[^"\\]|\\.)*)"/g } values %text;
cmp_ok(scalar keys %logged, '>', 30, 'the source has log lines');
my $source = join "\n", map { values_out($_) } map { /"((?:[^"\\]|\\.)*)"/g } values %text;

# mdoc without its macros; an argument ("Ar n") is a value.
sub plain ($mdoc) {
    my $text = $mdoc =~ s/^\.\\".*\n//gmr;
    $text =~ s/^\.(?:It|Ql|Dl|Pp|Bl|El|Ss|Dv|Ic|Xr|Sy|Pa|Li)\b ?//gm;
    $text =~ s/\b(?:Po|Pq)\b/(/g;
    $text =~ s/ ?\bPc\b/)/g;
    $text =~ s/^\.?Ar \S+|\bAr \S+/\0/gm;
    $text =~ s/\b(?:No|Ns) ?//g;
    return $text =~ s/\\&//gr =~ s/ ([,;:])/$1/gr =~ s/\s+/ /gr;
}
my ($section) = slurp("$Harness::SOURCE/man/mpechod.8") =~ /^\.Sh DIAGNOSTICS\n(.*?)^\.Sh /ms;
my $described = plain($section);

for my $line (sort keys %logged) {
    is(join(' | ', grep { index($described, $_) < 0 } pieces($line)), '', 'described: ' . $line =~ s/\0/.../gr);
}

# And the other way round: what has an entry is a line, or begins one.
for my $entry (map { plain($_) } $section =~ /^\.It (.*)$/mg) {
    is(join(' | ', grep { index($source, $_) < 0 } pieces($entry)), '', 'exists: ' . $entry =~ s/\0/.../gr);
}

finish();
