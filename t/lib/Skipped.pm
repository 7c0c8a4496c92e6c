# Skipped.pm: what prove prints, and at the end what was skipped and why, which is otherwise between the lines of a long
# run, or nowhere. `make check` gives it to prove (--formatter Skipped).
package Skipped;
use v5.36;

use TAP::Formatter::Console;
use TAP::Formatter::File;

our @ISA = (-t STDOUT ? 'TAP::Formatter::Console' : 'TAP::Formatter::File');

my %skipped;    # reason => { file => how often; 0 for the whole file }

# Tests, those within subtests among them; whole files; and what unit_skip of t/unit/unit.h writes.
sub note_skip ($file, $line) {
    if    ($line =~ /^\s*ok\b.*?#\s*skip\s*(.*?)\s*$/i) { $skipped{$1}{$file}++ }
    elsif ($line =~ /^#\s*skipped: (.*?)\s*$/)          { $skipped{$1}{$file}++ }
    elsif ($line =~ /^1\.\.0\s*#\s*skip\S*\s*(.*?)\s*$/i) { $skipped{$1}{$file} = 0 }
}

sub open_test ($self, $test, $parser) {
    $parser->callback(ALL => sub ($result) { note_skip($test, $result->raw) });
    return $self->SUPER::open_test($test, $parser);
}

sub count ($n, $what) { "$n $what" . ($n == 1 ? '' : 's') }

sub summary ($self, @of) {
    $self->SUPER::summary(@of);
    if (!%skipped) {
        $self->_output("Skipped: nothing\n");
        return;
    }
    my ($tests, $files) = (0, 0);
    $_ ? ($tests += $_) : $files++ for map { values %$_ } values %skipped;
    $self->_output('Skipped: ' . count($files, 'whole file') . ', ' . count($tests, 'test') . " in others\n");
    for my $reason (sort keys %skipped) {
        my $in = $skipped{$reason};
        $self->_output("  $reason: " . join(', ', map { $in->{$_} ? "$_ ($in->{$_})" : $_ } sort keys %$in) . "\n");
    }
}

1;
