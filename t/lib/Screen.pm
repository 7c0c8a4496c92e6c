# Screen.pm: what a person sees: as much of an xterm as line editing needs.
#
#     my $screen = Screen->new(24, 60);
#     $screen->show($bytes);                # UTF-8, in any division
#     is($screen->text, "hello\nhello");    # rows without the blanks at their ends, down to the last that is not blank
#     is_deeply([$screen->unknown], []);    # sequences that it does not know
package Screen;
use v5.36;

use Encode ();

sub new ($class, $rows, $columns) {
    return bless { rows => $rows, columns => $columns, lines => [('') x $rows], row => 0, column => 0,
        rest => '', unknown => [] }, $class;
}

sub text ($self) {
    return join("\n", map { s/ +$//r } @{ $self->{lines} }) =~ s/\n+$//r;
}

# What is there stays where it is.
sub resize ($self, $rows, $columns) {
    @$self{qw(rows columns)} = ($rows, $columns);
    $self->{lines} = [map { $self->{lines}[$_] // '' } 0 .. $rows - 1];
}

sub unknown ($self) { @{ $self->{unknown} } }

# Row and column, from 0.
sub cursor ($self) { ($self->{row}, $self->{column}) }

my %control = (
    "\a" => sub ($self) { },
    "\b" => sub ($self) { $self->{column}-- if $self->{column} > 0 },
    "\r" => sub ($self) { $self->{column} = 0 },
    "\n" => \&line_feed,
    "\t" => sub ($self) { $self->{column} += 8 - $self->{column} % 8 },
);

my %sequence = (
    A => sub ($self, $n) { $self->{row} -= $n },
    B => sub ($self, $n) { $self->{row} += $n },
    C => sub ($self, $n) { $self->{column} += $n },
    D => sub ($self, $n) { $self->{column} -= $n },
    G => sub ($self, $n) { $self->{column} = $n - 1 },
    J => sub ($self, $n) { $self->replace(''); $self->{lines}[$_] = '' for $self->{row} + 1 .. $self->{rows} - 1 },
    K => sub ($self, $n) { $self->replace('') },
    P => sub ($self, $n) { $self->replace($self->rest_of_row =~ s/^.{1,$n}//sr) },
    '@' => sub ($self, $n) { $self->replace(' ' x $n . $self->rest_of_row) },
    h => sub ($self, $n) { $self->{inserting} = 1 },
    l => sub ($self, $n) { $self->{inserting} = 0 },
);

sub show ($self, $bytes) {
    $self->{rest} .= $bytes;
    while (length $self->{rest}) {
        if ($self->{rest} =~ s/^\e\[([\d;?]*)([@-~])//) { $self->control_sequence($1, $2) }
        elsif ($self->{rest} =~ /^\e(?:$|\[[\d;?]*$)/) { return }
        elsif ($self->{rest} =~ s/^(\e.?|[\0-\x1f\x7f])//s) { $self->control($1) }
        elsif ($self->{rest} =~ s/^([\xc2-\xdf].|[\xe0-\xef]..|[\xf0-\xf4]...|[\x20-\x7e])//s) {
            $self->put(Encode::decode('UTF-8', $1));
        }
        elsif ($self->{rest} =~ /^[\xc2-\xf4][\x80-\xbf]{0,2}$/) { return }
        else { $self->{rest} =~ s/^.//s; $self->put("\x{fffd}") }
    }
}

sub control ($self, $what) {
    my $action = $control{$what};
    if ($action) { $action->($self) }
    else         { push @{ $self->{unknown} }, $what }
}

sub control_sequence ($self, $parameters, $final) {
    my $action = $final =~ /[hl]/ && $parameters ne '4' ? undef : $sequence{$final};
    if (!$action) { push @{ $self->{unknown} }, "\\e[$parameters$final"; return }
    $action->($self, $parameters || 1);
    $self->{row} = within($self->{row}, $self->{rows});
    $self->{column} = within($self->{column}, $self->{columns});
}

sub within ($place, $size) { $place < 0 ? 0 : $place >= $size ? $size - 1 : $place }

# What is at the cursor and to the right of it.
sub rest_of_row ($self) {
    my $line = $self->{lines}[$self->{row}];
    return length $line > $self->{column} ? substr $line, $self->{column} : '';
}

sub replace ($self, $rest) {
    my $line = sprintf '%-*s', $self->{column}, substr $self->{lines}[$self->{row}], 0, $self->{column};
    $self->{lines}[$self->{row}] = substr $line . $rest, 0, $self->{columns};
}

sub line_feed ($self) {
    my @lines = @{ $self->{lines} };
    if ($self->{row} + 1 < $self->{rows}) { $self->{row}++ }
    else                                  { $self->{lines} = [@lines[1 .. $#lines], ''] }
}

# A row that is full is left only when there is something for the next one.
sub put ($self, $character) {
    if ($self->{column} >= $self->{columns}) {
        $self->{column} = 0;
        $self->line_feed;
    }
    my $rest = $self->rest_of_row;
    $self->replace($character . ($self->{inserting} || $rest eq '' ? $rest : substr $rest, 1));
    $self->{column}++;
}

1;
