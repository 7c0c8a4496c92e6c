#!/usr/bin/perl
# Each connection has its line in the log, or is among those that are told of as lost, however many they are and although
# there is a worker for each: while the log is rotated, the configuration reloaded, and the logger killed. No line is torn.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP ();
use Mpecho ();
use Mpechod;
use Test::More;

# A new connection for every message, for some seconds. Returns how many there were.
sub churn ($d, $seconds, $meanwhile) {
    my $out   = $d->dir . '/bench.json';
    my ($host, $port) = $d->listening(0) =~ /^(.*):(\d+)$/;
    my $child = spawn([ $Mpecho::PROGRAM, qw(bench --crr --json -c 8 -t), $seconds, $host, $port ], stdout => $out);
    $meanwhile->($child);
    is(exit_status(reap($child, $seconds + 30)), 0, 'the bench has no errors');
    my $result = JSON::PP::decode_json(slurp($out));
    is($result->{replied}, $result->{connected}, 'all of its connections have ended');
    unlink $out;
    return $result->{connected};
}

# All there is in the log, and in those that were renamed.
sub whole_log ($d) { join '', map { slurp($_) } glob $d->log_file . '*' }

sub accounts ($text) {
    my ($told, $lines) = (0, scalar(() = $text =~ / in=[1-9]\d* .* end=\w+$/mg));
    $told += $_ for $text =~ /WARN \[\d+\] (\d+) log lines lost$/mg;
    return ($lines, $told);
}

sub accounts_ok ($d, $connections, $name) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $text = whole_log($d);
    my ($lines, $told) = accounts($text);
    is($lines + $told, $connections, "$name: $lines lines, $told told of");
    my $well_formed = qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (?:WARN|INFO|DEBUG) \[\d+\] (?:(?!\d{4}-\d\d-\d\dT).)+$/;
    is(join("\n", grep { $_ !~ $well_formed } split /\n/, $text), '', 'every line is whole, and alone');
    return $told;
}

subtest 'rotation, reload, and the logger killed' => sub {
    my $d = Mpechod->new(pool => { max_connections => 1, max_workers => 64, max_spare => 16 }, log => { level => 'info' });
    $d->expect(qr/the logger was killed by SIGKILL: starting another/);
    $d->start;
    my $n = 0;
    my $connections = churn($d, 2, sub ($bench) {
        while (alive($bench)) {
            rename $d->log_file, $d->log_file . '.' . ++$n;
            $d->signal('USR1');
            wait_until(sub { -e $d->log_file }, 5);
            $d->signal('HUP') if $n % 4 == 1;
            my $logger = $d->logger;
            kill KILL => $logger if $logger;
            wait_until(sub { my $new = $d->logger; $new && $new != $logger }, 5) if $logger;
        }
    });
    cmp_ok($n, '>=', 2, "rotated and killed $n times");
    $d->stop;
    is(accounts_ok($d, $connections, 'all accounted for'), 0, 'none was lost');
    $d->end;
};

subtest 'a logger that keeps dying' => sub {
    my $d = Mpechod->new->start;
    $d->expect(qr/the logger was killed by SIGKILL: starting another/);
    my $killed = sub {
        my $logger = $d->logger;
        kill KILL => $logger;
        wait_ok(sub { my $new = $d->logger; $new && $new != $logger }, 5, 'another is started');
        return $d->logger;
    };
    my $started = sub ($pid) { (split ' ', slurp("/proc/$pid/stat") =~ s/.*\) //sr)[19] / POSIX::sysconf(POSIX::_SC_CLK_TCK()) };
    let_pass(1.1);
    my $first = $started->($killed->());
    cmp_ok($started->($killed->()) - $first, '>', 0.95, 'not more often than once a second');

    # It dies before it has seen that it is to reopen the log, and again, just before the end.
    rename $d->log_file, $d->log_file . '.1';
    kill STOP => $d->logger;
    $d->signal('USR1');
    let_pass(0.1);
    $killed->();
    ok($d->log_wait(qr/log reopened/), 'that the log was reopened is said by its successor');
    kill KILL => $d->logger;
    $d->stop;
    like(slurp($d->log_file), qr/INFO \[\d+\] stopped$/, 'the last words are written');
    $d->end;
};

# Nobody reads while it goes on: what does not fit is counted by workers that are gone by then.
subtest 'a pipe that nobody reads' => sub {
    my $port = free_port();
    my $d    = Mpechod->new(
        listen => [ { address => '127.0.0.1', port => $port } ],
        pool   => { max_connections => 1, max_workers => 64, max_spare => 16 },
        log    => { target => undef, level => 'info' },
    );
    pipe my $reader, my $writer or die $!;
    $d->start(no_wait => 1, in_child => sub { POSIX::dup2(fileno $writer, 2) });
    close $writer;
    ok(wait_until(sub { connect_to("127.0.0.1:$port") }), 'started');
    $d->{master}    = $d->find_master;
    $d->{listening} = ["127.0.0.1:$port"];
    halt($d->logger);    # as if it hung
    my $worker = wait_until(sub { ($d->workers)[0] });    # clients can connect before there is one
    my $socket = descriptor_of($worker, 2) // plan(skip_all => "needs to look into a process: $!");
    1 while defined send $socket, 'x' x 4000, Socket::MSG_DONTWAIT;    # and the queue is nearly full
    close $socket;
    my $connections = churn($d, 1, sub ($) { });
    kill CONT => $d->logger;
    my $text = '';
    $reader->blocking(0);
    wait_ok(sub {
        1 while sysread $reader, $text, 65536, length $text;
        my ($lines, $told) = accounts($text);
        $lines + $told >= $connections;
    }, 15, 'all accounted for') or diag(join ' lines, told of ', accounts($text));
    my ($lines, $told) = accounts($text);
    like($lines + $told - $connections, qr/^[01]$/, "$lines lines, $told told of")    # one may be the connection by which it
      or diag("of $connections");                                                     # found the server
    cmp_ok($told, '>', 0, 'some were lost');
    $d->end;
};

finish();
