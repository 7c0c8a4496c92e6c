#!/usr/bin/perl
# accept.backlog is how many connections the kernel lets wait at each listener, after a reload at those that are kept too.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

need_command('ss');

my $d    = Mpechod->new;
my $unix = $d->dir . '/echo.sock';
$d->configure(listen => [ { address => '127.0.0.1', port => 0 }, { path => $unix } ], accept => { backlog => 7 })->start;

# Of a listening socket ss shows as Send-Q how many may wait: state, Recv-Q, Send-Q, address; of a Unix one the type before it.
sub backlogs () {
    my $run = run(qw(ss -Hlntx));
    die "ss: $run->{err}" if $run->{status} ne '0';
    my $listens = sub ($address) { $run->{out} =~ /LISTEN\s+\d+\s+(\d+)\s+\Q$address\E/ ? $1 : "(no $address)" };
    return join ' ', $listens->($d->listening(0)), $listens->($unix);
}

is(backlogs(), '7 7', 'as configured');
ok($d->reload(accept => { backlog => 9 }), 'reloaded');
is(backlogs(), '9 9', 'as configured now');
my ($allowed) = slurp('/proc/sys/net/core/somaxconn') =~ /(\d+)/;
my $default = $allowed < 4096 ? $allowed : 4096;
ok($d->reload(accept => { backlog => undef }), 'reloaded without');
is(backlogs(), "$default $default", 'the default, as far as the kernel allows');

finish();
