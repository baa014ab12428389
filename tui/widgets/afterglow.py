"""What changed in a list of rows a moment ago: lit for a second, then bold for one."""

from collections.abc import Hashable
from datetime import datetime
from typing import Final, Generic, NamedTuple, TypeVar

FLASH_S: Final = 1.0
CHANGED_S: Final = 2.0

Key = TypeVar("Key", bound=Hashable)


class Glow(NamedTuple):
    """What of one row is lit, and what is bold."""

    lit: frozenset[str] = frozenset()
    bold: frozenset[str] = frozenset()


DARK: Final = Glow()


class Afterglow(Generic[Key]):
    """By the names of the fields that changed."""

    def __init__(self) -> None:
        self._changed: dict[Key, tuple[datetime, frozenset[str]]] = {}

    def __bool__(self) -> bool:
        return bool(self._changed)

    def light(self, key: Key, fields: frozenset[str], now: datetime) -> None:
        """These fields have changed."""
        self._changed[key] = (now, fields)

    def glow(self, key: Key, now: datetime) -> Glow:
        """How a row looks now."""
        if key not in self._changed:
            return DARK
        at, fields = self._changed[key]
        age = (now - at).total_seconds()
        if age < FLASH_S:
            return Glow(fields, fields)
        return Glow(bold=fields) if age < CHANGED_S else DARK

    def settle(self, now: datetime) -> None:
        """Forget what no longer glows."""
        self._changed = {
            key: (at, fields) for key, (at, fields) in self._changed.items() if (now - at).total_seconds() < CHANGED_S
        }
