#!/usr/bin/perl
# A reload that cannot be carried out changes nothing, and the log says which file, line and key.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d = Mpechod->new->start;
my $conf = $d->{conf};
my $good = slurp($conf);
$d->expect(qr/ERROR \[\d+\] config not reloaded: /);
my $busy = $d->connect;
echo_ok($busy, 'before');
wait_until(sub { $d->idle_workers >= 2 });
my @workers = sort $d->workers;

sub refused_ok ($name, $pattern) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    subtest $name => sub {
        $d->log_mark;
        $d->signal('HUP');
        $d->log_wait(qr/ERROR \[\d+\] config not reloaded: $pattern/, 5);
        is(join(' ', sort $d->workers), "@workers", 'the same workers');
        echo_ok($busy, 'hello', 'an old connection');
    };
}

# Files that get as far as that must not be the default ones.
my $own_files = join '', map { "$_: " . Mpechod::config_group($d->{config}{$_}) . ";\n" } qw(accept process);
my @bad = (
    [ 'a bad value',              "pool: { start = 0; };\n",                        qr/\Q$conf\E:1: pool\.start: ./ ],
    [ 'a bad value further down', "\n\npool:\n{\n  start = 1;\n  max_workers = 99999;\n};\n", qr/\Q$conf\E:6: pool\.max_workers: ./ ],
    [ 'an unknown key',           "pool: { start = 2;\n stray = 1; };\n",           qr/\Q$conf\E:2: pool\.stray: unknown key/ ],
    [ 'an unknown group',         "\nbasin: { start = 2; };\n",                     qr/\Q$conf\E:2: basin: unknown key/ ],
    [ 'a wrong type',             "timeout: { idle = \"long\"; };\n",               qr/\Q$conf\E:1: timeout\.idle: ./ ],
    [ 'a contradiction',          "pool: { min_spare = 5;\n max_spare = 4; };\n",   qr/\Q$conf\E:[12]: pool\.m\w+_spare: ./ ],
    [ 'half a file',              substr($good, 0, length($good) / 2) . "\n",       qr/\Q$conf\E:\d+: ./ ],
    [ 'an unknown user',          "process: { user = \"nobody-has-this-name\"; };\n", qr/\Q$conf\E:1: process\.user: ./, 'root' ],
    [ 'a log that cannot be',     "log: { target = \"/nowhere/at/all\"; };\n$own_files",      qr/\Q$conf\E:1: log\.target: .*No such file/ ],
    [ 'an address of others',     "listen = (\n { address = \"192.0.2.1\"; port = 9; } );\n$own_files", qr/\Q$conf\E:2: listen\S*: .*192\.0\.2\.1:9/ ],
);
for (@bad) {
    my ($name, $text, $pattern, $root) = @$_;
    next if $root && $> != 0;
    spew($conf, $text);
    refused_ok($name, $pattern);
}

my $taken = IO::Socket::IP->new(Listen => 1, LocalHost => '127.0.0.1') // die $@;
my $port  = $taken->sockport;
spew($conf, "$good\n" =~ s/^listen = \( (.*) \);/listen = ( $1,\n { address = "127.0.0.1"; port = $port; } );/mr);
refused_ok('a port that is taken', qr/\Q$conf\E:\d+: listen\S*: .*127\.0\.0\.1:$port: Address already in use/);

unlink $conf;
refused_ok('the file is gone', qr/\Q$conf\E: .*No such file or directory/);
mkdir $conf;
refused_ok('a directory', qr/\Q$conf\E: .*not a regular file/);
rmdir $conf;
POSIX::mkfifo($conf, 0600);
refused_ok('a FIFO that nobody writes to', qr/\Q$conf\E: .*not a regular file/);
unlink $conf;
symlink $conf, $conf;
refused_ok('a link to itself', qr/\Q$conf\E: /);
unlink $conf;
spew($conf, "\0" x 100);
refused_ok('no text at all', qr/\Q$conf\E:? ?./);
unlink $conf;

# And the first good one is taken; what was refused did not count.
my ($n) = ($d->reload // '') =~ /generation (\d+)/;
is($n, 2, 'a good one is taken, as generation 2');
echo_ok($busy, 'and on');
echo_ok($d->connect, 'hello');
end_ok($busy);

finish();
