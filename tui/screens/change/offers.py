"""What completes a field, and what stands beside it: bridges, parents, namespaces, free names, MACs."""

from collections.abc import Callable, Iterable, Sequence

from model.address_book import Ambiguous, NoSuch, the_link, the_namespace
from model.caption import full_name
from model.ethernet import canonical_mac, is_local, is_multicast
from model.identity import LinkId, NamespaceId
from model.inventory import Inventory
from model.labels import HOST
from model.link import Link
from model.names import LONGEST_LINK_NAME, link_name_problem, raw_bytes
from model.whose import whose
from tui.screens.change.rows import Note, Offer

Find = Callable[[str], Sequence[Offer]]


def finder(offers: Iterable[Offer]) -> Find:
    """Those that begin with the text, then those that hold it; all of them where there is none."""
    kept = list(offers)

    def find(text: str) -> Sequence[Offer]:
        low = text.lower()
        begun = [offer for offer in kept if offer.text.lower().startswith(low)]
        held = [offer for offer in kept if low in f"{offer.text} {offer.remark}".lower() and offer not in begun]
        return [*begun, *held]

    return find


def spoken(graph: Inventory, link: Link) -> str:
    """What a field takes for this link: the bare name of the host's own, where that means it alone."""
    address = graph.address(link.id) or ""
    bare = address.removeprefix(f"{HOST}/")
    return bare if the_link(graph, bare) == link else address


def place_name(graph: Inventory, space: NamespaceId) -> str:
    """What a field takes for this namespace."""
    return graph.address(space) or ""


def bridges(graph: Inventory, spaces: Iterable[NamespaceId]) -> list[Offer]:
    """The bridges of these namespaces."""
    found = [link for space in dict.fromkeys(spaces) for link in graph.links(space) if link.kind == "bridge"]
    return [Offer(spoken(graph, link), _bridge_words(graph, link)) for link in found]


def _bridge_words(graph: Inventory, link: Link) -> str:
    ports = len(graph.ports(link.id))
    addresses = graph.addresses(link.id)
    address = addresses[0].cidr if addresses else "no address"
    return f"{address}, {ports} port{'' if ports == 1 else 's'}"


def parents(graph: Inventory) -> list[Offer]:
    """What a macvlan can stand on: links with a MAC, not in a container unless they have children there already."""
    found = [
        link
        for link in graph.links()
        if link.kind in ("device", "bond", "vlan", "bridge", "veth", "dummy") and not link.master
    ]
    found.sort(key=lambda link: (link.id.namespace != graph.home, link.kind != "device", link.id))
    return [Offer(spoken(graph, link), _parent_words(graph, link)) for link in found]


def _parent_words(graph: Inventory, link: Link) -> str:
    children = len(graph.children(link.id))
    return f"{link.kind}, {children} child{'' if children == 1 else 'ren'}" if children else link.kind


def namespaces(graph: Inventory, but: NamespaceId | None = None) -> list[Offer]:
    """All that can be entered."""
    return [
        Offer(place_name(graph, space.id), _place_words(graph, space.id))
        for space in graph.namespaces()
        if space.readable and space.id != but
    ]


def _place_words(graph: Inventory, space: NamespaceId) -> str:
    if space == graph.home:
        return "the host's own"
    return whose(graph, space).by or "netns"


# Notes


def found_link(graph: Inventory, text: str) -> Link | Note:
    """The link that is meant, or why there is none."""
    found = the_link(graph, text)
    match found:
        case NoSuch():
            return Note("no link is called so", "caution")
        case Ambiguous(candidates=candidates):
            return Note(f"{len(candidates)} links are called so", "caution")
        case _:
            return found


def found_namespace(graph: Inventory, text: str) -> NamespaceId | Note:
    """The namespace that is meant, or why there is none."""
    found = the_namespace(graph, text)
    match found:
        case NoSuch():
            return Note("no namespace is called so", "caution")
        case Ambiguous(candidates=candidates):
            return Note(f"{len(candidates)} namespaces are called so", "caution")
        case _:
            return found


def name_note(graph: Inventory, space: NamespaceId | None, name: str, but: LinkId | None = None) -> Note:
    """Whether a link could have this name there."""
    if not name:
        return Note(f"up to {LONGEST_LINK_NAME} bytes")
    problem = link_name_problem(name)
    if problem is not None:
        return Note(problem, "danger")
    holders = [link for link in graph.links_named(name, space) if link.id != but] if space is not None else []
    if holders:
        return Note("taken: another link has it", "danger")
    return Note(f"free, {len(raw_bytes(name))} of {LONGEST_LINK_NAME} bytes")


def mac_note(graph: Inventory, text: str, but: LinkId | None = None) -> Note:
    """What sort of MAC it is, and who has it."""
    if not text:
        return Note("the kernel makes one")
    mac = canonical_mac(text)
    if mac is None:
        return Note("no MAC: 02:42:ac:11:00:02", "danger")
    if is_multicast(mac):
        return Note("a group address: no link has one", "danger")
    others = [link for link in graph.links_by_mac(mac) if link.id != but]
    if others:
        return Note(f"{full_name(graph, others[0])} has it, too", "caution")
    return Note("free, locally administered" if is_local(mac) else "free, of a vendor")


def bridge_note(graph: Inventory, text: str) -> Note:
    """What the bridge is."""
    found = found_link(graph, text)
    if isinstance(found, Note):
        return found
    if found.kind != "bridge":
        return Note(f"a {found.kind}, no bridge", "danger")
    return Note(_bridge_words(graph, found))


def place_note(graph: Inventory, text: str) -> Note:
    """Whose the namespace is."""
    found = found_namespace(graph, text)
    return found if isinstance(found, Note) else Note(_place_words(graph, found))
