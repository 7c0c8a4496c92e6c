#!/usr/bin/perl
# The man pages name every option, key and signal that the programs know, with the right defaults.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $man = "$Harness::SOURCE/man";
my ($daemon, $config, $client) = map { my $t = slurp("$man/$_"); ok($t ne '', "$_ is there"); plain($t) }
  qw(mpechod.8 mpechod.conf.5 mpecho.1);

# The text of a page, without what the macros of man(7) and mdoc(7) add.
sub plain ($text) { $text =~ s/\\-/-/gr =~ s/\\f[BIRP]//gr =~ s/\\&//gr =~ s/\\\(aq/'/gr =~ s/\\e/\\/gr }

# mdoc writes "Fl f" and "Fl Fl foreground" or "Fl -foreground"; man(7) writes "-f".
sub names_option ($page, $option) {
    my ($dash, $name) = $option =~ /^-(-?)(.*)/;
    my $mdoc = $dash ? qr/(?:-|Fl )\Q$name\E/ : qr/\Q$name\E/;
    return $page =~ /(?:^|[\s,(\[])\Q$option\E(?![\w-])/m || $page =~ /\bFl $mdoc(?![\w-])/;
}

my $help = mpechod('-h')->{out};
my @options = map { /^  (-\w), (--[\w-]+)/ ? ($1, $2) : () } split /\n/, $help;
is(scalar @options, 16, 'the help text names sixteen options');
ok(names_option($daemon, $_), "mpechod(8): $_") for @options;

my $dump = mpechod('-T', '-f', '-c', '/dev/null')->{out};
my ($group, %default);
for (split /\n/, $dump) {
    $group = $1 if /^(\w+):/;
    $default{"$group.$1"} = $2 if /^\s+(\w+) = (.*);$/ && defined $group;
}
cmp_ok(scalar keys %default, '>=', 18, 'the dump has at least eighteen keys');
for my $key (sort keys %default) {
    my ($in, $name) = split /\./, $key;
    like($config, qr/\b\Q$key\E\b|\b\Q$name\E\b/, "mpechod.conf(5): $key");
}
my @listener = slurp("$Harness::SOURCE/src/conf/listener_keys.c") =~ /^    \{"(\w+)", /mg;
cmp_ok(scalar @listener, '>=', 6, 'and the table of the keys of a listener has six');
like($config, qr/^\.It Ic \Q$_\E$/m, "mpechod.conf(5): listen $_") for 'listen', @listener;

# Its entry tells the default. (Paths depend on who runs the test.)
my @entries = split /^\.(?=It Ic|Sh|Ss)/m, $config;
for my $key (grep { $default{$_} !~ m{"/|"stderr"} } sort keys %default) {
    my ($value) = $default{$key} =~ /^"?(.*?)"?$/;
    $value =~ s/\.0$//;
    my ($entry) = grep { /\AIt Ic \Q$key\E$/m } @entries;
    like($entry, qr/\b\Q$value\E\b/, "mpechod.conf(5): the default of $key is $value");
}

for my $signal (qw(TERM INT QUIT HUP USR1 USR2 WINCH CHLD PIPE)) {
    like($daemon, qr/\b(?:SIG)?$signal\b/, "mpechod(8): SIG$signal");
}
for my $status (0, 1, 64, 78) { like($daemon, qr/\b$status\b/, "mpechod(8): exit status $status") }
for my $end (qw(eof reset idle limit drain error)) { like("$daemon$config", qr/\b$end\b/, "the access log's end=$end") }

my $program = "$Mpechod::BUILD/client/mpecho";
SKIP: {
    skip 'no client built', 1 if !-x $program;
    my $run  = run($program, '--help');
    my @said = ($run->{out} . $run->{err}) =~ /(?<![\w-])(-\w|--\w[\w-]+)\b/g;
    my %seen;
    ok(names_option($client, $_), "mpecho(1): $_") for grep { !$seen{$_}++ } @said;
}

SKIP: {
    my ($mandoc) = grep { -x } map { "$_/mandoc" } split /:/, $ENV{PATH};
    skip 'no mandoc', 3 if !$mandoc;
    for my $page (qw(mpechod.8 mpechod.conf.5 mpecho.1)) {
        my $lint = run($mandoc, '-T', 'lint', '-W', 'style', "$man/$page");
        # References to one another are right once they are installed.
        is(join("\n", grep { !/referenced manual not found|lacks a corresponding|outdated mandoc\.db|operating system/ } split /\n/, $lint->{out} . $lint->{err}), '',
            "mandoc finds nothing in $page");
    }
}
finish();
