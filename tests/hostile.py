"""Names that the kernel or a runtime takes, and that a terminal, a markup parser or a table should not."""

from collections.abc import Iterator

from model.facts import Fact, HolderSeen, NamespaceRead, NamespaceSeen, OwnersSeen
from model.identity import LinkId, NamespaceId
from model.link import Address, Bridge, BridgePort, Link, Tun
from model.namespace import Holder, Namespace, Owner

HOME = NamespaceId("n1")

LINK_NAMES = (
    "br[/x]",
    "a[/",
    "[red]x",
    "x\x1b[31m",
    "\udcff\udcfe",
    "#7",
    "-rf",
    "host",
    "$(id)",
    "漢字",
    "שלום",
    "\u202ev\u202c",
    "e\u0301\u0301",
    "[@click=quit]q",
    "\u200b\u200b",
    "😀😀",
)
TEXTS = (
    *LINK_NAMES,
    "two\nlines",
    "tab\there",
    "[/]" * 20,
    "\x1b]52;c;aGk=\x07",
    "w" * 300,
    "漢" * 80,
    "",
)
"""What an alias, an altname, an owner or an `ip netns` name may hold."""


def hostile_host() -> list[Fact]:
    """A bridge of each name, and on the first one a cable to a namespace with each text as its name and owner."""
    return list(_facts())


def _facts() -> Iterator[Fact]:
    links = [Link(LinkId(HOME, 1), "lo", "loopback", up=True, carrier=True)]
    inhabitants: list[Fact] = []
    for number, name in enumerate(LINK_NAMES):
        alias, altnames = TEXTS[number], (TEXTS[-1 - number],)
        links.append(
            Link(LinkId(HOME, 10 + number), name, "bridge", up=True, carrier=True, alias=alias, altnames=altnames,
                 detail=Bridge())
        )  # fmt: skip
    for number, text in enumerate(TEXTS):
        space = NamespaceId(f"n{100 + number}")
        near, far = LinkId(HOME, 100 + number), LinkId(space, 2)
        name = LINK_NAMES[number % len(LINK_NAMES)]
        links.append(
            Link(near, f"v{number}"[:15], "veth", None, 1500, True, True, "up", peer=far, master=10,
                 master_kind="bridge", port=BridgePort())
        )  # fmt: skip
        inside = Link(far, name, "veth", None, 1500, True, True, "up", peer=near, alias=text)
        other = Link(LinkId(space, 3), "b", text[:15] or "k", up=True, carrier=True)
        inhabitants += [
            NamespaceSeen(Namespace(space, 4026530000 + number, (text,) if text else ())),
            NamespaceRead(space, (inside, other), ((2, Address(4, f"10.0.0.{number}", 24)),)),
        ]
        if number % 2:
            owner = Owner("docker", text, text or "x", 4000 + number, text, ((text, text),), user=text)
            inhabitants.append(OwnersSeen(space, (owner,)))
    tap = Link(LinkId(HOME, 300), "tap0", "tun", None, 1500, True, True, "up", detail=Tun("tap"), master=10)
    vm = Owner("qemu", TEXTS[2], TEXTS[2], 9000)
    yield NamespaceSeen(Namespace(HOME, 4026531840, home=True))
    yield NamespaceRead(HOME, (*links, tap), ())
    yield from inhabitants
    yield HolderSeen(tap.id, Holder(9000, TEXTS[3], vm))
