"""The model's word against the kernel's."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from model.conditions import Conditions
from model.identity import LinkId
from model.inventory import Inventory
from model.layer2 import is_endpoint, segments_of
from model.reachability import verdict_across, verdict_within
from model.verdict import Flow, Reachable, Verdict
from tests.reach.frames import Arrived
from tests.reach.kernel import Built


@dataclass
class Score:
    """What came of many comparisons."""

    pairs: int = 0
    unknown: Counter[str] = field(default_factory=Counter)
    """Where the model makes no promise, by its reason."""
    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class Answer(NamedTuple):
    """What the model says of a pair."""

    verdict: Verdict
    by_outside: bool
    """They could meet outside only: it is about both ways at once, not about single frames."""


def answers_of(graph: Inventory, around: Conditions, one: Built) -> dict[tuple[str, str], Answer]:
    """The model's answer for each pair of ends of a built blueprint; none where nothing connects them."""
    found: dict[tuple[str, str], Answer] = {}
    names = ends_of(graph, one)
    segments = [segment for segment, _ in segments_of(graph, [one.link(name) for name in names])]
    home = {end: segment for segment in segments for end in segment.endpoints}
    for at, near in enumerate(names):
        for far in names[at + 1 :]:
            ends = one.link(near), one.link(far)
            here, there = home[ends[0]], home[ends[1]]
            if here is there:
                found[near, far] = Answer(verdict_within(graph, around, here, *ends), by_outside=False)
            elif here.outsides and there.outsides:
                said = verdict_across(graph, around, (here, ends[0]), (there, ends[1]))
                found[near, far] = Answer(said, by_outside=True)
    return found


def ends_of(graph: Inventory, one: Built) -> list[str]:
    """Those who send and hear."""
    return [name for name in one.plan.pieces if _is_end(graph, one.link(name))]


def _is_end(graph: Inventory, link: LinkId) -> bool:
    found = graph.link(link)
    return found is not None and is_endpoint(graph, found)


def flow(arrived: Arrived, near: str, far: str) -> Flow:
    """What the kernel let through."""
    return Flow(*((near, far, cast) in arrived for cast in "bmu"))


def compare(score: Score, graph: Inventory, around: Conditions, one: Built, arrived: Arrived, seed: object) -> None:
    """Every pair, every cast, both ways."""
    answers = answers_of(graph, around, one)
    ends = ends_of(graph, one)
    for at, near in enumerate(ends):
        for far in ends[at + 1 :]:
            answer = answers.get((near, far))
            score.pairs += 1
            there, back = flow(arrived, near, far), flow(arrived, far, near)
            score.answers[answer.verdict.reachable if answer else "apart"] += 1
            if answer is not None and answer.verdict.reachable is Reachable.UNKNOWN:
                score.unknown[answer.verdict.because] += 1
            elif answer is not None and answer.by_outside:
                if there.whole and back.whole:
                    score.wrong.append(f"seed {seed}: {near} and {far}: model no, by a tunnel; kernel yes")
            else:
                said = None if answer is None else answer.verdict
                score.wrong += _differences(seed, (near, far), said, there, back)


def _differences(seed: object, pair: tuple[str, str], answer: Verdict | None, there: Flow, back: Flow) -> Iterator[str]:
    nothing = Flow(broadcast=False, multicast=False, unicast=False)
    said = (answer.there, answer.back) if answer else (nothing, nothing)
    for way, ours, theirs in (("->", said[0], there), ("<-", said[1], back)):
        if ours != theirs:
            why = f"{answer.reachable} {answer.because}" if answer else "apart"
            yield f"seed {seed}: {pair[0]} {way} {pair[1]}: model {_word(ours)}, kernel {_word(theirs)} ({why})"


def _word(flow: Iterable[bool]) -> str:
    return "".join(letter if there else "." for letter, there in zip("bmu", flow, strict=True))
