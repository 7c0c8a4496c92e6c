#!/usr/bin/perl
# Each room is a library that resolves with the rooms below it and no others: a worker needs no function of the master's,
# whatever its files include or declare.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

need_command('nm');

# HACKING.md has the floors of each program, the upper one first; `main` is no library.
my $hacking = slurp("$Harness::SOURCE/HACKING.md");

sub floors_of ($block) {
    my ($text) = $hacking =~ /^```$block\n(.*?)^```/ms;
    my @lines = split /\n/, $text // '';
    return map { my $floor = $_; map { ($_ => $floor) } grep { $_ ne 'main' } split ' ', $lines[$floor] } 0 .. $#lines;
}

# Symbols of a library, as "name" => 1: those that it defines, and those that it needs. nm -P: name, type, value, size. What
# begins with two underscores is the compiler's or a sanitizer's.
sub symbols_of ($library) {
    my $nm = run('nm', '-P', '-g', $library);
    is($nm->{status}, 0, "nm $library") or diag($nm->{err});
    my (%defined, %needed);
    for (split /\n/, $nm->{out}) {
        my ($name, $type) = /^(?!__)([\w.]+) (\w)(?: |$)/ or next;
        ($type =~ /^[Uwv]$/ ? \%needed : \%defined)->{$name} = 1;
    }
    return { defined => \%defined, needed => \%needed };
}

for (['rooms', 'lib'], ['client-rooms', 'libclient_']) {
    my ($block, $prefix) = @$_;
    my %floor = floors_of($block);
    cmp_ok(scalar keys %floor, '>', 4, "HACKING.md has the floors of $block");
    my (%symbols, %home);
    for my $room (sort keys %floor) {
        $symbols{$room} = symbols_of("$Mpechod::BUILD/$prefix$room.a");
        push @{ $home{$_} }, $room for keys %{ $symbols{$room}{defined} };
    }
    for my $room (sort keys %floor) {
        my ($defined, $needed) = @{ $symbols{$room} }{qw(defined needed)};
        ok(%$defined, "$prefix$room.a has something");
        my @wrong = grep { my $other = $home{$_}[0]; $other ne $room && $floor{$other} <= $floor{$room} }
          grep { $home{$_} && !$defined->{$_} } sort keys %$needed;
        is(join(' ', map { "$_ ($home{$_}[0])" } @wrong), '', "$prefix$room.a needs only what is below it");
    }
    is(join(' ', grep { @{ $home{$_} } > 1 } sort keys %home), '', "$block: no name is defined twice");
}

finish();
