"""A mapping from one key to several values."""

from collections.abc import Hashable, Iterable
from collections.abc import Set as AbstractSet
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V", bound=Hashable)

_NOTHING: Final[frozenset[object]] = frozenset()


class Multimap(Generic[K, V]):
    """Several values under a key; a key without values is not kept."""

    __slots__ = ("_bins",)

    def __init__(self) -> None:
        self._bins: dict[K, set[V]] = {}

    def add(self, key: K, value: V) -> None:
        """Put a value under a key; once is enough."""
        found = self._bins.get(key)
        if found is None:
            self._bins[key] = {value}
        else:
            found.add(value)

    def discard(self, key: K, value: V) -> None:
        """Take a value away, if it is there."""
        found = self._bins.get(key)
        if found is not None:
            found.discard(value)
            if not found:
                del self._bins[key]

    def get(self, key: K) -> AbstractSet[V]:
        """The values under a key, in no order. Not to be kept: it changes with the map."""
        return self._bins.get(key, _NOTHING)  # type: ignore[arg-type]  # an empty set holds any type

    def keys(self) -> Iterable[K]:
        """The keys that have values."""
        return self._bins.keys()

    def shared(self) -> Iterable[tuple[K, AbstractSet[V]]]:
        """The keys that have more than one value, with them."""
        return ((key, values) for key, values in self._bins.items() if len(values) > 1)
