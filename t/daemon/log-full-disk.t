#!/usr/bin/perl
# A full disk costs log lines, and no echo; when there is room again the log says how many were lost.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $mount = own_mount_namespace();
my $d = Mpechod->new;
is(run('mount', '-t', 'tmpfs', '-o', 'size=64k,mode=0755', 'mpechod', $mount)->{status}, 0, 'a small disk');
$d->configure(log => { target => "$mount/log" })->start;
echo_ok($d->connect, 'there is room');
$d->log_wait(qr/in=13 /);

# Fill it to the last byte: what is left of the log's last page takes a few lines more.
my $filler = "$mount/filler";
open my $file, '>', $filler or die $!;
1 while defined syswrite $file, 'x' x 4096;
exchange($d->connect, 'squeeze in') for 1 .. 50;
my $size = -s $d->log_file;
my @different = grep { exchange($d->connect, "full $_") ne "full $_" } 1 .. 50;
is("@different", '', 'the disk is full, and echo goes on');
is(-s $d->log_file, $size, 'the log does not grow');
is(scalar($d->zombies), 0, 'no worker died of it');

close $file;
unlink $filler;
$d->expect(qr/\d+ log lines lost/);
wait_ok(sub {
    exchange($d->connect, 'there is room again') eq 'there is room again'
      && $d->log_lines(qr/in=19 /) > 0 && $d->log_lines(qr/WARN \[\d+\] [1-9]\d* log lines lost/) > 0;
}, 10, 'with room again it goes on, and tells of the gap');
# The line that met the end of the disk is cut, and who wrote it ends it with an empty line at worst.
$d->expect(qr/^$/);
cmp_ok(scalar(grep { !/^\d{4}-.* (?:end=\w+|lost|127\S+)$/ } split /\n/, slurp($d->log_file)), '<', 8, 'few lines are torn');

finish();
