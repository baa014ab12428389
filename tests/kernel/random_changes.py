"""Random changes to a set of named namespaces, by `ip`: the storm that the live graph has to survive.

Every bridge runs STP, so that a loop of cables never becomes a storm of frames. What the kernel refuses is part of
the game.
"""

import random
from collections.abc import Callable

from tests.kernel.iproute import batch, ip

_NAMES = [f"l{number}" for number in range(14)]
_MODES = ("private", "vepa", "bridge", "passthru", "source")


class RandomHost:
    """Some namespaces, and a source of commands that change them."""

    def __init__(self, namespaces: list[str], seed: int) -> None:
        self.namespaces = namespaces
        self._random = random.Random(seed)
        self._made = 0

    def fill(self, commands: int) -> None:
        """Put something into every namespace."""
        for netns in self.namespaces:
            batch(netns, ["link set lo up", *(self._creation() for _ in range(commands))])

    def change(
        self, count: int, *, batch_size: int = 20, deaths: bool = True, only: Callable[[str], bool] | None = None
    ) -> None:
        """Make about `count` changes of every kind; `only` chooses among the command lines."""
        done = 0
        while done < count:
            if deaths and self._random.random() < 0.02:
                self.remake(self._random.choice(self.namespaces))
                done += 1
            netns = self._random.choice(self.namespaces)
            lines = [line for line in (self._line() for _ in range(batch_size)) if only is None or only(line)]
            batch(netns, lines)
            done += len(lines)

    def remake(self, netns: str) -> None:
        """Delete a namespace and make one of the same name at once; its inode and its id are often used again."""
        ip("netns", "delete", netns)
        ip("netns", "add", netns)

    def _line(self) -> str:
        if self._random.random() < 0.3:
            return self._creation()
        link, other = self._random.choice(_NAMES), self._random.choice(_NAMES)
        pick = self._random.choice
        return pick(
            (
                f"link del dev {link}",
                f"link set dev {link} name {other}",
                f"link set dev {link} address {self._mac()}",
                f"link set dev {link} mtu {pick((1280, 1400, 1500, 9000))}",
                f"link set dev {link} up",
                f"link set dev {link} up",
                f"link set dev {link} down",
                f"link set dev {link} master {other}",
                f"link set dev {link} nomaster",
                f"link set dev {link} netns {pick(self.namespaces)}",
                f"link set dev {link} alias {pick(('one', 'two', 'three'))}",
                f"link property add dev {link} altname {other}-{self._random.randrange(100)}",
                f"link set dev {link} type macvlan mode {pick(_MODES[:3])}",
                f"link set dev {link} type bridge_slave isolated {pick(('on', 'off'))}",
                f"link set dev {link} type bridge_slave hairpin {pick(('on', 'off'))}",
                f"link set dev {link} group {self._random.randrange(5)}",
                f"address add 10.{self._random.randrange(200)}.0.{self._random.randrange(1, 250)}/24 dev {link}",
                "\n".join(f"address add 10.9.{self._random.randrange(250)}.{n}/24 dev {link}" for n in range(1, 6)),
                f"address add fd00::{self._random.randrange(9000):x}/64 dev {link} nodad",
                f"address flush dev {link}",
            )
        )

    def _creation(self) -> str:
        link, other = self._random.choice(_NAMES), self._random.choice(_NAMES)
        pick = self._random.choice
        self._made += 1
        return pick(
            (
                f"link add dev {link} type veth peer name {other} netns {pick(self.namespaces)}",
                f"link add dev {link} type veth peer name {other} netns {pick(self.namespaces)}",
                f"link add dev {link} type veth peer name {other}",
                f"link add dev {link} type bridge stp_state 1",
                f"link add link {other} name {link} type macvlan mode {pick(_MODES)}",
                f"link add link {other} name {link} type macvlan mode {pick(_MODES)}",
                f"link add link {other} name {link} type macvlan mode {pick(_MODES)}",
                f"link add link {other} name {link} type macvtap mode {pick(_MODES[:4])}",
                f"link add dev {link} type vxlan id {self._made} dstport 4789 {pick(('', f'dev {other}'))}",
                f"tuntap add dev {link} mode {pick(('tun', 'tap'))}",
                f"link add dev {link} type ifb",
            )
        )

    def _mac(self) -> str:
        return "02:" + ":".join(f"{self._random.randrange(256):02x}" for _ in range(5))
