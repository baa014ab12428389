"""Guards in the kernel: their text in, counters out. Only our own table is ever named, in the namespace asked for."""

import errno
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Final, Protocol, TypeVar

from backend.hooks_guards import standing_guards
from backend.hooks_nft import NETLINK_NETFILTER
from backend.kernel_modules import is_loaded
from backend.netlink_sockets import AskingSocket, DumpInterrupted
from backend.nft import NftProblem, nft, there
from backend.nft_answers import forged_in, tally_in
from backend.nft_tables import counted, generation
from model.dropped import Forged, Seen, Tally, together
from model.guard import Guard, Unguardable, on_device
from model.guard_rules import DROPPED, TABLE, Family, change_text, device_of_chain, removal_text, table_text
from model.names import display_name

T = TypeVar("T")
NETDEV: Final = 5
"""NFPROTO_NETDEV of linux/netfilter.h."""
_NOBODY: Final = "jackfield?none"
"""A device that nobody has."""


class Rules(Protocol):
    """The guards of a host: in its kernel, or in memory (backend.fake)."""

    @property
    def guards(self) -> tuple[Guard, ...]:
        """What was loaded last."""

    def text(self, guards: Iterable[Guard]) -> str:
        """What `load` gives to nft. Raises Unguardable."""

    def load(self, guards: Iterable[Guard]) -> NftProblem | None:
        """Make these guards, and no others, hold."""

    def change(self, before: Iterable[Guard], after: Iterable[Guard]) -> NftProblem | None:
        """Put `after` in the place of `before`, which are loaded."""

    def remove(self) -> NftProblem | None:
        """Remove our table, and nothing else."""

    def standing(self) -> Mapping[str, Guard] | NftProblem:
        """The guards that hold in the kernel now, by device."""

    def lost(self) -> frozenset[str] | NftProblem:
        """The devices whose guards do not hold any more as they were loaded."""

    def tally(self) -> Tally | NftProblem:
        """What was counted since the guards were loaded."""


class Firewall:
    """Our table in one namespace, and what we have loaded into it. Not for several threads at once."""

    def __init__(self, netns: int | None = None, *, waits: bool | None = None) -> None:
        """`netns`: a descriptor that stays the caller's; None: the calling thread's. `waits`: None asks the kernel."""
        self._netns = netns
        self._waits = waits
        self._guards: dict[tuple[str, ...], Guard] = {}
        self._generation: int | None = None
        """Of the rules, when they were what we loaded; None: it was not seen."""

    @property
    def guards(self) -> tuple[Guard, ...]:
        """What was loaded last."""
        return tuple(self._guards.values())

    def can_wait(self) -> bool:
        """Whether a netdev chain can be made before its device (Linux 6.16): asked once, and nothing is loaded."""
        if self._waits is not None:
            return self._waits
        chain = f'chain c {{ type filter hook ingress device "{_NOBODY}" priority 0; }}'
        text = f"table netdev {TABLE}_ask {{\n {chain}\n}}\n"
        problem = nft(self._netns, ("-c", "-f", "-"), text).problem
        if problem is None or problem.code == "refused":  # else nobody has answered
            self._waits = problem is None
        return problem is None

    def text(self, guards: Iterable[Guard]) -> str:
        """What `load` gives to nft. Raises Unguardable."""
        return self._whole_text(tuple(guards))

    def load(self, guards: Iterable[Guard]) -> NftProblem | None:
        """Make these guards, and no others, hold; at one go, so that there is no moment without."""
        wanted = tuple(guards)
        try:
            text = self._whole_text(wanted)
        except Unguardable as refusal:
            return NftProblem("unguardable", str(refusal))
        problem = self._put(text, anew=True)
        if problem is None:
            self._guards = {guard.names: guard for guard in wanted}
        return problem

    def change(self, before: Iterable[Guard], after: Iterable[Guard]) -> NftProblem | None:
        """Put `after` in the place of `before`, which are loaded, and leave every other port as it is.

        Where what is in the kernel is not what we loaded (somebody flushed it), everything is loaded again.
        """
        gone = {guard.names for guard in before if guard.names in self._guards}
        old, new = [self._guards[names] for names in gone], list(after)
        wanted = [*(guard for names, guard in self._guards.items() if names not in gone), *new]
        if not self.can_wait():
            return self.load(wanted)
        clash = self._clash(gone, new)
        if clash is not None:
            return NftProblem("unguardable", clash)
        try:
            text = change_text(old, new)
        except Unguardable as refusal:
            return NftProblem("unguardable", str(refusal))
        if not self._guards or self._put(text, anew=False) is not None:
            return self.load(wanted)
        self._guards = {guard.names: guard for guard in wanted}
        return None

    def _clash(self, gone: AbstractSet[tuple[str, ...]], new: Iterable[Guard]) -> str | None:
        """None of the new ones may share a device with those that stay."""
        coming = {name for guard in new for name in guard.names}
        staying = {name for names in self._guards if names not in gone for name in names}
        return next((f"{display_name(name)}: two guards are meant for it" for name in coming & staying), None)

    def remove(self) -> NftProblem | None:
        """Remove our table, and nothing else; it need not be there."""
        problem = self._put(removal_text(Family.NETDEV) + removal_text(Family.BRIDGE), anew=True)
        if problem is None:
            self._guards = {}
        return problem

    def standing(self) -> Mapping[str, Guard] | NftProblem:
        """The guards that hold in the kernel now, by device, each with that name alone: whole, whoever loaded them."""
        found = self._asked(lambda: standing_guards(Family.NETDEV))
        return NftProblem("unknown", found) if isinstance(found, str) else found

    def lost(self) -> frozenset[str] | NftProblem:
        """The devices whose guards do not hold any more as they were loaded: flushed, or changed by somebody else."""
        now = self._asked(_generation)
        if not self._guards or (now == self._generation and now is not None):
            return frozenset()
        standing = self.standing()
        if isinstance(standing, NftProblem):
            return standing
        wanted = {name: on_device(guard, name) for guard in self.guards for name in guard.names}
        there = None if self.can_wait() else self._devices()
        lost = (name for name, guard in wanted.items() if standing.get(name) != guard)
        found = frozenset(name for name in lost if there is None or name in there)
        if not found and isinstance(now, int):
            self._generation = now
        return found

    def _asked(self, ask: Callable[[], T]) -> T | NftProblem:
        """What the kernel says by netlink, in the namespace."""
        answers: list[T | NftProblem] = []

        def look() -> None:
            try:
                answers.append(ask())
            except OSError as error:
                code = "not-permitted" if error.errno == errno.EPERM else "refused"
                text = "nft may not see the firewall here: it needs CAP_NET_ADMIN" if code == "not-permitted" else ""
                answers.append(NftProblem(code, text or "the kernel does not say which rules stand", str(error)))

        return there(self._netns, look) or answers[0]

    def _put(self, text: str, *, anew: bool) -> NftProblem | None:
        """One transaction. Whoever changed rules before it, unless it loads everything, or beside it, is looked for."""
        before = self._asked(_generation)
        problem = nft(self._netns, ("-f", "-"), text).problem
        after = self._asked(_generation)
        if problem is None:
            is_ours = (anew or before == self._generation) and isinstance(before, int) and after == before + 1
            self._generation = after if is_ours and isinstance(after, int) else None
        return problem

    def tally(self) -> Tally | NftProblem:
        """What was counted since the guards were loaded."""
        tallies: list[Tally] = []
        for family in (Family.NETDEV,) if self.can_wait() else Family:
            dropped = self._set(family, DROPPED)
            if isinstance(dropped, NftProblem):
                return dropped
            forged: list[Forged] = []
            for what in ("mac", "ipv4", "ipv6"):
                answer = self._set(family, f"forged_{what}")
                if isinstance(answer, NftProblem):
                    return answer
                forged += forged_in(answer, what)
            seen = self._seen() if family is Family.NETDEV else ()
            tallies.append(Tally(tally_in(dropped), tuple(forged), seen))
        return together(tallies)

    def _seen(self) -> tuple[Seen, ...]:
        found = self._asked(_counted_at_devices)
        chains = {} if isinstance(found, NftProblem) else found
        devices = ((device_of_chain(chain), frames) for chain, frames in sorted(chains.items()))
        return tuple(Seen(device, frames) for device, frames in devices if device is not None)

    def _set(self, family: Family, name: str) -> str | NftProblem:
        answer = nft(self._netns, ("-j", "list", "set", family.value, TABLE, name))
        return answer.out if answer.problem is None else answer.problem

    def _whole_text(self, guards: Sequence[Guard]) -> str:
        if self.can_wait():
            return table_text(guards)
        table_text(guards)  # refuses what cannot be guarded, whatever is there now
        there = self._devices()
        present = [replace(guard, names=tuple(n for n in guard.names if n in there)) for guard in guards]
        return table_text(guard for guard in present if guard.names) + table_text(guards, Family.BRIDGE)

    def _devices(self) -> frozenset[str]:
        names: list[str] = []

        def look() -> None:
            names.extend(name for _, name in socket.if_nameindex())

        there(self._netns, look)
        return frozenset(names)


def _counted_at_devices() -> dict[str, int]:
    """By chain, in the calling thread's namespace. Raises OSError."""
    asking = AskingSocket(NETLINK_NETFILTER)
    try:
        return counted(asking, NETDEV, TABLE)
    except DumpInterrupted:
        return {}
    finally:
        asking.close()


def _generation() -> int | None:
    """Of the rules in the calling thread's namespace; None: there were never any. Raises OSError."""
    if not is_loaded("nf_tables"):
        return None
    asking = AskingSocket(NETLINK_NETFILTER)
    try:
        return generation(asking)
    finally:
        asking.close()
