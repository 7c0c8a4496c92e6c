# Pty.pm: a pseudo-terminal, so that a program under test sees a person at its input. Core Perl has no IO::Pty, so this
# asks the kernel itself (pts(4), ioctl_tty(2)):
#
#     my $pty = Pty->new // plan(skip_all => 'needs a pseudo-terminal');
#     my $client = start_mpecho(..., { stdin => $pty->slave, stdout => $pty->slave });
#     $pty->type("hello\n");
#     is($pty->read_some(6), "hello\n");
#
# The terminal does not show what is typed and writes \n as it is, so what is read is the program's output and nothing
# else; lines are edited as usual, so ^D is the end of input. It is nobody's controlling terminal, and ^C does nothing,
# unless the program is started with in_child => sub { $pty->control }.
package Pty;
use v5.36;

use Fcntl qw(O_NOCTTY O_RDWR);
use Harness qw(now);
use IO::Handle;
use IO::Select;
use POSIX qw(EAGAIN);

# <asm-generic/ioctls.h>, which nearly all architectures use. Elsewhere new() returns nothing.
use constant { TIOCSPTLCK => 0x40045431, TIOCGPTN => 0x80045430, TIOCSCTTY => 0x540e, TIOCSWINSZ => 0x5414 };

sub new ($class) {
    sysopen my $master, '/dev/ptmx', O_RDWR | O_NOCTTY or return;
    my ($number, $locked) = (pack('i', 0)) x 2;
    ioctl $master, TIOCSPTLCK, $locked or return;
    ioctl $master, TIOCGPTN, $number or return;
    sysopen my $slave, '/dev/pts/' . unpack('i', $number), O_RDWR | O_NOCTTY or return;
    my $mode = POSIX::Termios->new;
    $mode->getattr(fileno $slave) or return;
    $mode->setlflag($mode->getlflag & ~POSIX::ECHO);
    $mode->setoflag($mode->getoflag & ~POSIX::OPOST);
    $mode->setattr(fileno $slave, POSIX::TCSANOW) or return;
    $master->blocking(0);
    return bless { master => $master, slave => $slave }, $class;
}

sub slave ($self) { $self->{slave} }

# In a child: lead a session of its own, with this terminal to control it.
sub control ($self) {
    POSIX::setsid();
    ioctl $self->{slave}, TIOCSCTTY, 0 or die "TIOCSCTTY: $!";
}

# Whom it controls gets SIGWINCH.
sub resize ($self, $rows, $columns) {
    ioctl $self->{master}, TIOCSWINSZ, pack 'S4', $rows, $columns, 0, 0 or die "TIOCSWINSZ: $!";
}

# All modes, as something to compare.
sub modes ($self) {
    my $mode = POSIX::Termios->new;
    $mode->getattr(fileno $self->{slave}) // die "tcgetattr: $!";
    return join ' ', $mode->getiflag, $mode->getoflag, $mode->getcflag, $mode->getlflag,
      map { $mode->getcc($_) } 0 .. POSIX::NCCS - 1;
}

# Whether the terminal hands over lines, and not each key.
sub is_cooked ($self) {
    my $mode = POSIX::Termios->new;
    $mode->getattr(fileno $self->{slave}) // die "tcgetattr: $!";
    return $mode->getlflag & POSIX::ICANON;
}

# Type text without reading: true when the terminal took it all within $seconds.
sub type ($self, $text, $seconds = 10) {
    my ($typed, undef) = $self->converse($text, sub ($got) { 0 }, $seconds, 0);
    return $typed == length $text;
}

# What comes out: $wanted bytes, or fewer after $seconds or at hang-up.
sub read_some ($self, $wanted, $seconds = 10) {
    return ($self->converse('', sub ($got) { $wanted - length $got }, $seconds, 1))[1];
}

# Type text and read $wanted bytes at the same time, as a terminal does with a paste.
sub paste ($self, $text, $wanted, $seconds = 20) {
    return ($self->converse($text, sub ($got) { $wanted - length $got }, $seconds, 1))[1];
}

sub converse ($self, $text, $lacking, $seconds, $read) {
    my ($typed, $got, $deadline) = (0, '', now() + $seconds);
    my $set = IO::Select->new($self->{master});
    while ($typed < length $text || $lacking->($got) > 0) {
        my $left = $deadline - now();
        last if $left <= 0;
        my ($readable, $writable) =
          IO::Select->select($read ? $set : undef, $typed < length $text ? $set : undef, undef, $left);
        if ($writable && @$writable) {
            my $n = syswrite $self->{master}, $text, 4096, $typed;
            last if !defined $n && $! != EAGAIN;
            $typed += $n // 0;
        }
        if ($readable && @$readable) {
            my $n = sysread $self->{master}, $got, 65536, length $got;
            last if defined $n ? $n == 0 : $! != EAGAIN;    # EIO: nobody has the terminal open any more
        }
    }
    return ($typed, $got);
}

1;
