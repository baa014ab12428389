"""The tree says the same whether parts of the last one were used or not."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from model.link_rows import rows_touched
from model.rewiring import rewires
from model.topology import Topology
from model.tree import Entry, Known, tree_of
from tests.model.test_topology_follows import SEEDS, do_something, in_batches
from tests.model.world import World

Shape = tuple[object, ...]


def shape(entry: Entry) -> Shape:
    return (entry.key, entry.sort, entry.subject, entry.seen_from, entry.rack, *map(shape, entry.children))


@settings(max_examples=200, deadline=None)
@given(SEEDS, st.integers(1, 60))
def test_a_tree_of_known_parts_is_the_one_made_anew(seed: int, deeds: int) -> None:
    chance, world, graph, known = random.Random(seed), World(), Topology(), Known()
    for _ in range(deeds):
        do_something(world, chance)
    for batch in in_batches(world.said, chance):
        known.touch(set(rows_touched(graph, filter(rewires, graph.apply(batch)))))
        kept, fresh = tree_of(graph, known), tree_of(graph)
        assert (kept is None) == (fresh is None)
        if kept is not None and fresh is not None:
            assert shape(kept) == shape(fresh)
