"""The model's word against the kernel's."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from model.identity import LinkId
from model.inventory import Inventory
from model.layer2 import is_endpoint, segments_of
from model.reachability import verdict_within
from model.surroundings import Surroundings
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


def verdicts_of(graph: Inventory, around: Surroundings, one: Built) -> dict[tuple[str, str], Verdict]:
    """The model's answer for each pair of ends of a built blueprint that are on one segment, in one order."""
    found: dict[tuple[str, str], Verdict] = {}
    links = [one.link(name) for name in one.plan.pieces]
    for segment, _ in segments_of(graph, links):
        ends = segment.endpoints
        for at, near in enumerate(ends):
            for far in ends[at + 1 :]:
                pair = one.place(near), one.place(far)
                assert pair[0] is not None
                assert pair[1] is not None
                found[pair[0], pair[1]] = verdict_within(graph, around, segment, near, far)
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


def compare(score: Score, graph: Inventory, around: Surroundings, one: Built, arrived: Arrived, seed: object) -> None:
    """Every pair, every cast, both ways."""
    answers = verdicts_of(graph, around, one)
    ends = ends_of(graph, one)
    for at, near in enumerate(ends):
        for far in ends[at + 1 :]:
            answer = answers.get((near, far)) or _turned(answers.get((far, near)))
            score.pairs += 1
            there, back = flow(arrived, near, far), flow(arrived, far, near)
            score.answers[answer.reachable if answer else "apart"] += 1
            if answer is not None and answer.reachable is Reachable.UNKNOWN:
                score.unknown[answer.because] += 1
                continue
            score.wrong += _differences(seed, (near, far), answer, there, back)


def _turned(answer: Verdict | None) -> Verdict | None:
    if answer is None:
        return None
    return Verdict(answer.reachable, answer.because, there=answer.back, back=answer.there, text=answer.text)


def _differences(seed: object, pair: tuple[str, str], answer: Verdict | None, there: Flow, back: Flow) -> Iterator[str]:
    nothing = Flow(broadcast=False, multicast=False, unicast=False)
    said = (answer.there, answer.back) if answer else (nothing, nothing)
    for way, ours, theirs in (("->", said[0], there), ("<-", said[1], back)):
        if ours != theirs:
            why = f"{answer.reachable} {answer.because}" if answer else "apart"
            yield f"seed {seed}: {pair[0]} {way} {pair[1]}: model {_word(ours)}, kernel {_word(theirs)} ({why})"


def _word(flow: Iterable[bool]) -> str:
    return "".join(letter if there else "." for letter, there in zip("bmu", flow, strict=True))
