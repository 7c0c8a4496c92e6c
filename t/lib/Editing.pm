# Editing.pm: mpecho at a terminal where lines can be edited, as a person sees it. Where that cannot be, `use Editing`
# skips all tests.
#
#     my $person = Editing->new($server->target);
#     $person->type("hello\n");
#     $person->sees("hello\nhello", 'a line and its echo');
#     $person->ends(0, '');                           # with this status and this on standard error; the terminal is sane
#
# The keys go to mpecho as its input; it leads a session that the terminal controls, so ^C and its like are signals.
package Editing;
use v5.36;

use IO::Select;
use Mpecho;
use Pty;
use Screen;
use Test::More;

use constant { ROWS => 12, COLUMNS => 40 };

sub import ($class) {
    plan(skip_all => 'mpecho is built without libedit') if !is_built_in();
    plan(skip_all => 'needs a pseudo-terminal') if !Pty->new;
}

sub is_built_in () { slurp($Mpecho::PROGRAM) =~ /libedit\.so/ }

# Arguments of mpecho; last, if at all, a hash: variables of the environment, and in_child => code that runs before it.
sub new ($class, @arguments) {
    my %how = ref $arguments[-1] eq 'HASH' ? %{ pop @arguments } : ();
    my $pty = Pty->new;
    $pty->resize(ROWS, COLUMNS);
    my $in_child = delete $how{in_child} // sub { $pty->control };
    local %ENV = (%ENV, TERM => 'xterm', LC_ALL => 'C.UTF-8', EDITRC => '/dev/null', %how);
    my $self = bless { pty => $pty, before => $pty->modes, screen => Screen->new(ROWS, COLUMNS) }, $class;
    $self->{client} = start_mpecho(@arguments,
        { stdin => $pty->slave, stdout => $pty->slave, in_child => sub { $in_child->($pty) } });
    return $self;
}

sub pty ($self) { $self->{pty} }
sub pid ($self) { $self->{client}{pid} }

# When it reads keys: a key that is typed before may be lost, as at any program that changes the modes.
sub is_ready ($self) {
    return wait_until(sub { !$self->{pty}->is_cooked });
}

sub type ($self, $text) {
    $self->is_ready or die 'mpecho does not take keys';
    return $self->{pty}->type($text);
}

sub resize ($self, $rows, $columns) {
    $self->{screen}->resize($rows, $columns);
    $self->{pty}->resize($rows, $columns);
}

# Look until a condition holds on the screen, at most $seconds.
sub look ($self, $condition, $seconds = 10) {
    my $deadline = now() + $seconds;
    until ($condition->()) {
        return if now() > $deadline;
        $self->{screen}->show($self->{pty}->read_some(1, 0.05));
    }
    return 1;
}

# A test: the screen comes to show this, and the cursor to be there if that is given.
sub sees ($self, $text, $name, $row = undef, $column = undef) {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $wanted = defined $row ? "$text\n($row, $column)" : $text;
    my $seen = sub {
        return $self->{screen}->text . (defined $row ? sprintf "\n(%d, %d)", $self->{screen}->cursor : '');
    };
    $self->look(sub { $seen->() eq $wanted });
    is($seen->(), $wanted, $name);
}

sub has_ended ($self) { !alive($self->pid) }

sub is_sane ($self) { $self->{pty}->modes eq $self->{before} }

# A test: it ends, and leaves the terminal as it was.
sub ends ($self, $status, $err, $name = 'the end') {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $self->look(sub { $self->has_ended }, 20);
    my $r = end_of($self->{client}, 1);
    is($r->{status}, $status, "$name: status $status") or diag($self->{screen}->text);
    is($r->{err}, $err, "$name: " . ($err eq '' ? 'nothing to say' : 'which is told'));
    ok($self->is_sane, "$name: the terminal is as it was");
    is(join(' ', $self->{screen}->unknown), '', "$name: nothing odd was written to the terminal");
}

1;
