"""What the program's exit status means."""

from enum import IntEnum


class Exit(IntEnum):
    """A contract: see `jackfield -h`."""

    OK = 0
    """Done, nothing to do, or the answer is yes."""
    NO = 1
    USAGE = 2
    NO_SUCH = 3
    """No such thing, or ambiguous."""
    NOT_PERMITTED = 4
    REFUSED = 5
    """By us or by the kernel; nothing changed, or a plan stopped midway."""
    UNKNOWABLE = 6
