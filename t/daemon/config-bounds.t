#!/usr/bin/perl
# Whatever a configuration of a legal size holds, it is read, or refused, at once and with bounded memory; and the daemon
# goes on answering requests.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use constant { MOST => 1 << 20, PROCESSOR_SECONDS => 0.5 };

my $d    = Mpechod->new;
my $file = $d->dir . '/bounds.conf';

# Repeated until the file is full: before, piece, after.
my %texts = (
    'one string'         => [ 'log: { target = "', 'a', '"; };' ],
    'many strings'       => [ 'log: { target = ', '"a"', '; };' ],
    'escapes'            => [ 'log: { target = "', '\x41', '"; };' ],
    'lines'              => [ '', "\n", 'pool: { };' ],
    'comments'           => [ '', "#\n", '' ],
    'words'              => [ '', 'a ', '' ],
    'numbers'            => [ 'a = ', '1 ', ';' ],
    'nested lists'       => [ 'listen = ', '(', '' ],
    'elements'           => [ 'listen = (', '1,', '1);' ],
    'one name'           => [ '', 'a', ' = 5;' ],
);
$texts{$_} = full(@{ $texts{$_} }) for keys %texts;
$texts{'40,000 settings'} = join '', map { sprintf "a%06d=1;", $_ } 1 .. 40_000;
$texts{'names that are nearly alike'} = 'a = (' . join(',', ('{' . join('', map { 'a' x 37 . "$_=1;" } 100 .. 163) . '}') x 60) . ');';

sub full ($before, $piece, $after) {
    return $before . $piece x int((MOST - length "$before$after") / length $piece) . $after;
}

for my $name (sort keys %texts) {
    spew($file, $texts{$name});
    my $before = (times)[2];
    my $run    = mpechod('-t', '-f', '-c', $file);
    my $took   = (times)[2] - $before;
    ok("$run->{status} $run->{out}" eq "0 ok\n" || ($run->{status} eq '78' && $run->{err} =~ /\A\Q$file\E:\d+: \S.*\n\z/),
        "$name: good, or refused") or diag("$run->{status}: $run->{err}");
    cmp_ok($took, '<', PROCESSOR_SECONDS * (sanitized() ? 10 : 1), '... without much work');
}

# With less memory than libconfig needs.
SKIP: {
    skip 'sanitizers reserve memory without end', 1 if sanitized();
    my $limited = sub ($kilobytes, $config) {
        return run('sh', '-c', 'ulimit -c 0; ulimit -v "$0" && exec "$@"', $kilobytes, $Mpechod::PROGRAM, '-t', '-f', '-c', $config,
            qw(-o process.user=1 -o process.group=1));
    };
    my ($low, $high) = (1000, 100_000);
    while ($high - $low > 100) {
        my $middle = int(($low + $high) / 2);
        if ($limited->($middle, '/dev/null')->{status} eq '0') { $high = $middle }
        else                                                   { $low  = $middle }
    }
    my (@wrong, %seen);
    for my $name ('one string', 'many strings', 'names that are nearly alike', 'lines') {
        spew($file, $texts{$name});
        for (my $more = 0; $more < 8000; $more += 700) {
            my $run = $limited->($high + $more, $file);
            my $is  = $run->{err} =~ /\A\Q$file\E: not enough memory to read it\n\z/ ? 'not enough' : "$run->{status} $run->{err}" =~ /\A(?:0 |78 .)/ ? 'enough' : 'wrong';
            $seen{$is}++;
            push @wrong, "$name with $more kB: $run->{status}: $run->{err}" if $is eq 'wrong';
        }
    }
    is("@wrong", '', 'too little memory is a reason to refuse it');
    cmp_ok($seen{$_} // 0, '>', 3, "... sometimes it was $_") for 'not enough', 'enough';
}

# A reload.
$d->start;
my $good = slurp($d->{conf});
spew($d->{conf}, $texts{'40,000 settings'});
$d->log_mark;
$d->signal('HUP');
$d->log_wait(qr/config not reloaded: \Q$d->{conf}\E:1: more than 64 settings in one group/, 2);
$d->expect(qr/ERROR \[\d+\] config not reloaded: .*more than 64 settings/);
spew($d->{conf}, '');
$d->signal('HUP');
$d->log_wait(qr/config not reloaded: \Q$d->{conf}\E: is empty/, 5);
$d->expect(qr/ERROR \[\d+\] config not reloaded: .*is empty/);
echo_ok($d->connect, 'hello', 'the daemon is where it was');
spew($d->{conf}, $good);
unlink $file;

finish();
