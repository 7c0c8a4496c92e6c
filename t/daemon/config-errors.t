#!/usr/bin/perl
# A config that is no good is refused with FILE:LINE: KEY: reason.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Mpechod;
use Test::More;

my $d    = Mpechod->new;
my $file = $d->dir . '/bad.conf';

# What is wrong; the text; the line and the key to be named; what the reason must say.
my @bad = (
    [ 'unknown key',         "pool: { begin = 5; };",                    1, 'pool.begin',           qr/unknown key/ ],
    [ 'unknown group',       "\npools: { start = 5; };",                 2, 'pools',                qr/unknown key/ ],
    [ 'unknown at the top',  "\n\nport = 9190;",                         3, 'port',                 qr/unknown key/ ],
    [ 'key for a group',     "pool = 5;",                                1, 'pool',                 qr/group/ ],
    [ 'text for a number',   "pool: {\n start = \"5\"; };",              2, 'pool.start',           qr/integer from 1 to 32768/ ],
    [ 'float for a count',   "pool: { start = 5.0; };",                  1, 'pool.start',           qr/integer/ ],
    [ 'too small',           "pool: { start = 0; };",                    1, 'pool.start',           qr/from 1 to 32768/ ],
    [ 'negative',            "pool: { max_connections = -1; };",         1, 'pool.max_connections', qr/from 0/ ],
    [ 'too large',           "pool: { max_workers = 32769; };",          1, 'pool.max_workers',     qr/to 32768/ ],
    [ 'far too large',       "pool: { max_workers = 99999999999L; };",   1, 'pool.max_workers',     qr/to 32768/ ],
    [ 'above 2^31',          "pool: { start = 4294967301; };",           1, 'pool.start',           qr/integer from/ ],
    [ 'a port above 2^31',   "listen = (\n { port = 4294967303; } );",   2, 'listen\[0\].port',     qr/integer from/ ],
    [ 'start > max_workers', "pool: { start = 9;\n max_workers = 8; };", '[12]', 'pool.start',      qr/max_workers/ ],
    [ 'min > max_spare',     "pool: { min_spare = 9;\n max_spare = 8; };", '[12]', 'pool.min_spare', qr/max_spare/ ],
    [ 'spare > max_workers', "pool: { max_spare = 9;\n max_workers = 8; };", '[12]', 'pool.max_spare', qr/max_workers/ ],
    [ 'backlog 0',           "accept: { backlog = 0; };",                1, 'accept.backlog',       qr/from 1/ ],
    [ 'relative path',       "accept: { lock_file = \"lock\"; };",       1, 'accept.lock_file',     qr/absolute path/ ],
    [ 'one file for two things', "accept: { lock_file = \"/x/y\"; };\nprocess: { pid_file = \"/x/y\"; };", 1, 'accept.lock_file', qr{/x/y is process\.pid_file already} ],
    [ 'log in the pid file',     "process: { pid_file = \"/x/y\"; };\nlog: { target = \"/x/y\"; };", 2, 'log.target', qr{is process\.pid_file already} ],
    [ 'log in the lock file',    "log: { target = \"/x/y\"; };\naccept: { lock_file = \"/x/y\"; };", 1, 'log.target', qr{is accept\.lock_file already} ],
    [ 'socket at the log',       "log: { target = \"/x/y\"; };\nlisten = (\n { path = \"/x/y\"; } );", '[23]', 'listen[^:]*', qr{is log\.target already} ],
    [ 'number for a path',   "accept: { lock_file = 5; };",              1, 'accept.lock_file',     qr/absolute path/ ],
    [ 'very long path',      'process: { pid_file = "/' . 'x' x 5000 . '"; };', 1, 'process.pid_file', qr/too long/ ],
    [ 'negative time',       "timeout: { idle = -0.5; };",               1, 'timeout.idle',         qr/seconds/ ],
    [ 'text for a time',     "timeout: { drain = \"10\"; };",            1, 'timeout.drain',        qr/seconds/ ],
    [ 'a time of ages',      "timeout: { drain = 1e300; };",             1, 'timeout.drain',        qr/seconds/ ],
    [ 'bad level',           "log: { level = \"loud\"; };",              1, 'log.level',            qr/"error", "warn", "info", "debug"/ ],
    [ 'bad format',          "log: { format = \"xml\"; };",              1, 'log.format',           qr/"text", "json"/ ],
    [ 'bad target',          "log: { target = \"stdout\"; };",           1, 'log.target',           qr/"stderr", "syslog"/ ],
    [ 'number for a truth',  "log: { access = 1; };",                    1, 'log.access',           qr/true or false/ ],
    [ 'listen no list',      "listen = \"*:9190\";",                     1, 'listen',               qr/list/ ],
    [ 'listen empty',        "listen = ( );",                            1, 'listen',               qr/at least one/ ],
    [ 'listen of texts',     "listen = ( \"*:9190\" );",                 1, 'listen\[0\]',          qr/group/ ],
    [ 'no such address',     "listen = (\n { address = \"1.2.3\"; } );", 2, 'listen\[0\]\S*',       qr/1\.2\.3/ ],
    [ 'a name',              "listen = ( { address = \"localhost\"; } );", 1, 'listen\[0\]\S*',     qr/numeric/ ],
    [ 'port too large',      "listen = ( { port = 1; },\n { port = 65536; } );", 2, 'listen\[1\].port', qr/65535/ ],
    [ 'port as text',        "listen = ( { port = \"9190\"; } );",       1, 'listen\[0\].port',     qr/integer/ ],
    [ 'address and path',    "listen = ( { port = 1; path = \"/x\"; } );", 1, 'listen\[0\]',        qr/./ ],
    [ 'unknown in listen',   "listen = ( { host = \"*\"; } );",          1, 'listen\[0\].host',     qr/unknown key/ ],
    [ 'bad mode',            "listen = ( { path = \"/x\"; mode = \"rw\"; } );", 1, 'listen\[0\].mode', qr/octal/ ],
    [ 'mode as number',      "listen = ( { path = \"/x\"; mode = 660; } );", 1, 'listen\[0\].mode', qr/./ ],
    [ 'relative socket',     "listen = ( { path = \"echo.sock\"; } );",  1, 'listen\[0\]\S*',       qr/absolute/ ],
    [ 'listen twice',        "listen = ( { port = 1; },\n { port = 1; } );", '[12]', 'listen\[1\]', qr/twice/ ],
);
push @bad, (
    [ 'no such user',        "process: { user = \"no-such-user\"; };",   1, 'process.user',         qr/no-such-user/ ],
    [ 'empty user',          "process: { user = \"\"; };",               1, 'process.user',         qr/name/ ],
) if $> == 0;
for (@bad) {
    my ($what, $text, $line, $key, $reason) = @$_;
    spew($file, "$text\n");
    my $run = mpechod('-t', '-c', $file);
    my ($message) = $run->{err} =~ /^(.*)\n\z/;
    ok($run->{status} eq '78' && ($message // '') =~ /^\Q$file\E:$line: $key: (.*)$/ && $1 =~ $reason, $what)
      or diag("status $run->{status}: $run->{err}");
}

# What is no libconfig at all has a line, if no key.
for (
    [ 'no syntax',      "pool: {\n start = ;\n};\n",      2 ],
    [ 'not closed',     "pool: {\n start = 5;\n",         '[23]' ],
    [ 'twice',          "pool: { start = 5;\n start = 6; };\n", 2 ],
    [ '@include',       "\n\@include \"/etc/passwd\"\n",  2 ],
  )
{
    my ($what, $text, $line) = @$_;
    spew($file, $text);
    my $run = mpechod('-t', '-c', $file);
    is($run->{status}, 78, "$what: status 78");
    like($run->{err}, qr/^\Q$file\E:$line: ./, '... and where');
}
spew($file, "pool: { start = 5; };\n\0\n");
like(mpechod('-t', '-c', $file)->{err}, qr/^\Q$file\E:.*NUL/, 'a NUL byte');
spew($file, '# ' . 'x' x (2 << 20));
like(mpechod('-t', '-c', $file)->{err}, qr/^\Q$file\E: larger than/, 'a huge file');
for ('', " \n\t\r\n") {
    spew($file, $_);
    like(mpechod('-t', '-c', $file)->{err}, qr/^\Q$file\E: is empty/, 'nothing, or nothing but white space');
}

# Nothing in it can forge a line or a terminal's escape sequence on the screen, neither with -t nor at the start.
my $odd = '/no where\n\x1b[31m/file';
spew($file, qq[process: { pid_file = "$odd"; };\naccept: { lock_file = "$odd"; };\n]);
is(mpechod('-t', '-c', $file)->{err}, "$file:2: accept.lock_file: /no where\\x0a\\x1b[31m/file is process.pid_file already: name another\n",
    'a text of the file is escaped');
spew($file, qq[listen = ( { path = "$odd"; } ); log: { target = "$file.log"; };]);
my @needed = map { ('-o', "$_=" . $d->dir . "/$_") } qw(process.pid_file accept.lock_file);
my $start = mpechod('-f', '-c', $file, @needed);
is($start->{status}, 1, 'it does not start');
like($start->{err}, qr{^[^\n]*cannot start: [^\n]*/no where\\x0a\\x1b\[31m/file[^\n]*\n\z}, '... and says so, escaped');
is(mpechod("-\e")->{err} =~ s/^Try.*//msr, "mpechod: unknown option: -\\x1b\n", 'the command line is escaped, too');
unlink "$file.log";

# One file cannot be two, however it is spelled.
for (
    [ 'lock file and pid file, by another spelling', 'accept.lock_file', "process: { pid_file = \"/x/y\"; };\naccept: { lock_file = \"/x/./z/..//y\"; };", 'process.pid_file' ],
    [ 'log and configuration',   'log.target', "\nlog: { target = \"" . $d->dir . "/.." . $d->dir =~ s{.*(?=/)}{}r . "/bad.conf\"; };", 'the configuration' ],
    [ 'pid file and configuration', 'process.pid_file', "\nprocess: { pid_file = \"$file\"; };", 'the configuration' ],
    [ 'socket and configuration', 'listen[1]', "\nlisten = ( {}, { path = \"$file\"; } );", 'the configuration' ],
    [ 'socket and socket',        'listen[1]', "\nlisten = ( { path = \"/x/y\"; }, { path = \"/x//y\"; } );", 'listen[0]' ],
    [ 'socket and lock file',     'listen[0]', "\nlisten = ( { path = \"/x/y\"; } ); accept: { lock_file = \"//x/y\"; };", 'accept.lock_file' ],
  )
{
    my ($what, $key, $text, $other) = @$_;
    spew($file, $text);
    like(mpechod('-t', '-c', $file)->{err}, qr/^\Q$file:2: $key: \E\S+\Q is $other already: name another\E$/, "one file for two things: $what");
}
is(mpechod('-t', '-c', '/dev/null', '-o', 'log.target=/dev/null')->{out}, "ok\n", '/dev/null is no such file');

# What is good.
for (
    [ 'an empty path',         'process: { pid_file = ""; }; accept: { lock_file = ""; };' ],
    [ 'only a comment',        "# pool\n// accept\n/* log */" ],
    [ 'an integer for a time', 'timeout: { idle = 5; drain = 0; };' ],
    [ 'a float for a time',    'timeout: { idle = 0.25; };' ],
    [ 'a comment at the very end', "log: { };\n# end" ],
    [ 'a long integer',        'pool: { start = 7L; };' ],
    [ 'colons or equals',      'pool = { start : 5 };' ],
    [ 'max_workers below the other defaults', 'pool: { max_workers = 2; };' ],
    [ 'max_spare below the default min_spare', 'pool: { max_spare = 3; };' ],
    [ 'the largest pool',      'pool: { start = 32768; min_spare = 32768; max_spare = 32768; max_workers = 32768; };' ],
    [ 'port 0 twice',          'listen = ( { port = 0; }, { port = 0; } );' ],
    [ 'a bare group',          'listen = ( { } );' ],
  )
{
    my ($what, $text) = @$_;
    spew($file, $text);
    my $run = mpechod('-t', '-c', $file);
    is("$run->{status} $run->{out}$run->{err}", "0 ok\n", "good: $what");
}
spew($file, 'pool: { max_workers = 2; };');
my $dump = mpechod('-T', '-c', $file)->{out};
like($dump, qr/^\s*$_ = 2;$/m, "$_ gives way to max_workers = 2") for qw(start min_spare max_spare max_workers);
unlink $file;

finish();
