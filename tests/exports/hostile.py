"""A host whose every name tries to break out of whatever it is written into."""

from model.facts import Fact, HolderSeen, NamespaceRead, NamespaceSeen, OwnersSeen
from model.identity import UNKNOWN, LinkId, NamespaceId
from model.link import Address, Link, Macvlan, Tun
from model.namespace import Holder, Namespace, Owner

HOSTILE = (
    "br[/x]",
    'a"b',
    "<script>alert(1)</script>",
    "\x1b[31mred",
    "\udcff\udcfe",
    "$(id)",
    "two\nlines",
    "\u202edesrever",
    "\u05e9\u05dc\u05d5\u05dd",
    "back\\slash\\N",
    "&amp;&lt;",
    "];}->x",
    '"]:::x',
    "end",
    "%%{init: {}}%%",
    "`md`",
    "#quot;",
    "\x00\x01\x7f\x9b",
    "\ufffe\uffff",
    "\u6f22\u5b57",
    "a--b-->c",
    "'/><!--",
    "]]>",
    "${x}",
)
"""Names that are dangerous somewhere: a terminal, markup, DOT, Mermaid, XML, a shell."""

HOME = NamespaceId("n1")


def hostile_host() -> list[Fact]:
    """Each name as a bridge, a host end, an inside end, a namespace, an owner, an alias, a mode, a VM."""
    links: list[Link] = [Link(LinkId(HOME, 1), "lo", "loopback")]
    facts: list[Fact] = []
    for number, name in enumerate(HOSTILE):
        bridge, near, tap = (LinkId(HOME, 10 + 10 * number + offset) for offset in range(3))
        space = NamespaceId(f"x{number}\u00e9-{number}")
        far, child = LinkId(space, 2), LinkId(space, 3)
        links += [
            Link(bridge, name, "bridge", up=True, carrier=True, alias=name),
            Link(near, name, "veth", up=True, carrier=True, master=bridge.ifindex, peer=far, altnames=(name,)),
            Link(tap, name, "tun", up=True, master=bridge.ifindex, detail=Tun("tap")),
        ]
        inner = (
            Link(far, name, "veth", up=True, carrier=True, peer=near),
            Link(child, name, "macvlan", up=True, parent=bridge, detail=Macvlan(name)),
            Link(LinkId(space, 4), name, name, peer=UNKNOWN),
        )
        owner = Owner("docker", name, name, 100 + number, image=name, labels=((name, name),))
        facts += [
            NamespaceSeen(Namespace(space, inode=number + 1, names=(name,))),
            NamespaceRead(space, inner, ((2, Address(4, f"10.0.0.{number}", 24)),)),
            OwnersSeen(space, (owner,)),
            HolderSeen(tap, Holder(500 + number, name, Owner("qemu", name, name, 500 + number))),
        ]
    return [NamespaceSeen(Namespace(HOME, home=True)), NamespaceRead(HOME, tuple(links), ()), *facts]
