"""What an MTU changes besides: children shrink with their parent, a bridge is as wide as its narrowest port."""

from typing import Final

from model.link import Link
from model.operations import Operation, SetLinkMtu
from model.planning.draft import Draft
from model.planning.restoring import addressed, neighbours_again, routes_again, sysctls_again
from model.rehearsal import Impossible, Rehearsal
from model.stage import SMALLEST_IPV6_MTU

LARGER_FRAMES: Final = "larger frames are dropped without a word"


def warn_of_width(draft: Draft, name: str, mtu: int, bridge: Link) -> None:
    """A port that is narrower than its bridge, or wider."""
    if mtu == bridge.mtu:
        return
    which = "narrower" if mtu < bridge.mtu else "wider"
    draft.mind(
        f"{name} has an MTU of {mtu}, {draft.called(bridge.id)} of {bridge.mtu}: it is {which}, and {LARGER_FRAMES}",
        "mtu-mismatch",
    )


def as_wide_again(draft: Draft, operation: Operation) -> list[Operation]:
    """After the way back: the width of what was made narrower besides, and the IPv6 that it lost; says so.

    The link of the request itself, and a bridge that follows its ports, get their widths by themselves.
    """
    again: list[Operation] = []
    for before, mtu in _made_narrower(draft, operation):
        handle, name = draft.handle(before), draft.called(before.id)
        is_target = isinstance(operation, SetLinkMtu) and operation.link == handle
        if not is_target and before.kind != "bridge":
            again.append(SetLinkMtu(handle, before.mtu))
        if not is_target:
            draft.mind(f"{name} shrinks with it, from {before.mtu} to {mtu}", "mtu-follows")
        if mtu < SMALLEST_IPV6_MTU <= before.mtu:
            if any(address.family == 6 for address in draft.graph.addresses(before.id)):
                draft.lose(f"{name} loses IPv6: it needs {SMALLEST_IPV6_MTU} bytes", "ipv6-lost")
            again += sysctls_again(draft, before, handle, families=("ipv6",))
            again += addressed(draft, before, handle, families=(6,))
            again += [*routes_again(draft, before, families=(6,)), *neighbours_again(draft, before, families=(6,))]
    return again


def _made_narrower(draft: Draft, operation: Operation) -> list[tuple[Link, int]]:
    rehearsal = Rehearsal(draft.graph)
    try:
        rehearsal.do(operation)
    except Impossible:
        return []
    found = ((link, rehearsal.stage.links.get(link.id)) for link in draft.graph.links())
    return [(before, after.mtu) for before, after in found if after is not None and after.mtu < before.mtu]
