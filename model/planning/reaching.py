"""What a plan changes for those who talk to each other, in plain words: on layer 2, filters aside."""

from collections.abc import Iterable
from typing import Final

from model.excerpt import excerpt
from model.facts import Fact, LinkGone, LinkSeen
from model.identity import LinkId
from model.inventory import Inventory
from model.layer2 import segments_of
from model.link import Link
from model.lost_and_gained import LostAndGained, Pairs, count_lost_and_gained, lost_and_gained
from model.plan import Meaning, Sign
from model.rehearsal import copied
from model.topology import Topology

MOST_SENTENCES: Final = 6
"""Of what is lost, and of what is gained; the rest is counted."""

MOST_CONCERNED: Final = 100
"""Links that change their place, and whose partners are named: that takes the square of what falls apart."""

LOST, GAINED = "reach-lost", "reach-gained"


def reach_meanings(graph: Inventory, said: list[Fact]) -> tuple[Meaning, ...]:
    """What will be lost and gained when all this is said."""
    moved = {fact.link: fact.moved_to for fact in said if isinstance(fact, LinkGone) and fact.moved_to is not None}
    concerned = _concerned(graph, said)
    if not concerned:
        return ()
    after = _part_of(graph, concerned, said, moved)
    after.learn(said)
    there = [link for link in concerned if after.link(link) is not None or graph.link(link) is not None]
    if len(concerned) > MOST_CONCERNED:
        return tuple(_counted(count_lost_and_gained(graph, after, there, moved), len(concerned)))
    found: LostAndGained = lost_and_gained(graph, after, there, moved)
    return (*_told(Sign.LOSS, LOST, found.lost), *_told(Sign.GAIN, GAINED, found.gained))


def _counted(pairs: Pairs, links: int) -> Iterable[Meaning]:
    yield Meaning(Sign.MIND, f"{links:,} links change their place: who reaches whom then is only counted", "reach-many")
    if pairs.lost:
        yield Meaning(Sign.LOSS, f"{_pairs(pairs.lost)} will no longer surely reach each other", LOST)
    if pairs.gained:
        yield Meaning(Sign.GAIN, f"{_pairs(pairs.gained)} will reach each other, not surely so now", GAINED)
    if not any(pairs):
        yield Meaning(Sign.MIND, "nobody surely reaches more or fewer than now", "reach-many")


def _pairs(count: int) -> str:
    return "1 pair of links" if count == 1 else f"{count:,} pairs of links"


def _part_of(graph: Inventory, concerned: list[LinkId], said: list[Fact], moved: dict[LinkId, LinkId]) -> Topology:
    """What frames of these links could come to, before or after, and what that stands on: of a large host a small part.

    A new link is called as the whole host makes it necessary: then it is all of it.
    """
    ends = set(concerned)
    for fact in said:
        if isinstance(fact, LinkSeen):
            if graph.link(fact.link.id) is None and fact.link.id not in moved.values():
                return copied(graph)
            ends.update(_named_by(fact.link))
    found = {link for _, segment in segments_of(graph, sorted(ends)) for link in segment}
    for link in list(found):
        found.update(
            end
            for end in (graph.ends(link).master, graph.ends(link).peer, graph.ends(link).parent)
            if isinstance(end, LinkId)
        )
    return excerpt(graph, found, sorted({fact.link.id.namespace for fact in said if isinstance(fact, LinkSeen)}))


def _named_by(link: Link) -> Iterable[LinkId]:
    if link.master:
        yield LinkId(link.id.namespace, link.master)
    yield from (end for end in (link.peer, link.parent) if isinstance(end, LinkId))


def _concerned(graph: Inventory, said: Iterable[Fact]) -> list[LinkId]:
    """Links of which something changes that frames could notice."""
    found: dict[LinkId, None] = {}
    for fact in said:
        match fact:
            case LinkGone():
                found[fact.link] = None
            case LinkSeen(link=after):
                before = graph.link(after.id)
                if before is None or _what_frames_see(before) != _what_frames_see(after):
                    found[after.id] = None
            case _:
                pass
    return list(found)


def _what_frames_see(link: Link) -> tuple[object, ...]:
    return (link.master, link.peer, link.parent, link.up, link.carrier, link.port, link.detail)


def _told(sign: Sign, code: str, sentences: tuple[str, ...]) -> Iterable[Meaning]:
    for sentence in sentences[:MOST_SENTENCES]:
        yield Meaning(sign, sentence, code)
    if len(sentences) > MOST_SENTENCES:
        yield Meaning(sign, f"and {len(sentences) - MOST_SENTENCES} more of this sort", code)
