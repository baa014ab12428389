"""Up and down, macvlan modes, MTUs."""

from model.intents import SetMacvlanMode, SetMtu, SetUp
from model.link import PEERED_KINDS, Link, Macvlan
from model.operations import DropLinkAddress, Operation, SetLinkMtu, SetLinkUp, SetMode
from model.planning.creating import check_mode, say_mode
from model.planning.draft import Draft, Refused, typed
from model.planning.restoring import (
    addressed,
    comes_by_itself,
    neighbours_again,
    routes_again,
)
from model.planning.rules import check_mtu, checked_mac
from model.planning.runtimes import ask_for_inside, leave_cni_alone
from model.planning.widths import as_wide_again, warn_of_width
from model.stage import CHILDREN_OF_A_WIRE, LOOPBACK_ADDRESSES, SMALLEST_IPV6_MTU


def set_up(draft: Draft, wish: SetUp) -> None:
    """Up, or down."""
    link = draft.link(wish.link)
    if link.up == wish.up:
        return
    leave_cni_alone(draft, link)
    handle = draft.handle(link)
    again = addressed(draft, link, handle, families=(6,))
    if wish.up:
        draft.step(SetLinkUp(handle, up=True), SetLinkUp(handle, up=False), *_not_its_own(draft, link), *again)
        far = draft.graph.peer(link.id)
        if isinstance(far, Link) and not far.up:
            draft.mind(f"no carrier until {draft.called(far.id)} is up, too", "peer-down")
        return
    ask_for_inside(draft, link, "taking it down")
    routes = draft.belongings(link.id).routes
    undo: list[Operation] = [
        SetLinkUp(handle, up=True),
        *again,
        *routes_again(draft, link),
        *neighbours_again(draft, link),
    ]
    draft.step(SetLinkUp(handle, up=False), *undo)
    lost = [one.cidr for one in draft.graph.addresses(link.id) if one.family == 6 and not comes_by_itself(link, one)]
    if lost:
        draft.lose(f"its IPv6 addresses: {', '.join(lost)}", "addresses-lost")
    if routes:
        draft.lose(f"{len(routes)} routes over it", "routes-lost")
    far = draft.graph.peer(link.id)
    if isinstance(far, Link) and link.kind in PEERED_KINDS:
        draft.lose(f"{draft.called(far.id)} loses its carrier", "carrier-lost")
    for child in draft.graph.children(link.id):
        draft.lose(f"{draft.called(child.id)} loses its carrier", "carrier-lost")


def _not_its_own(draft: Draft, link: Link) -> list[Operation]:
    """127.0.0.1 comes when a loopback comes up, and stays when it goes down."""
    own = LOOPBACK_ADDRESSES[0]
    has = any(address.key == own.key for address in draft.graph.addresses(link.id))
    return [DropLinkAddress(draft.handle(link), own.cidr)] if link.kind == "loopback" and not has else []


def set_mode(draft: Draft, wish: SetMacvlanMode) -> None:
    """Another macvlan mode."""
    link = draft.link(wish.link)
    name = draft.called(link.id)
    if not isinstance(link.detail, Macvlan):
        raise Refused("not-a-macvlan", f"{name}: a {link.kind} has no mode: only macvlan and macvtap have")
    check_mode(wish.mode, wish.sources)
    sources = tuple(sorted(checked_mac(source) for source in wish.sources))
    before = link.detail
    if (before.mode, tuple(sorted(before.sources))) == (wish.mode, sources):
        return
    leave_cni_alone(draft, link)
    if before.mode != wish.mode and "passthru" in (before.mode, wish.mode):
        way = "out of" if before.mode == "passthru" else "into"
        raise Refused(
            "passthru",
            f"{name}: the kernel switches no macvlan {way} passthru",
            f"make it anew: {typed('delete', name)}, then"
            f" {typed('add', link.kind, name, '--on', 'PARENT', '--mode', wish.mode)}",
            kernel="Invalid argument",
        )
    if before.mode == wish.mode == "passthru":
        return
    handle = draft.handle(link)
    draft.step(SetMode(handle, link.kind, wish.mode, sources), SetMode(handle, link.kind, before.mode, before.sources))
    if before.sources and wish.mode != "source":
        draft.lose(f"its list of {len(before.sources)} MACs", "sources-lost")
    parent = draft.graph.parent(link.id)
    if isinstance(parent, Link):
        say_mode(draft, parent, wish.mode, link.name, link)


def set_mtu(draft: Draft, wish: SetMtu) -> None:
    """Another MTU; what stands on it shrinks with it."""
    link = draft.link(wish.link)
    name = draft.called(link.id)
    if link.mtu == wish.mtu:
        return
    check_mtu(wish.mtu)
    leave_cni_alone(draft, link)
    parent = draft.graph.parent(link.id)
    if isinstance(parent, Link) and link.kind in CHILDREN_OF_A_WIRE and wish.mtu > parent.mtu:
        raise Refused(
            "mtu-parent",
            f"{name}: {wish.mtu} is more than the {parent.mtu} of {draft.called(parent.id)}, which it stands on",
            f"first: {typed('mtu', draft.called(parent.id), str(wish.mtu))}",
            kernel="Invalid argument",
        )
    if link.kind == "loopback" and wish.mtu < SMALLEST_IPV6_MTU <= link.mtu:
        raise Refused(
            "loopback-mtu",
            f"{name}: below {SMALLEST_IPV6_MTU} bytes it loses ::1, and gets it back only by going down and up",
            f"take {SMALLEST_IPV6_MTU} or more",
        )
    handle = draft.handle(link)
    operation = SetLinkMtu(handle, wish.mtu)
    draft.step(operation, SetLinkMtu(handle, link.mtu), *as_wide_again(draft, operation))
    far = draft.graph.peer(link.id)
    if isinstance(far, Link) and far.mtu != wish.mtu:
        draft.mind(f"{draft.called(far.id)}, its other end, has an MTU of {far.mtu}", "mtu-mismatch")
    bridge = draft.graph.master(link.id)
    if isinstance(bridge, Link) and bridge.kind == "bridge":
        warn_of_width(draft, name, wish.mtu, bridge)
