"""Whether a port lets forgeries pass, by trying: harmless frames from inside its container, counted on the host.

Whoever calls has the operator's consent: it goes into the container's namespace, and sends there.
"""

import errno
import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from backend.nft import NftProblem, nft, there
from backend.nft_answers import counted_in
from backend.packet_sockets import heard, hears_elsewhere, sender
from model.forgeries import WITNESS, Trial, no_witness_text, trials, witness_text
from model.guard import Guard, Unguardable

ROUNDS: Final = 3
"""How often each frame is sent."""
PATIENCE_S: Final = 2.0
_PAUSE_S: Final = 0.01


@dataclass(frozen=True, slots=True)
class Port:
    """Where it is tried: the host end, and the container's. The descriptors stay the caller's."""

    name: str
    ifindex: int
    inside_ifindex: int
    inside: int
    """The container's namespace."""
    host: int | None = None
    """The host end's namespace; None: the calling thread's."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one frame, which was sent ROUNDS times."""

    trial: Trial
    came: int
    """To the port, before anybody's rules. Fewer than were sent: something inside holds them back."""
    arrived: int
    """Behind everybody's rules on the port."""
    elsewhere: int
    """At other links of the host, the bridge and its ports; each may have counted it."""

    @property
    def as_it_should_be(self) -> bool:
        """A forgery that came and went no further; an ordinary frame that passed."""
        if not self.came:
            return False
        return self.arrived == 0 == self.elsewhere if self.trial.forged else self.arrived > 0


@dataclass(frozen=True, slots=True)
class Proof:
    """Everything that was tried."""

    outcomes: tuple[Outcome, ...]

    @property
    def holds(self) -> bool:
        """No forgery arrived, and what is ordinary did."""
        return all(outcome.as_it_should_be for outcome in self.outcomes)

    @property
    def passed(self) -> tuple[Outcome, ...]:
        """The forgeries that arrived."""
        return tuple(one for one in self.outcomes if one.trial.forged and (one.arrived or one.elsewhere))

    @property
    def held_back(self) -> tuple[Outcome, ...]:
        """What is ordinary and did not arrive."""
        return tuple(one for one in self.outcomes if not one.trial.forged and one.came and not one.arrived)

    @property
    def never_came(self) -> tuple[Outcome, ...]:
        """What did not even come to the port: nothing is known of it."""
        return tuple(one for one in self.outcomes if not one.came)


def prove(port: Port, guard: Guard, rounds: int = ROUNDS) -> Proof | NftProblem:
    """Try it. Less than three seconds; what it makes in the firewall, a table of its own, is gone afterwards."""
    lot = os.urandom(2)
    try:
        tried = trials(guard, lot)
        text = witness_text(port.name, tried)
    except Unguardable as refusal:
        return NftProblem("unguardable", str(refusal))
    problem = nft(port.host, ("-f", "-"), text).problem
    if problem is not None:
        return problem
    try:
        return _proof(port, tried, rounds)
    finally:
        nft(port.host, ("-f", "-"), no_witness_text())


def _proof(port: Port, tried: Sequence[Trial], rounds: int) -> Proof | NftProblem:
    listeners: list[socket.socket] = []
    marker = tried[0].frame[:4]
    problem = _elsewhere(port.host, lambda: listeners.append(hears_elsewhere(port.ifindex, marker)))
    if problem is not None:
        return problem
    with closing(listeners[0]) as listener:
        problem = _elsewhere(port.inside, lambda: _send(port.inside_ifindex, tried, rounds))
        if problem is not None:
            return problem
        came = _until_all_came(port.host, tried, rounds)
        if isinstance(came, NftProblem):
            return came
        arrived = _counted(port.host, "arrived")
        if isinstance(arrived, NftProblem):
            return arrived
        places = [frame[:6].hex(":") for frame in heard(listener)]
    return Proof(
        tuple(
            Outcome(one, came.get(one.marker, 0), arrived.get(one.marker, 0), places.count(one.marker)) for one in tried
        )
    )


def _send(ifindex: int, tried: Sequence[Trial], rounds: int) -> None:
    with closing(sender(ifindex)) as going:
        for _ in range(rounds):
            for trial in tried:
                try:
                    going.send(trial.frame)
                except OSError as error:
                    if error.errno != errno.ENOBUFS:  # that is: dropped on its way out
                        raise


def _until_all_came(host: int | None, tried: Sequence[Trial], rounds: int) -> Mapping[str, int] | NftProblem:
    """What came, as soon as that is everything; else after a while."""
    end = time.monotonic() + PATIENCE_S
    while True:
        came = _counted(host, "came")
        if isinstance(came, NftProblem):
            return came
        if all(came.get(trial.marker, 0) >= rounds for trial in tried) or time.monotonic() > end:
            return came
        time.sleep(_PAUSE_S)


def _counted(host: int | None, name: str) -> Mapping[str, int] | NftProblem:
    answer = nft(host, ("-j", "list", "set", "netdev", WITNESS, name))
    return counted_in(answer.out) if answer.problem is None else answer.problem


def _elsewhere(netns: int | None, do: Callable[[], None]) -> NftProblem | None:
    try:
        return there(netns, do)
    except OSError as error:
        said = os.strerror(error.errno or 0)
        return NftProblem("no-socket", "no frames can be sent or heard there", said)
