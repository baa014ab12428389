"""The UI on a large host that is in memory: `python -m tests.bench.shown BOXES FD`.

Orders come through the socket FD, one a line, as JSON; each is answered when it is done.
"""

import json
import random
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count
from typing import Final

from backend.fake import FakeHost
from model.facts import AddressGone, AddressSeen, Fact, LinkSeen
from model.identity import LinkId
from model.link import Address
from model.rates import Counters
from tests.bench.large_host import HOME, host_end, large_host, space_of, started, stopped
from tui.__main__ import main as jackfield

STEP_S: Final = 0.005
"""Events come in small batches, as the observer delivers them."""
MARK_EVERY_S: Final = 0.05
FRAME_S: Final = 0.1
_LIVELY: Final = 0.15
"""So large a share of the links has traffic worth speaking of; the others whisper, or say nothing."""


class Puppeteer:
    """Does to the host what it is told."""

    def __init__(self, boxes: int, host: FakeHost) -> None:
        self._boxes = boxes
        self._host = host
        self._chance = random.Random(7)
        self._marks = count()
        self._marked: dict[LinkId, Address] = {}
        self._counted: dict[LinkId, Counters] = {}
        self._weather = self._events()

    def storm(self, seconds: float, per_s: int) -> dict[str, float]:
        """So many events; among them addresses of what is on the screen, each told with the moment it was delivered."""
        told: dict[str, float] = {}
        began = time.monotonic()
        sent, next_mark = 0, began
        while (now := time.monotonic()) < began + seconds:
            facts: list[Fact] = []
            if now >= next_mark:
                next_mark += MARK_EVERY_S
                text, facts = self._mark()
                told[text] = now
            while sent + len(facts) < (now - began) * per_s:
                facts += next(self._weather)
            sent += len(facts)
            self._host.say(*facts)
            time.sleep(STEP_S)
        return told

    def _mark(self) -> tuple[str, list[Fact]]:
        """One of the visible inside ends gets another address, that was never seen before."""
        ends = [link for link in self._host.watched if link.namespace != HOME and link.ifindex == 2]
        number = next(self._marks)
        text = f"10.{200 + number // 10_000}.{100 + number // 100 % 100}.{100 + number % 100}"
        if not ends:
            return text, []
        link = ends[number % min(len(ends), 20)]
        box = int(link.namespace[1:]) - 2
        before = self._marked.get(link, Address(4, f"10.{box // 250}.{box % 250}.2", 24))
        self._marked[link] = Address(4, text, 24)
        return text, [AddressGone(link, before), AddressSeen(link, self._marked[link])]

    def _events(self) -> Iterator[list[Fact]]:
        """What goes on: addresses of macvlans, ends that go down and up, containers that stop and start."""
        for number in count():
            if number % 200 == 0:
                last = self._boxes - 1 - number // 400 % 5
                yield list(stopped(last)) if number // 200 % 2 == 0 else list(started(last, self._boxes))
                continue
            box = self._chance.randrange(self._boxes - 5)
            if number % 5:
                address = Address(4, f"172.16.{number >> 8 & 255}.{number & 255}", 32)
                link = LinkId(space_of(box), 3)
                yield [AddressSeen(link, address), AddressGone(link, address)]
            else:
                up = host_end(box, self._boxes)
                yield [LinkSeen(replace(up, carrier=False, operstate="lowerlayerdown")), LinkSeen(up)]

    def flow(self, seconds: float, *, everything: bool) -> int:
        """Count what is on the screen ten times a second: with realistic rates, or so that every meter changes."""
        began = time.monotonic()
        for number in count():
            wait = began + number * FRAME_S - time.monotonic()
            time.sleep(max(0.0, wait))
            if time.monotonic() >= began + seconds:
                return number
            self._host.count(self._counters(self._host.watched, number if everything else None))
        raise AssertionError("count() never ends")

    def _counters(self, links: Sequence[LinkId], beat: int | None) -> dict[LinkId, Counters]:
        now = time.monotonic()
        for at, link in enumerate(links):
            before = self._counted.get(link, Counters(now))
            bits = self._bits(link) if beat is None else 10.0 ** (3 + (beat + at) % 2 * 4)
            amount = int(bits / 8 * (now - before.at_s))
            self._counted[link] = Counters(now, before.rx_bytes + amount, before.tx_bytes + amount // 3)
        return {link: self._counted[link] for link in links}

    def _bits(self, link: LinkId) -> float:
        """Busy links stay busy; what passes them varies by about a third from one tenth of a second to the next."""
        own = random.Random(repr(link))
        lively, usual = own.random() < _LIVELY, own.lognormvariate(13, 2.5)
        if not lively:
            return usual / 1000 if self._chance.random() < 0.05 else 0.0
        return usual * self._chance.lognormvariate(0, 0.3)


def obey(puppeteer: Puppeteer, orders: socket.socket) -> None:
    """Until there are no more orders."""
    with orders.makefile("rw") as lines:
        for line in lines:
            order = json.loads(line)
            answer = getattr(puppeteer, order.pop("do"))(**order)
            lines.write(json.dumps(answer) + "\n")
            lines.flush()


def main() -> int:
    """The whole program, but for the door to the host."""
    boxes, fd = map(int, sys.argv[1:])
    host = FakeHost(large_host(boxes))
    orders = socket.socket(fileno=fd)
    threading.Thread(target=obey, args=(Puppeteer(boxes, host), orders), name="orders", daemon=True).start()
    return jackfield([], make_host=lambda: host)


if __name__ == "__main__":
    sys.exit(main())
