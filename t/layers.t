#!/usr/bin/perl
# A source file includes only what is in the layers below its own.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use Mpechod;
use Test::More;

# HACKING.md has the layers, from top to bottom. A module is NAME.c, NAME.h and whatever is called NAME_*; names joined by + are one. It
# may include itself, and what stands on lines further down; not its neighbours.
my ($block) = slurp("$Mpechod::SOURCE/HACKING.md") =~ /^```layers\n(.*?)^```/ms;
my @layers = map { [split] } split /\n/, $block // '';
cmp_ok(scalar @layers, '>', 5, 'HACKING.md has the layers');

my (%layer, %part_of);
for my $i (0 .. $#layers) {
    for my $module (@{ $layers[$i] }) {
        my ($first, @rest) = split /\+/, $module;
        $layer{$first} = $i;
        $part_of{$_} = $first for @rest;
    }
}

sub module ($file) {
    my ($name) = $file =~ m{([^/]+?)(?:_\w+)?\.[ch]$};
    return $part_of{$name} // $name;
}

my $src   = "$Mpechod::SOURCE/src";
my @files = grep { !m{/config\.h$} } glob "$src/*.c $src/*.h";
ok(scalar @files, 'there are files');
for my $file (@files) {
    my $module = module($file);
    my $name   = $file =~ s{.*/}{}r;
    my $text   = slurp($file);
    if (!exists $layer{$module}) { fail("$name: which layer is it in?"); next }
    my @wrong = grep { my $m = module($_); $m ne $module && ($layer{$m} // -1) <= $layer{$module} }
      grep { $_ ne 'config.h' } $text =~ /^\s*#\s*include\s+"([^"]+)"/mg;
    is("@wrong", '', "$name includes only what is below it");
}

my %text = map { m{([^/]+)$} => slurp($_) =~ s{/\*.*?\*/}{}gsr } @files;
is(join(' ', sort grep { $text{$_} =~ /\bv?fork\s*\(/ } keys %text), 'daemonize.c pool.c', 'fork lives in pool and daemonize only');
for my $pure (qw(policy stall)) {
    my @needs = "$text{qq($pure.c)}$text{qq($pure.h)}" =~ /#\s*include\s+<([^>]+)>/g;
    is(join(' ', grep { !/^(?:std\w+|limits|math|float|assert|string)\.h$/ } @needs), '', "$pure is pure: it needs nothing of the system");
}

# The client is a program of its own.
my @client = glob "$Mpechod::SOURCE/client/*.[ch]";
my %own    = map { m{([^/]+)$} => 1 } @client;
for my $file (@client) {
    is(join(' ', grep { !$own{$_} && $_ ne 'config.h' } slurp($file) =~ /^\s*#\s*include\s+"([^"]+)"/mg), '',
        $file =~ s{.*/}{}r . ' of the client includes nothing of the daemon');
}
done_testing();
