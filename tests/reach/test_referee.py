# ruff: noqa: T201  the seeds are printed
"""The referee: random topologies in the kernel, real frames between every two ends, and the model's word for each."""

import pytest

from tests.reach.compare import Score, compare
from tests.reach.frames import exchange
from tests.reach.kernel import built, graph_of, surroundings_of
from tests.reach.random_plans import random_plan

TOPOLOGIES = 220
AT_ONCE = 55
FIRST_SEED = 0
EXCUSES = {
    "loop": "frames come back to a bridge by another port (hairpin at a cable's far end): which of the two it learns "
    "last depends on the moment",
}
"""Why the model may make no promise about a pair. No other reason is accepted, and no topology is left out."""


@pytest.mark.root
@pytest.mark.parametrize("first", range(FIRST_SEED, FIRST_SEED + TOPOLOGIES, AT_ONCE))
def test_the_model_says_what_frames_do(first: int) -> None:
    seeds = range(first, first + AT_ONCE)
    print(f"seeds {first} to {first + AT_ONCE - 1}")
    score = Score()
    with built(*map(random_plan, seeds)) as made:
        graph, around = graph_of(made), surroundings_of(made)
        arrived = exchange(made, graph)
        for seed, one, heard in zip(seeds, made, arrived, strict=True):
            compare(score, graph, around, one, heard, seed)
    print(f"{score.pairs} pairs; {dict(score.answers)}; unknown: {dict(score.unknown)}")
    assert not score.wrong, "\n".join(score.wrong)
    assert set(score.unknown) <= set(EXCUSES), score.unknown
    assert sum(score.unknown.values()) < 0.05 * score.pairs
    assert score.answers["yes"] > 100
    assert score.answers["no"] > 100
