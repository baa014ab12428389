"""To another namespace."""

from model.intents import Move, Rename
from model.link import Link, Macvlan
from model.operations import Handle, MoveLink, SetLinkUp
from model.planning.draft import Draft, Refused, typed
from model.planning.naming import rename
from model.planning.restoring import comes_by_itself, moved_back
from model.planning.rules import STAYS, check_link_name, check_not_remembered, free_name
from model.planning.runtimes import ask_for_inside, leave_cni_alone, moving


def move(draft: Draft, wish: Move) -> None:
    """A link goes there, and comes up again where it was up. What the kernel takes off it is kept for the way back."""
    link = draft.link(wish.link)
    name = wish.name if wish.name is not None else link.name
    if wish.namespace == link.id.namespace:
        if name != link.name:
            rename(draft, Rename(link.id, name))
        return
    draft.enter(wish.namespace)
    there = draft.called(wish.namespace)
    _check_kind(draft, link, there)
    leave_cni_alone(draft, link)
    _check_name(draft, link, wish, name)
    ask_for_inside(draft, link, "moving it")
    moving(draft, link)
    before, after = draft.handle(link), Handle(wish.namespace, name)
    back = MoveLink(after, link.id.namespace, link.name, before.ifindex)
    draft.step(MoveLink(before, wish.namespace, name), back, *moved_back(draft, link))
    if link.up:
        draft.step(SetLinkUp(after, up=True))
    _say(draft, link, there)


def _check_kind(draft: Draft, link: Link, there: str) -> None:
    if link.kind not in STAYS:
        return
    instead = {
        "bridge": (
            f"make a bridge there: {typed('add', 'bridge', f'{there}/NAME')}",
            "move its ports, or join by a cable",
        ),
        "loopback": ("every namespace has its own",),
    }
    raise Refused(
        "netns-immutable",
        f"{draft.called(link.id)}: a {link.kind} stays in the namespace it was made in",
        *instead.get(link.kind, (f"make one there, in {there}",)),
        kernel="The interface netns is immutable.",
    )


def _check_name(draft: Draft, link: Link, wish: Move, name: str) -> None:
    where = draft.called(wish.namespace)
    for taken in draft.graph.links_named(name, wish.namespace):
        if wish.name is None:
            free = free_name(draft.graph, wish.namespace, name)
            renamed = (f"--as={free}",) if free.startswith("-") else ("--as", free)
            raise Refused(
                "name-taken",
                f"{where}/{name}: the name is taken there: it is {draft.called(taken.id)} ({taken.kind})",
                f"give it another name on the way: {typed('move', draft.called(link.id), where, *renamed)}",
                kernel="File exists",
            )
    if name == link.name:
        check_not_remembered(draft, wish.namespace, name, link)
    else:
        check_link_name(draft, wish.namespace, name, but_of=link)
        if name in link.altnames:
            raise Refused(
                "name-taken",
                f"{name}: it is an altname of {draft.called(link.id)} itself",
                f"drop the altname first: {typed('altname', 'del', draft.called(link.id), name)}",
                kernel="File exists",
            )
    for altname in link.altnames:
        if draft.graph.links_named(altname, wish.namespace):
            raise Refused(
                "name-taken",
                f"{where}/{altname}: {draft.called(link.id)} has this altname, and it is taken there",
                f"drop it first: {typed('altname', 'del', draft.called(link.id), altname)}",
                kernel="File exists",
            )


def _say(draft: Draft, link: Link, there: str) -> None:
    addresses = [one.cidr for one in draft.graph.addresses(link.id) if not comes_by_itself(link, one)]
    if addresses:
        draft.lose(f"its addresses: {', '.join(addresses)}", "addresses-lost")
    routes = draft.belongings(link.id).routes
    if routes:
        draft.lose(f"{len(routes)} routes over it", "routes-lost")
    bridge = draft.graph.master(link.id)
    if isinstance(bridge, Link):
        draft.lose(f"it leaves {draft.called(bridge.id)}", "unplugged")
    for child in draft.graph.children(link.id):
        if child.up and isinstance(child.detail, Macvlan):
            name = draft.called(child.id)
            draft.mind(
                f"{name} may hear nothing until it is taken down and up: a move clears its parent's filter", "filter"
            )
            draft.forget(f"{name}: its MAC in the filter of its parent, until it is taken down and up")
    if link.kind == "device":
        draft.mind(f"when {there} ends, the NIC comes back to the host, down", "nic-moved")
    draft.gain(f"it belongs to {there}")
