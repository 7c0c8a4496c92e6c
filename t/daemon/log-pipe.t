#!/usr/bin/perl
# The log goes into a pipe: a reader that stalls or leaves costs log lines, and no echo.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use Fcntl qw(F_GETFL O_NONBLOCK);

sub echoes_ok ($address, $n, $name) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @different = grep { my $c = connect_to($address); !$c || exchange($c, "message $_", 5) ne "message $_" } 1 .. $n;
    is("@different", '', $name);
}

# A daemon whose stderr is our pipe.
sub with_pipe ($code) {
    my $port = free_port();
    my $d    = Mpechod->new(listen => [ { address => '127.0.0.1', port => $port } ], log => { target => undef });
    pipe my $reader, my $writer or die $!;
    $d->start(no_wait => 1, in_child => sub { POSIX::dup2(fileno $writer, 2) });
    ok(wait_until(sub { connect_to("127.0.0.1:$port") }), 'started');
    $d->{master} = $d->find_master;
    $code->($d, "127.0.0.1:$port", $reader, $writer);
    $d->end;
}

subtest 'a reader that reads' => sub {
    with_pipe(sub ($d, $address, $reader, $writer) {
        close $writer;
        my $text = '';
        $reader->blocking(0);
        wait_ok(sub { 1 while sysread $reader, $text, 65536, length $text; $text =~ / INFO \[\d+\] ready: 2 workers/ }, 5, 'gets the log');
    });
};

subtest 'a reader that stalls' => sub {
    with_pipe(sub ($d, $address, $reader, $writer) {
        # 64 KiB fit into a pipe, and each connection logs some 110 bytes; there is room for some more in the logger and on the
        # way to it.
        echoes_ok($address, 1000, 'a thousand connections while nobody reads');
        ok(!(fcntl($writer, F_GETFL, 0) & O_NONBLOCK), 'our side of the pipe was left as it was');
        close $writer;
        my $text = '';
        $reader->blocking(0);
        my $read = sub { 1 while sysread $reader, $text, 65536, length $text; $text };
        $read->();
        wait_ok(sub {
            my $lost = 0;
            $lost += $_ for $read->() =~ /WARN \[\d+\] (\d+) log lines lost/g;
            $lost + (() = $text =~ /^.*peer=.* in=[1-9].*\n/mg) == 1000;
        }, 10, 'once it reads again it has them all, or is told how many it missed');
        is(join("\n", grep { !/^\d{4}-\d\d-\d\dT\S+Z (?:INFO|WARN|DEBUG) \[\d+\] \S/ } split /\n/, $text), '', 'no line is torn');
    });
};

subtest 'a reader that leaves' => sub {
    with_pipe(sub ($d, $address, $reader, $writer) {
        close $reader;
        close $writer;
        echoes_ok($address, 50, 'fifty connections without a reader');
        my @workers = sort $d->workers;
        echoes_ok($address, 50, 'and fifty more');
        is_deeply([ grep { !alive($_) } @workers ], [], 'no worker died of it');
    });
};

subtest 'a FIFO' => sub {
    my $port = free_port();
    my $d    = Mpechod->new(listen => [ { address => '127.0.0.1', port => $port } ]);
    POSIX::mkfifo($d->dir . '/fifo', 0600) or die $!;
    $d->configure(log => { target => $d->dir . '/fifo' });
    $d->{config}{log}{target} = $d->dir . '/log';    # where the harness looks: it would hang on the FIFO
    $d->start(no_wait => 1);
    ok(wait_until(sub { connect_to("127.0.0.1:$port") }), 'that nobody reads holds up no start');
    $d->{master} = $d->find_master;
    echoes_ok("127.0.0.1:$port", 1000, 'nor an echo');
    $d->end;
};

finish();
