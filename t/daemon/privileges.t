#!/usr/bin/perl
# Started as root, workers are an ordinary user, with no groups, no capabilities and no way back.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

need_root();

my $d = Mpechod->new->start;
my ($uid, $gid) = ((getpwnam 'nobody')[2], (getgrnam 'nogroup')[2]);
my $c = $d->connect;
echo_ok($c, 'hello');
for my $worker ($d->workers) {
    is(join(' ', split ' ', status_of($worker, 'Uid')), "$uid $uid $uid $uid", 'uids');
    is(join(' ', split ' ', status_of($worker, 'Gid')), "$gid $gid $gid $gid", 'gids');
    is(status_of($worker, 'Groups'), '', 'no other groups');
    is(status_of($worker, 'NoNewPrivs'), 1, 'no new privileges');
    is(status_of($worker, $_), '0' x 16, $_) for qw(CapInh CapPrm CapEff CapAmb);
}
is((split ' ', status_of($d->master, 'Uid'))[0], 0, 'the master is root still');

# Other names, at a reload.
my ($name) = grep { my @p = getpwnam $_; @p && $p[2] != 0 && $p[2] != $uid } qw(daemon bin www-data mail);
my ($group) = grep { my @g = getgrnam $_; @g && $g[2] != 0 && $g[2] != $gid } qw(daemon bin www-data mail);
ok($d->reload(process => { user => $name, group => $group }), "reloaded as $name:$group");
my $c2 = $d->connect;
my $worker = $d->worker_of($c2);
is((split ' ', status_of($worker, 'Uid'))[0], (getpwnam $name)[2], 'a new worker is that user');
is((split ' ', status_of($worker, 'Gid'))[0], (getgrnam $group)[2], 'and group');
is((split ' ', status_of($d->worker_of($c), 'Uid'))[0], $uid, 'an old one is who it was');
close $_ for $c, $c2;

# Numbers, which need no entry in the user database: as an integer and as a text.
my ($number, $other) = grep { !getpwuid $_ && !getgrgid $_ } 54321 .. 54399;
ok($d->reload(process => { user => $number, group => \qq{"$other"} }), "reloaded as $number:$other");
my $c3 = $d->connect;
$worker = $d->worker_of($c3);
is((split ' ', status_of($worker, 'Uid'))[0], $number, 'a new worker has that user id');
is((split ' ', status_of($worker, 'Gid'))[0], $other,  'and group id');
close $c3;

for my $bad ([ user => 'root' ], [ group => 'root' ], [ user => 'no-such-user' ], [ group => 'no-such-group' ], [ user => '0' ], [ group => '0' ]) {
    my $run = mpechod('-t', '-c', '/dev/null', '-o', "process.$bad->[0]=$bad->[1]");
    is($run->{status}, 78, "process.$bad->[0] = \"$bad->[1]\" is refused");
    like($run->{err}, qr/process\.$bad->[0]: .*$bad->[1]|process\.$bad->[0]: .*ordinary/, '... and why');
}

finish();
