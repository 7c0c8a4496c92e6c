#!/usr/bin/perl
# The shipped conf/mpechod.conf has every key, commented, with its default.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $sample = "$Harness::SOURCE/conf/mpechod.conf";
my $text   = slurp($sample);
ok($text ne '', 'it is there') or BAIL_OUT("no $sample");
my $file = Mpechod->new->dir . '/sample.conf';    # a directory to write to

my $defaults = mpechod('-T', '-f', '-c', '/dev/null')->{out};
is(mpechod('-t', '-c', $sample)->{out}, "ok\n", 'as it is shipped it loads');
is(mpechod('-T', '-f', '-c', $sample)->{out}, $defaults, 'and changes no default');

# A line that begins with # is a key.
my $opened = $text =~ s/^#//mgr;
spew($file, $opened);
my $test = mpechod('-t', '-c', $file);
is("$test->{out}$test->{err}", "ok\n", 'with everything uncommented it loads');
my $dump = mpechod('-T', '-f', '-c', $file)->{out};
# Paths: an ordinary user's defaults are elsewhere; the listeners that it shows are examples.
my $comparable = sub ($t) { $t =~ s/^listen = \(.*?^\);\n//msr =~ s/^\s+(?:lock_file|pid_file) = .*\n//mgr };
is($comparable->($dump), $comparable->($defaults), 'and every default is the right one');
is($dump, $defaults, 'paths and listeners too') if $> == 0 && $dump =~ m{"/run/mpechod/} && $defaults =~ m{"/run/mpechod/};

my ($group, @missing);
for (split /\n/, $defaults) {
    $group = $1 if /^(\w+):/;
    push @missing, "$group.$1" if /^\s+(\w+) = / && defined $group && $opened !~ /^\s*\Q$group\E\s*[:=].*?^[^}]*\b\Q$1\E\s*[=:]/ms;
}
is("@missing", '', 'every key is in it');
like($opened, qr/\b$_\s*=/, "listen: $_") for qw(listen address port);

$_->{ended} = 1 for Mpechod->new;
finish();
