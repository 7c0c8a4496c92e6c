#!/usr/bin/perl
# Our own code has no mutable global or static variable: state hangs off a struct that main owns.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

need_command('nm');
chomp(my @objects = `find '$Mpechod::BUILD/src' '$Mpechod::BUILD/client' -name '*.o'`);
plan(skip_all => "no objects in $Mpechod::BUILD/src") if !@objects;

# The section tells more than nm's letter: a constant that holds addresses is .data.rel.ro, which is read-only at run time.
# What a compiler or sanitizer adds for itself has a name that no C program can use, or their prefix.
sub is_writable ($name, $class, $section) {
    return if $section !~ /^(?:\.data|\.bss|\.tdata|\.tbss|\.sdata|\.sbss|\*COM\*)/ && $class !~ /^[CB]$/i;
    return if $section =~ /^\.data\.rel\.ro/;
    return if $name =~ /^(?:\.|__(?:odr_)?asan|__ubsan|__gcov|__llvm|__profc|__sancov|gcov)|\.Lubsan|_asan_gen_/;
    return $section !~ /^\.(?:data\.rel\.local|data)$/ || $name !~ /^\.?L/;
}

my $nm = run('nm', '-A', '-f', 'sysv', '--defined-only', @objects);
is($nm->{status}, 0, 'nm') or diag($nm->{err});
my (%writable, %seen);
for (split /\n/, $nm->{out}) {
    my ($where, undef, $class, undef, undef, undef, $section) = map { s/^\s+|\s+$//gr } split /\|/;
    my ($object, $name) = ($where // '') =~ /^(.*\.o):\s*(.*)$/ or next;
    $seen{$object}++;
    push @{ $writable{$object} }, "$name ($section)" if defined $section && is_writable($name, $class, $section);
}
for my $object (@objects) {
    ok($seen{$object}, "$object: nm sees it");
    is("@{ $writable{$object} // [] }", '', "no writable data in $object");
}
finish();
