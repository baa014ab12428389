"""What changed between two states of one link, in the words of `What`; its ends are told elsewhere (model.ends)."""

from collections.abc import Iterator

from model.change import Value, What
from model.link import Detail, Link, Macvlan

Difference = tuple[What, Value, Value]


def differences(before: Link, after: Link) -> Iterator[Difference]:
    """Each difference once, in the order in which a person would tell them."""
    if before.name != after.name:
        yield What.RENAMED, before.name, after.name
    if before.mac != after.mac:
        yield What.MAC, before.mac, after.mac
    if before.master != after.master:
        yield What.ATTACHED if after.master else What.DETACHED, before.master_id, after.master_id
    yield from _detail(before.detail, after.detail)
    yield from _state(before, after)
    if before.mtu != after.mtu:
        yield What.MTU, before.mtu, after.mtu
    if before.alias != after.alias:
        yield What.ALIAS, before.alias, after.alias
    if before.altnames != after.altnames:
        yield What.ALTNAME, before.altnames, after.altnames
    if before.port != after.port:
        yield What.PORT, before.port, after.port


def _detail(before: Detail | None, after: Detail | None) -> Iterator[Difference]:
    if before == after:
        return
    if isinstance(before, Macvlan) and isinstance(after, Macvlan):
        if before.mode != after.mode:
            yield What.MODE, before.mode, after.mode
        if before.sources != after.sources:
            yield What.OPTIONS, before, after
        return
    yield What.OPTIONS, before, after


def _state(before: Link, after: Link) -> Iterator[Difference]:
    if before.up != after.up:
        yield What.UP if after.up else What.DOWN, before.up, after.up
    if before.carrier != after.carrier:
        yield What.CARRIER, before.carrier, after.carrier
    if before.operstate != after.operstate:
        yield What.OPERSTATE, before.operstate, after.operstate
