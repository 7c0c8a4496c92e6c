#!/usr/bin/perl
# A source file includes only what is in the layers below its own.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use Harness;
use Test::More;

# HACKING.md has the layers of each program, from top to bottom. A module is NAME.c, NAME.h and whatever is called NAME_*;
# names joined by + are one. It may include itself, and what stands on lines further down; not its neighbours, and nothing
# of the other program.
my $hacking = slurp("$Harness::SOURCE/HACKING.md");

sub check_layers ($directory, $block) {
    my ($text)  = $hacking =~ /^```$block\n(.*?)^```/ms;
    my @layers  = map { [split] } split /\n/, $text // '';
    my (%layer, %part_of);
    cmp_ok(scalar @layers, '>', 5, "HACKING.md has the layers of $directory");
    for my $i (0 .. $#layers) {
        for my $module (@{ $layers[$i] }) {
            my ($first, @rest) = split /\+/, $module;
            $layer{$first} = $i;
            $part_of{$_} = $first for @rest;
        }
    }
    my $module_of = sub ($file) {
        my ($name) = $file =~ m{([^/]+?)(?:_\w+)?\.[ch]$};
        return $part_of{$name} // $name;
    };
    my @files = grep { !m{/config\.h$} } glob "$Harness::SOURCE/$directory/*.c $Harness::SOURCE/$directory/*.h";
    ok(scalar @files, "there are files in $directory");
    for my $file (@files) {
        my $module = $module_of->($file);
        my $name   = $file =~ s{.*/}{}r;
        if (!exists $layer{$module}) { fail("$name: which layer is it in?"); next }
        my @wrong = grep { my $m = $module_of->($_); $m ne $module && ($layer{$m} // -1) <= $layer{$module} }
          grep { $_ ne 'config.h' } slurp($file) =~ /^\s*#\s*include\s+"([^"]+)"/mg;
        is("@wrong", '', "$directory/$name includes only what is below it");
    }
    return @files;
}

my @files = check_layers('src', 'layers');
check_layers('client', 'client-layers');

my %text = map { m{([^/]+)$} => slurp($_) =~ s{/\*.*?\*/}{}gsr } @files;
is(join(' ', sort grep { $text{$_} =~ /\bv?fork\s*\(/ } keys %text), 'daemonize.c pool.c', 'fork lives in pool and daemonize only');
for my $pure (qw(policy stall)) {
    my @needs = "$text{qq($pure.c)}$text{qq($pure.h)}" =~ /#\s*include\s+<([^>]+)>/g;
    is(join(' ', grep { !/^(?:std\w+|limits|math|float|assert|string)\.h$/ } @needs), '', "$pure is pure: it needs nothing of the system");
}

finish();
