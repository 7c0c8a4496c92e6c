#!/usr/bin/perl
# --svg: a picture that is well-formed, self-contained, of bounded size, and says what it shows.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use EchoServer;
use FaultyServer;
use Mpecho;
use Test::More;

# Of XML what the picture uses: elements, attributes in double quotes, text, character references.
sub fault_of ($text) {
    my $names = qr/[A-Za-z][-\w]*/;
    my $chars = qr/(?:[\x20-\x7e\n](?<![<&])|&#\d+;)*/;
    $text =~ s/\A<\?xml version="1\.0" encoding="UTF-8"\?>\n// or return 'no declaration';
    my @open;
    while ($text =~ /\G(?:<($names)((?: $names="(?:(?!["<])$chars)*?")*)(\/?)>|<\/($names)>|([^<]+))/gc) {
        my ($begin, $attributes, $empty, $end, $data) = ($1, $2, $3, $4, $5);
        if (defined $begin) {
            my %seen;
            $seen{$_}++ && return "$begin has $_ twice" for $attributes =~ / ($names)="/g;
            return "a second root, $begin" if !@open && $begin ne 'svg';
            push @open, $begin if !$empty;
        }
        elsif (defined $end) { return "$end ends nothing" if (pop @open // '') ne $end }
        else                 { return "text: $data" if $data !~ /\A$chars\z/ || !@open && $data =~ /\S/ }
    }
    return 'after ' . substr($text, (pos $text // 0) - 20, 60) if (pos $text // 0) != length $text;
    return @open ? "@open without an end" : '';
}

my $dir = temp_dir();
sub picture (@arguments) {
    my $r = mpecho('bench', '-q', '--svg', "$dir/x.svg", @arguments);
    open my $file, '<:raw', "$dir/x.svg" or die "$dir/x.svg: $!";
    my $text = do { local $/; <$file> };
    is(fault_of($text), '', "@arguments[0 .. $#arguments - 2]: well-formed");
    unlike($text, qr/<script|<image|href|url\(|nan|inf\b|-?\d{6,}\.\d/i, '... self-contained, and all numbers are numbers');
    cmp_ok(length $text, '<', 120_000, '... of bounded size');
    return ($text, $r);
}

my $server = FaultyServer->new;
my $at = join ':', $server->target;
my ($svg, $r) = picture('-t', 0.5, '-i', 0.1, '-c', 2, $server->target);
is($r->{status}, 0, 'a good run');
like($svg, qr/>mpecho bench \Q$at\E</, 'says what was measured');
like($svg, qr/>2 connections, 64 bytes, closed loop, .*; \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC</, 'how and when');
like($svg, qr/>$_</, $_) for 'Latency by percentile', 'Latency over time', '99 %', '[0-9.]+ (?:&#181;s|ms)', qw(p50 p99 max latency);
is(scalar(() = $svg =~ /<path /g), 4, 'a line by percentile, three over time');
unlike($svg, qr/<rect [^>]*opacity/, 'no loss is shown');

($svg) = picture('-t', 0.3, '-i', 0.1, '-R', 300, $server->target);
like($svg, qr/>open loop at 300|open loop at 300 /, 'the open loop');
like($svg, qr/>service time<.*>response time</s, 'has response and service time');
picture('-t', 1, '-i', 0.01, '-s', '1,2', $server->target);
picture('--burst', '-c', 1, $server->target);

# A burst is of one moment: what there is to see is when which answer came.
($svg) = picture('--burst', '-c', 50, $server->target);
like($svg, qr/>first echo</, 'a burst: latency is the time to the first echo');
like($svg, qr/>Answers over time<.*>connections answered<.*font-weight="600">50</s, 'a burst: answers over time, up to the last');
is(scalar(() = $svg =~ /<path /g), 2, 'a burst: a line each');
my ($line) = $svg =~ /.*<path d="([^"]*)"/s;
my @heights = $line =~ /[\d.]+ ([\d.]+)/g;
is_deeply(\@heights, [ sort { $b <=> $a } @heights ], 'a burst: never fewer than before');
my $steps = keys %{ { map { $_ => 1 } @heights } };
cmp_ok($steps, '>', 3, 'a burst: in steps');
cmp_ok($steps, '<=', 51, '... no more than there are answers');
my ($last) = $svg =~ /.*<circle cx="[\d.]+" cy="([\d.]+)"/s;
is($heights[-1], $last, '... and up to the last');

# A connection for every message: how long connecting takes is a line of its own.
($svg) = picture('--crr', '-t', 0.2, $server->target);
like($svg, qr/>connecting<.*>with connecting</s, 'connect, request, response: connecting, and all of it');
is(scalar(() = $svg =~ /<path /g), 5, 'connect, request, response: two lines by percentile');

# Names may be in any writing; what is no UTF-8 is not shown.
my $named = EchoServer->new(\&echo, unix => "$dir/\xec\x97\x90\xec\xbd\x94-\xc3\xa9-\xf0\x9f\x8c\x8d\xff&<\e");
($svg) = picture('-t', 0.1, '-i', 0.05, $named->target);
like($svg, qr{>mpecho bench unix:\Q$dir\E/&#50640;&#53076;-&#233;-&#127757;\?&#38;&#60;\?<}, 'a name in any writing');
$named->stop;

# Nothing ever comes back.
my $silent = EchoServer->new(sub ($peer) { receive($peer, 1 << 20) });
($svg) = picture('-t', 0.2, '-W', 0.2, $silent->target);
like($svg, qr/Nothing came back/, 'nothing to show');

# Bands where messages were lost.
my $client = start_mpecho('bench', '-q', '-t', 1, '-i', 0.1, '-W', 0.3, '--svg', "$dir/lost.svg", $server->target);
ok($server->do('swallow'), 'a message is swallowed');
is(end_of($client)->{status}, 1, 'and lost');
open my $file, '<', "$dir/lost.svg" or die;
$svg = do { local $/; <$file> };
is(fault_of($svg), '', 'well-formed');
like($svg, qr/<rect [^>]*opacity.*>red: loss, or no reply</s, 'the loss is shown');

# Where nothing came back there is a gap in the lines, and no line along the bottom.
$client = start_mpecho('bench', '-q', '-t', 1, '-i', 0.05, '--svg', "$dir/gap.svg", $server->target);
ok(wait_until(sub { blocks_int($client) }), 'begun');
ok($server->do('delay', 0), 'served');
ok($server->do('stop', 0.4), 'stopped for a while');
is(end_of($client)->{status}, 0, '... which it gets over');
for my $path (slurp("$dir/gap.svg") =~ /<path d="([^"]*)"[^>]*stroke="#(?:0b8f6a|c8331d)"/g) {
    cmp_ok(scalar(() = $path =~ /M/g), '>', 1, 'a gap in the line');
    cmp_ok((sort { $b <=> $a } $path =~ /[\d.]+ ([\d.]+)/g)[0], '<', 781, '... which never is at the bottom');
}

# Names may hold anything.
my $odd = EchoServer->new(\&echo, unix => "$dir/5 us <&\"'>\xff\n");
($svg) = picture('-t', 0.1, $odd->target);
like($svg, qr{>mpecho bench unix:\Q$dir\E/5 us &#60;&#38;"'&#62;\?\?<}, 'a name is escaped, and no quantity');

# What cannot be written is told before the run, or at its end.
for my $option ('--svg', '--hgrm') {
    my $r = mpecho('bench', '-t', 30, $option, "$dir/no/x", $server->target);
    is($r->{status}, 3, "$option: a path that cannot be written");
    is($r->{err}, "mpecho: $dir/no/x: No such file or directory\n", '... is told');
    is($r->{out}, '', '... before anything is measured');
    $r = mpecho('bench', '-q', '-t', 0.1, '--json', $option, '/dev/full', $server->target);
    is($r->{status}, 3, "$option: a full disk");
    is($r->{err}, "mpecho: cannot write /dev/full: No space left on device\n", '... is told');
    like($r->{out}, qr/^  "status": 3$/m, '... to programs, too');
}
$_->stop for $server, $silent, $odd;
finish();
