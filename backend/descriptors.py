"""How many files this process may have open."""

import contextlib
import resource


def allow_as_many_as_possible() -> int:
    """Raise the soft limit (RLIMIT_NOFILE, often 1,024) to the hard one; the number that is allowed from now on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
    return soft
