#!/usr/bin/perl
# Our own code has no mutable global or static variable: state hangs off a struct that main owns.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

need_command('nm');
my @objects = map { chomp; $_ } `find '$Mpechod::BUILD/src' '$Mpechod::BUILD/client' -name '*.o'`;
plan(skip_all => "no objects in $Mpechod::BUILD/src") if !@objects;

# The section tells more than nm's letter: a constant that holds addresses is .data.rel.ro, which is read-only at run time.
# What a compiler or sanitizer adds for itself has a name that no C program can use, or their prefix.
for my $object (@objects) {
    my $nm = run('nm', '-f', 'sysv', '--defined-only', $object);
    is($nm->{status}, 0, "nm $object") or next;
    my @writable;
    for (split /\n/, $nm->{out}) {
        my ($name, undef, $class, undef, undef, undef, $section) = map { s/^\s+|\s+$//gr } split /\|/;
        next if !defined $section || $section !~ /^(?:\.data|\.bss|\.tdata|\.tbss|\.sdata|\.sbss|\*COM\*)/ && $class !~ /^[CB]$/i;
        next if $section =~ /^\.data\.rel\.ro/;
        next if $name =~ /^(?:\.|__(?:odr_)?asan|__ubsan|__gcov|__llvm|__profc|__sancov|gcov)|\.Lubsan|_asan_gen_/;
        next if $section =~ /^\.(?:data\.rel\.local|data)$/ && $name =~ /^\.?L/;
        push @writable, "$name ($section)";
    }
    is("@writable", '', "no writable data in " . $object =~ s{.*/}{}r);
}
finish();
