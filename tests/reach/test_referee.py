# ruff: noqa: T201  the seeds are printed
"""The referee: random topologies in the kernel, real frames between every two ends, and the model's word for each."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from model import bridging, macvlan_rules
from model.conditions import Conditions
from model.ground import Ground
from model.inventory import Inventory
from model.verdict import Because
from tests.reach.compare import Score, compare
from tests.reach.frames import Arrived, exchange
from tests.reach.kernel import Built, built, conditions_of, graph_of
from tests.reach.random_plans import random_plan

TOPOLOGIES = 220
AT_ONCE = 55
ONCE_WRONG = (62, 1147, 1208, 1317, 1586, 1696, 1856, 2052)
"""Seeds that a wider search found the model to be wrong about."""
Seeds = tuple[int, ...]
BATCHES: tuple[Seeds, ...] = (
    *(tuple(range(first, first + AT_ONCE)) for first in range(0, TOPOLOGIES, AT_ONCE)),
    ONCE_WRONG,
)
EXCUSES = {
    "loop": "frames come back to a bridge by another port (hairpin at a cable's far end): which of the two it learns "
    "last depends on the moment",
    "outside-unknown": "a vxlan: where a tunnel leads is not read, so what is behind it counts as outside",
}
"""Why the model may make no promise about a pair. No other reason is accepted, and no topology is left out."""


class Batch(NamedTuple):
    """Many topologies, and what arrived in each."""

    seeds: Seeds
    made: list[Built]
    graph: Inventory
    around: Conditions
    arrived: list[Arrived]

    def score(self) -> Score:
        """Every pair of ends: the model's word beside the kernel's."""
        score = Score()
        for seed, one, heard in zip(self.seeds, self.made, self.arrived, strict=True):
            compare(score, self.graph, self.around, one, heard, seed)
        return score


Measure = Callable[[Seeds], Batch]


@pytest.fixture(scope="module")
def measure() -> Iterator[Measure]:
    """Build the topologies of these seeds, once, and let the kernel speak."""
    known: dict[Seeds, Batch] = {}

    def measured(seeds: Seeds) -> Batch:
        if seeds not in known:
            with built(*map(random_plan, seeds)) as made:
                graph, around = graph_of(made), conditions_of(made)
                known[seeds] = Batch(seeds, made, graph, around, exchange(made, graph))
        return known[seeds]

    yield measured
    known.clear()


@pytest.mark.root
@pytest.mark.parametrize("seeds", BATCHES, ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_the_model_says_what_frames_do(seeds: Seeds, measure: Measure) -> None:
    print(f"seeds {seeds}")
    score = measure(seeds).score()
    print(f"{score.pairs} pairs; {dict(score.answers)}; unknown: {dict(score.unknown)}")
    assert not score.wrong, "\n".join(score.wrong)
    assert set(score.unknown) <= set(EXCUSES), score.unknown
    assert sum(score.unknown.values()) < 0.08 * score.pairs
    assert score.answers["yes"] > len(seeds)
    assert score.answers["no"] > len(seeds)


def ignoring(because: Because) -> Callable[..., Because | None]:
    """The bridge's rules without one of them."""
    original = bridging.why_kept_from

    def changed(*arguments: Any, **options: Any) -> Because | None:
        found = original(*arguments, **options)
        return None if found is because else found

    return changed


def with_modes(**others: str) -> Callable[..., str]:
    """Macvlans of one mode taken for another."""
    original = macvlan_rules.mode_of
    return lambda link: others.get(original(link), original(link))


BROKEN: dict[str, tuple[object, str, object]] = {
    "isolation is ignored": (bridging, "why_kept_from", ignoring(Because.ISOLATED_PORTS)),
    "flood flags are ignored": (bridging, "why_kept_from", ignoring(Because.FLOOD_OFF)),
    "states of ports out are ignored": (bridging, "why_kept_from", ignoring(Because.NOT_FORWARDING)),
    "states of ports in are ignored": (bridging, "receives", lambda _state: True),
    "every port learns": (bridging, "learns", lambda _bridge, _port: True),
    "no port learns": (bridging, "learns", lambda _bridge, _port: False),
    "private is taken for vepa": (macvlan_rules, "mode_of", with_modes(private="vepa")),
    "vepa is taken for bridge": (macvlan_rules, "mode_of", with_modes(vepa="bridge")),
    "source is taken for private": (macvlan_rules, "mode_of", with_modes(source="private")),
    "passthru is taken for private": (macvlan_rules, "mode_of", with_modes(passthru="private")),
    "carriers are ignored": (Ground, "has_carrier", lambda _self, _link: True),
    "MACs of ports themselves are nobody's": (Ground, "port_called", lambda _self, _bridge, _mac: None),
    "tables are empty": (Ground, "entries", lambda _self, _bridge, _mac: ()),
}


@pytest.mark.root
@pytest.mark.parametrize("rule", BROKEN)
def test_the_referee_notices_when_a_rule_is_broken(
    rule: str, measure: Measure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*BROKEN[rule])
    assert any(measure(seeds).score().wrong for seeds in BATCHES)
