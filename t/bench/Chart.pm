# Chart.pm: the results of a benchmark as SVG: rates beside those of the first server, the memory of a worker, and how long a
# burst takes. A bar is as long as the number at its end says: both are the median of the samples, and a thin line goes from
# the least sample to the greatest. (The ratios in the table are another measure: the median of those within each round.)
# Called by run. Pure: text from data. Has a background of its own, so that it can be read on a dark page too.
package Chart;
use v5.36;

use Machine;
use Peer;

my $WIDTH = 1040;
my ($LEFT, $RIGHT) = (130, 1010);    # of what is drawn within a panel
my ($PAGE, $QUIET) = ('#fbfbfa', '#57606a');
my @HALO   = (stroke => $PAGE, 'stroke-width' => 3, 'paint-order' => 'stroke');    # keeps a line behind a text off it
my %COLOUR = (mpechod => '#0b5fa5', bare => '#8a949e', apache => '#d55e00', xinetd => '#009e73', socat => '#b0609a');

sub draw ($results) {
    my @rates  = grep { $_->{unit} =~ /per second/ } @{ $results->{rows} };
    my @memory = grep { $_->{unit} eq 'KiB' } @{ $results->{rows} };
    my @bursts = grep { $_->{unit} eq 'seconds' } @{ $results->{rows} };
    my ($body, $y) = (title($results) . legend($results), 118);
    for my $panel ([\&rates_panel, @rates], [\&memory_panel, @memory], [\&bursts_panel, @bursts]) {
        my ($draw, @rows) = @$panel;
        next if !@rows;
        my ($text, $height) = $draw->($results, $y, @rows);
        $body .= $text;
        $y += $height;
    }
    return <<"END";
<svg xmlns="http://www.w3.org/2000/svg" width="$WIDTH" height="$y" viewBox="0 0 $WIDTH $y" role="img"
 font-family="Helvetica, Arial, 'Liberation Sans', sans-serif" font-size="13" fill="#24292f">
<title>@{[ escape(headline($results)) ]}</title>
<rect width="$WIDTH" height="$y" rx="6" fill="$PAGE"/>
$body</svg>
END
}

# ------------------------------------------------------------------------------------------------------------- elements

sub escape ($text) { $text =~ s/&/&amp;/gr =~ s/</&lt;/gr =~ s/>/&gt;/gr =~ s/"/&quot;/gr }

# One place after the point is enough for a picture.
sub rounded ($value) { $value =~ /^-?\d+\.\d+$/ ? sprintf('%.1f', $value) =~ s/\.0$//r : $value }

sub attributes (%a) { join '', map { qq( $_=") . rounded($a{$_}) . '"' } sort keys %a }

sub text ($x, $y, $text, %more) { '<text' . attributes(x => $x, y => $y, %more) . '>' . escape($text) . "</text>\n" }
sub rect ($x, $y, $width, $height, $fill) {
    '<rect' . attributes(x => $x, y => $y, width => $width, height => $height, fill => $fill) . "/>\n";
}
sub line ($x1, $y1, $x2, $y2, %more) {
    '<line' . attributes(x1 => $x1, y1 => $y1, x2 => $x2, y2 => $y2, stroke => '#d4d8dc', %more) . "/>\n";
}

sub heading ($top, $what, $how) {
    return text(24, $top + 24, $what, 'font-size' => 15, 'font-weight' => 'bold')
      . text(24, $top + 43, $how, fill => $QUIET);
}

sub headline ($results) { "$results->{versions}{ $results->{order}[0] } beside other echo servers" }

sub title ($results) {
    my $rounds = $results->{settings}{rounds};
    return text(24, 36, headline($results), 'font-size' => 20, 'font-weight' => 'bold')
      . text(24, 60, "$results->{date}, " . Machine::words($results->{machine}) . '; load and server share the cores; '
          . ($rounds == 1 ? 'one round' : "medians of $rounds rounds"), fill => $QUIET);
}

sub legend ($results) {
    my ($x, $svg) = (24, '');
    for my $name (@{ $results->{order} }) {
        my $version = $results->{versions}{$name} =~ /^\d/ ? " $results->{versions}{$name}" : '';
        my $label   = Peer::title($name) . $version;
        $svg .= rect($x, 78, 13, 13, $COLOUR{$name}) . text($x + 19, 89, $label);
        $x += 46 + 7.2 * length $label;
    }
    return $svg;
}

# ---------------------------------------------------------------------------------------------------------------- rates

# The median of a server's samples, the least and the greatest of them: each as it is beside the first server's median.
# Nothing if there are none, of either.
sub shares ($results, $row, $name) {
    my ($of, $whole) = map { $row->{servers}{$_} } $name, $results->{order}[0];
    return if !$of->{median} || !$whole->{median};
    return map { $_ / $whole->{median} } $of->{median}, spread($of);
}

sub spread ($of) { (sort { $a <=> $b } @{ $of->{samples} })[0, -1] }

sub rates_panel ($results, $top, @rows) {
    my ($height, $base) = (220, $top + 284);
    my ($most) = sort { $b <=> $a } 1.1, map { my $row = $_; map { shares($results, $row, $_) } @{ $results->{order} } } @rows;
    my $scale = $height / ($most * 1.04);
    my $first = Peer::title($results->{order}[0]);
    my $svg   = heading($top, "Rates beside $first\'s (higher is better)",
        'bars and numbers: medians, the numbers in thousands (k) or MB; thin lines: from the least to the greatest sample');
    for (my $share = 0; $share <= $most; $share += $most > 4 ? 1 : 0.5) {
        my $y = $base - $share * $scale;
        my $name = $share == 1 ? $first : $share == 0 ? '0' : "x $share";
        $svg .= line($LEFT - 40, $y, $RIGHT, $y, $share == 1 ? (stroke => $QUIET, 'stroke-dasharray' => '4 3') : ())
          . text($LEFT - 48, $y + 4, $name, 'text-anchor' => 'end', fill => $QUIET);
    }
    my $step = ($RIGHT - $LEFT + 40) / @rows;
    $svg .= rate_group($results, $rows[$_], $LEFT - 40 + $step * $_, $step, $base, $scale) for 0 .. $#rows;
    return ($svg, 284 + 56);
}

sub rate_group ($results, $row, $x, $step, $base, $scale) {
    my @names = @{ $results->{order} };
    my $width = $step * 0.86 / @names;
    my ($what, $of_what) = split /, /, $row->{what};
    my $svg = text($x + $step / 2, $base + 20, $what, 'text-anchor' => 'middle')
      . text($x + $step / 2, $base + 36, $of_what, 'text-anchor' => 'middle', fill => $QUIET, 'font-size' => 12);
    for my $i (0 .. $#names) {
        my $of   = $row->{servers}{ $names[$i] };
        my ($tall, $least, $most) = map { $_ * $scale } shares($results, $row, $names[$i]);
        my $left = $x + $step * 0.07 + $width * $i;
        my $middle = $left + $width / 2;
        $svg .= rect($left + 1, $base - $tall, $width - 2, $tall, $COLOUR{ $names[$i] })
          . line($middle, $base - $least, $middle, $base - $most, stroke => '#24292f') if $tall;
        $svg .= text($middle, $base - ($most // 0) - 4, rate_text($of),
            'text-anchor' => 'middle', 'font-size' => 10.5, @HALO);
    }
    return $svg;
}

# Two or three digits.
sub brief ($value) {
    return sprintf $value < 9950 ? '%.1fk' : '%.0fk', $value / 1000 if $value >= 1000;
    return sprintf '%.0f', $value;
}

# --------------------------------------------------------------------------------------------------------------- memory

sub memory_panel ($results, $top, @rows) {
    my ($svg, $y) = ('', $top + 62);
    my ($most) = sort { $b <=> $a } 1, map { spread($_) // () } map { values %{ $_->{servers} } } @rows;
    my $x_of = sub ($value) { $LEFT + ($RIGHT - 90 - $LEFT) * $value / $most };
    for my $name (map { my $row = $_; map { [ $row, $_ ] } @{ $results->{order} } } @rows) {
        my ($row, $server) = @$name;
        $svg .= beside($server, $row->{servers}{$server}, $y, $x_of, '%.0f KiB');
        $y += 21;
    }
    return (heading($top, 'Memory of one worker that waits for a client (less is better)',
            "of $rows[0]{what} workers: what each has for itself, from 0" =~ s/KiB per idle worker, //r) . $svg, $y + 8 - $top);
}

# --------------------------------------------------------------------------------------------------------------- bursts

sub log10 ($value) { log($value) / log(10) }

sub bursts_panel ($results, $top, @rows) {
    my ($row_height, $gap) = (21, 34);
    my @times = sort { $a <=> $b } map { @{ $_->{samples} } } map { values %{ $_->{servers} } } @rows;
    my ($low, $high) = @times ? (floor(log10($times[0])), 1 + floor(log10($times[-1]))) : (-1, 1);
    my $x_of = sub ($seconds) { $LEFT + ($RIGHT - 90 - $LEFT) * (log10($seconds) - $low) / ($high - $low) };
    my ($svg, $y) = ('', $top + 62);
    for my $row (@rows) {
        $svg .= text(24, $y + 6, $row->{what} =~ s/, s$//r, 'font-weight' => 'bold', 'font-size' => 12);
        $y += 26;
        for my $name (@{ $results->{order} }) {
            my $of = $row->{servers}{$name};
            $svg .= beside($name, $of, $y, $x_of, ($of->{median} // 0) < 1 ? '%.2f s' : '%.1f s');
            $y += $row_height;
        }
        $y += $gap - $row_height;
    }
    my $grid = '';
    for my $power ($low .. $high) {
        my $x = $x_of->(10**$power);
        $grid .= line($x, $top + 56, $x, $y - 8)
          . text($x, $y + 8, 10**$power . ' s', 'text-anchor' => 'middle', fill => $QUIET);
    }
    my $heading = heading($top, 'Clients that come all at once: time until the last one has its first echo (less is better)',
        'each server as it starts by default, with room for all; medians, and from the least to the greatest sample; logarithmic scale');
    return ($heading . $grid . $svg, $y + 28 - $top);
}

sub floor ($value) { int($value) - ($value < int $value ? 1 : 0) }

# A server that failed after some rounds has a star, or their number.
sub rate_text ($of) { $of->{median} ? brief($of->{median}) . ($of->{failed} ? '*' : '') : 'failed' }

sub of_rounds ($of) { $of->{failed} ? sprintf ' (%d of %d rounds)', scalar @{ $of->{samples} }, $of->{rounds} : '' }

# A server's name, a line as long as its median, its spread, and the number.
sub beside ($name, $of, $y, $x_of, $format) {
    my $svg = text($LEFT - 10, $y + 4, Peer::title($name), 'text-anchor' => 'end');
    return $svg . text($LEFT + 4, $y + 4, "failed: $of->{failed}", fill => $QUIET, 'font-style' => 'italic', @HALO)
      if !defined $of->{median};
    my ($x, $least, $most) = map { $x_of->($_) } $of->{median}, spread($of);
    return $svg . line($LEFT, $y, $x, $y, stroke => $COLOUR{$name}, 'stroke-width' => 4)
      . line($least, $y, $most, $y, stroke => '#24292f')
      . '<circle' . attributes(cx => $x, cy => $y, r => 6, fill => $COLOUR{$name}) . "/>\n"
      . text(($most > $x ? $most : $x) + 12, $y + 4, sprintf($format, $of->{median}) . of_rounds($of), @HALO);
}

1;
