#!/usr/bin/perl
# Which room may use which: the folders of src/ say in which process a line runs, and what it may touch.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Harness;
use Test::More;

# HACKING.md has the floors of each program, the upper one first: a file includes only what is in its own room or on a
# floor below it, and nothing of a neighbour on its own floor.
my $hacking = slurp("$Harness::SOURCE/HACKING.md");

# The arrows that are left to be removed, as "FILE -> ROOM".
my %pending = map { $_ => 1 } (
);

sub floors_of ($block) {
    my ($text) = $hacking =~ /^```$block\n(.*?)^```/ms;
    my %floor;
    my @lines = split /\n/, $text // '';
    for my $i (0 .. $#lines) { $floor{$_} = $i for split ' ', $lines[$i] }
    return %floor;
}

sub files_below ($directory) { return map { chomp; $_ } `cd '$Harness::SOURCE' && find $directory -name '*.[ch]' | LC_ALL=C sort` }
sub room_of ($path)          { my (undef, $room, $file) = split m{/}, $path; return defined $file ? $room : 'main' }

for (['src', 'rooms'], ['client', 'client-rooms']) {
    my ($directory, $block) = @$_;
    my %floor = floors_of($block);
    cmp_ok(scalar keys %floor, '>', 5, "HACKING.md has the floors of $directory");
    for my $file (files_below($directory)) {
        my $room = room_of($file);
        ok(exists $floor{$room}, "$file: HACKING.md knows its room") or next;
        my @wrong;
        for my $name (slurp("$Harness::SOURCE/$file") =~ /^\s*#\s*include\s+"([^"]+)"/mg) {
            next if $name eq 'config.h';
            my ($found) = grep { -e "$Harness::SOURCE/$_" } "src/$name", $name;
            if (!defined $found || $found !~ m{^$directory/}) { push @wrong, $name; next }
            my $used = room_of($found);
            next if $used eq $room || ($floor{$used} // -1) > $floor{$room};
            push @wrong, "$used" if !delete $pending{"$file -> $used"};
        }
        is("@wrong", '', "$file includes only what is in its room or below");
    }
}
is(join(', ', sort keys %pending), '', 'no arrow is pending that is gone already');

my %text = map { $_ => slurp("$Harness::SOURCE/$_") =~ s{/\*.*?\*/}{}gsr } files_below('src');
is(join(' ', sort grep { $text{$_} =~ /\bv?fork\s*\(/ } keys %text),
    'src/master/daemonize.c src/master/errand.c src/master/logger.c src/master/pool/pool.c', 'fork lives where it should');
for my $pure (grep { m{^src/decide/} } sort keys %text) {
    my @needs = $text{$pure} =~ /#\s*include\s+<([^>]+)>/g;
    is(join(' ', grep { !/^(?:std\w+|limits|math|float|assert|string)\.h$/ } @needs), '', "$pure is pure: it needs nothing of the system");
}

finish();
