#!/usr/bin/perl
# What the documents name is there: HACKING.md's map has every source file and no other, and files and directories of the
# tree that HACKING.md and README.md name exist.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Harness;
use Test::More;

my %text = map { $_ => slurp("$Harness::SOURCE/$_") } qw(HACKING.md README.md);

# "base/addr.[ch]" in the table below "`src/`, ..." stands for src/base/addr.c and src/base/addr.h.
sub mapped ($directory) {
    my ($table) = $text{'HACKING.md'} =~ /^`$directory\/`,.*?\n\n((?:\|.*\n)+)/m;
    my @names = map { /`([^`]+)`/g } map { (split /\|/)[1] } split /\n/, $table // '';
    return map { my $name = $_; $name =~ s/\.\[ch\]$// ? ("$directory/$name.c", "$directory/$name.h") : "$directory/$name" } @names;
}

for my $directory (qw(src client)) {
    my %known = map { $_ => 1 } mapped($directory);
    chomp(my @files = `cd '$Harness::SOURCE' && find $directory -name '*.[ch]'`);
    is(join(' ', sort grep { !$known{$_} } @files), '', "HACKING.md's map has every file of $directory/");
    delete @known{@files};
    is(join(' ', sort keys %known), '', "... and no other");
}

# A path in backquotes or of a link whose first part is a directory or a file of ours. What is built is not looked for.
my %built = map { $_ => 1 } qw(src/mpechod client/mpecho);
for my $document (sort keys %text) {
    my @named = $text{$document} =~ /[`( ]((?:src|client|t|man|conf|completion|\.ci)\/[\w.\/\[\]*-]*\w\]?|[A-Z]+\.md|bootstrap)(?=[`") ,.:;\n])/g;
    my %seen;
    my @missing = grep { my $path = $_; !$built{$path} && !grep { -e "$Harness::SOURCE/$_$path" } '', 'src/', 'client/' }
      map { s/\.\[ch\]$/.h/r } grep { !$seen{$_}++ && !/\*|NAME/ } @named;
    cmp_ok(scalar @named, '>', 3, "$document names files");
    # A unit test is named without its ".c".
    is(join(' ', grep { !/^t\/unit\// || !-e "$Harness::SOURCE/$_.c" } @missing), '', "what $document names is there");
}

finish();
