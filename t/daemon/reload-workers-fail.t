#!/usr/bin/perl
# A reload whose workers cannot start is no reload: the old ones go on.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

use Strace;
Strace::need();

my ($kept, $port) = (free_port(), free_port());
my $d = Mpechod->new(listen => [ { address => '127.0.0.1', port => $kept } ])->start;
my $c = $d->connect;
echo_ok($c, 'before');
wait_until(sub { $d->idle_workers >= 2 });
my @workers = sort $d->workers;

my $strace = Strace->attach($d->master, '-f', '-e', 'trace=prctl', '-e', 'inject=prctl:error=EPERM');
$d->expect(qr/ERROR \[\d+\] worker cannot start: /, qr/ERROR \[\d+\] config not reloaded: /, qr/exited with status [1-9]/);
$d->log_mark;
$d->configure(listen => [ { address => '127.0.0.1', port => $kept }, { address => '127.0.0.1', port => $port } ]);
$d->signal('HUP');
$d->log_wait(qr/ERROR \[\d+\] config not reloaded: \Q$d->{conf}\E: ./);
$strace->detach;
is(join(' ', sort grep { alive($_) } @workers), "@workers", 'the workers that were there are there');
ok(!connect_to("127.0.0.1:$port"), 'the new listener is gone again');
echo_ok($c, 'after', 'a connection goes on');
echo_ok($d->connect, 'hello', 'new clients are served');
$d->configure(listen => [ { address => '127.0.0.1', port => $port } ]);
ok($d->reload, 'the next reload works');
echo_ok(connect_to("127.0.0.1:$port"), 'hello');
end_ok($c);

finish();
