"""What the operator wishes: a value a wish, in the imperative. `model.planner` makes a Plan of it, or says why not."""

from dataclasses import dataclass

from model.identity import LinkId, NamespaceId


@dataclass(frozen=True, slots=True)
class NewEnd:
    """One end of a veth that is to be: as much as the operator said, the rest is the kernel's choice."""

    namespace: NamespaceId
    name: str
    mac: str | None = None
    master: LinkId | None = None
    """The bridge it is to be a port of; in the same namespace."""
    up: bool = True


@dataclass(frozen=True, slots=True)
class CreateVeth:
    """A cable with both its ends."""

    near: NewEnd
    far: NewEnd
    mtu: int | None = None
    """Bytes; None: the kernel's 1500."""


@dataclass(frozen=True, slots=True)
class CreateBridge:
    """A bridge; without a MAC it is given one that stays, so that it never follows its ports'."""

    namespace: NamespaceId
    name: str
    mac: str | None = None
    up: bool = True


@dataclass(frozen=True, slots=True)
class CreateMacvlan:
    """A macvlan or macvtap on a parent, put into any namespace."""

    parent: LinkId
    namespace: NamespaceId
    name: str
    mode: str
    """private, vepa, bridge, passthru or source."""
    kind: str = "macvlan"
    """macvlan or macvtap."""
    mac: str | None = None
    sources: tuple[str, ...] = ()
    up: bool = True


@dataclass(frozen=True, slots=True)
class CreateNamespace:
    """A network namespace with a name (ip-netns(8))."""

    name: str


@dataclass(frozen=True, slots=True)
class DeleteNamespace:
    """Take an `ip netns` name away; the namespace dies with its last process."""

    namespace: NamespaceId


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a link of any kind."""

    link: LinkId


@dataclass(frozen=True, slots=True)
class Rename:
    """Another name; the link may be up."""

    link: LinkId
    name: str


@dataclass(frozen=True, slots=True)
class AddAltname:
    """One more name, up to 127 bytes."""

    link: LinkId
    name: str


@dataclass(frozen=True, slots=True)
class DeleteAltname:
    """One altname less."""

    link: LinkId
    name: str


@dataclass(frozen=True, slots=True)
class SetAlias:
    """The alias (a note for people); empty: none."""

    link: LinkId
    text: str


@dataclass(frozen=True, slots=True)
class SetMac:
    """Another MAC, announced, with the link-local address that follows from it."""

    link: LinkId
    mac: str


@dataclass(frozen=True, slots=True)
class Attach:
    """Plug a cable into a bridge. Either end of a veth may be named: the one in the bridge's namespace is the port."""

    link: LinkId
    bridge: LinkId


@dataclass(frozen=True, slots=True)
class Detach:
    """Unplug a cable from its bridge. Either end may be named."""

    link: LinkId


@dataclass(frozen=True, slots=True)
class Move:
    """To another namespace; with another name where that one is taken there."""

    link: LinkId
    namespace: NamespaceId
    name: str | None = None


@dataclass(frozen=True, slots=True)
class SetMacvlanMode:
    """Another mode; source takes the MACs that it listens to."""

    link: LinkId
    mode: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SetUp:
    """Administratively up or down."""

    link: LinkId
    up: bool


@dataclass(frozen=True, slots=True)
class SetMtu:
    """Bytes."""

    link: LinkId
    mtu: int


@dataclass(frozen=True, slots=True)
class AddAddress:
    """An IP address with its prefix length."""

    link: LinkId
    cidr: str


@dataclass(frozen=True, slots=True)
class DeleteAddress:
    """One address less."""

    link: LinkId
    cidr: str


Setting = tuple[str, bool | int | float | str]
"""A field of model.link.BridgePort or model.link.Bridge, and its new value (times in seconds; `state` a word)."""


@dataclass(frozen=True, slots=True)
class SetPort:
    """How a bridge treats this port: fields of BridgePort. Either end of the cable may be named."""

    link: LinkId
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class LockPort:
    """A port that lets in one MAC alone: locked, learning nothing, with an entry that no other port can take."""

    link: LinkId
    mac: str


@dataclass(frozen=True, slots=True)
class ForgetLearned:
    """What a bridge has learned at this port is forgotten: who is there is learned again from its next frame."""

    link: LinkId


@dataclass(frozen=True, slots=True)
class SetBridge:
    """How a bridge works: fields of Bridge."""

    link: LinkId
    settings: tuple[Setting, ...]


Intent = (
    CreateVeth
    | CreateBridge
    | CreateMacvlan
    | CreateNamespace
    | DeleteNamespace
    | Delete
    | Rename
    | AddAltname
    | DeleteAltname
    | SetAlias
    | SetMac
    | Attach
    | Detach
    | Move
    | SetMacvlanMode
    | SetUp
    | SetMtu
    | AddAddress
    | DeleteAddress
    | SetPort
    | LockPort
    | ForgetLearned
    | SetBridge
)


@dataclass(frozen=True, slots=True)
class Several:
    """What was wished for all at once: one plan, done or taken back as a whole."""

    intents: tuple[Intent, ...]
