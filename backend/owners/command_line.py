"""Options in the argv of a process that is not ours: its own word, possibly cut short."""

from collections.abc import Sequence


def option(argv: Sequence[str], *names: str) -> str | None:
    """The value of the first of these options that is there, as `-n VALUE` or `--name=VALUE`; None without one."""
    for position, word in enumerate(argv):
        if word in names:
            return argv[position + 1] if position + 1 < len(argv) else None
        for name in names:
            if name.startswith("--") and word.startswith(name + "="):
                return word[len(name) + 1 :]
    return None


def options(argv: Sequence[str], *names: str) -> list[str]:
    """Every value of an option that may come more than once."""
    found = []
    for position in range(len(argv)):
        value = option(argv[position : position + 2], *names)
        if value is not None and (argv[position] in names or "=" in argv[position]):
            found.append(value)
    return found
