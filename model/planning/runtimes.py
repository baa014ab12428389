"""What a container runtime will do about a change to one of its links, before it is made: measured for each.

`tests/runtimes/test_changes.py` stops and starts a container of each after every kind of change. A runtime that is not
in TRIED asks for the name.
"""

from typing import Final, NamedTuple

from model.identity import LinkId, NamespaceId
from model.labels import is_firm, owns_links
from model.link import PEERED_KINDS, Link
from model.namespace import Owner
from model.plan import Remembered
from model.planning.draft import Draft, Refused, typed
from model.shell_words import shell_line

TRIED: Final = frozenset({"docker", "podman", "lxc", "lxd", "nspawn", "containerd"})
"""Incus is LXD's child, and is treated as LXD is; that was not tried."""
ASKS_FOR_THE_NAME: Final = frozenset({"docker", "podman", "lxd", "incus", "containerd"})
"""Runtimes that keep the inside ends of their containers for their own; containerd's are CNI's."""
DELETE_BY_NAME: Final = frozenset({"lxc", "lxd", "incus"})
"""Runtimes that delete a container's host end by the name that it had at its start, whoever has that name by then."""


class Charge(NamedTuple):
    """A link in the care of a runtime."""

    owner: Owner
    is_inside: bool
    """In the container's own namespace; else the host end of its cable."""

    @property
    def who(self) -> str:
        return f"{self.owner.runtime} {self.owner.name}"


def charges(draft: Draft, link: Link) -> tuple[Charge, ...]:
    """Whose a link is: by its namespace, and by that of its other end."""
    graph = draft.graph
    found = [Charge(owner, is_inside=True) for owner in _owners(draft, link.id.namespace)]
    far = graph.ends(link.id).peer
    behind = far.namespace if isinstance(far, LinkId) else graph.behind(link.id)
    if link.kind in PEERED_KINDS and behind is not None and behind != link.id.namespace:
        found += [Charge(owner, is_inside=False) for owner in _owners(draft, behind)]
    return tuple(found)


def _owners(draft: Draft, space: NamespaceId) -> list[Owner]:
    if space == draft.graph.home:
        return []
    return [owner for owner in draft.graph.owners(space) if owns_links(owner) and owner.runtime != "process"]


def remembered_by(draft: Draft, one: Remembered) -> str | None:
    """Who will look for a name; None: nobody, as nobody who does has the link any more."""
    if one.of is None:
        return one.by
    link = draft.graph.link(one.of)
    if link is None:
        return None
    return next((charge.who for charge in charges(draft, link) if _deletes(charge)), None)


def is_host_end_of(draft: Draft, link: Link, who: str) -> bool:
    """The link belongs to that container: it may have its old name again."""
    return any(charge.who == who and _deletes(charge) for charge in charges(draft, link))


def _deletes(charge: Charge) -> bool:
    return not charge.is_inside and charge.owner.runtime in DELETE_BY_NAME


def leave_cni_alone(draft: Draft, link: Link) -> None:
    """What CNI made for a pod is CNI's. Raises Refused."""
    for charge in charges(draft, link):
        if charge.owner.runtime == "kubernetes" and is_firm(charge.owner):
            raise Refused(
                "cni-managed",
                f"{draft.called(link.id)}: it belongs to the pod {charge.owner.name}: its CNI plugin manages it, and"
                " expects to find it as it made it",
                "change the pod's network attachment",
                "give the link an altname: that disturbs nobody",
            )


def ask_for_inside(draft: Draft, link: Link, wish: str) -> None:
    """An inside end of a container whose runtime keeps it: its name is asked for."""
    for charge in charges(draft, link):
        if charge.is_inside and charge.owner.runtime in ASKS_FOR_THE_NAME:
            draft.ask_name(
                link.name, f"{draft.called(link.id)} is the inside end of {charge.who}: {wish} happens behind its back"
            )


def _ask_where_untried(draft: Draft, link: Link, charge: Charge, wish: str) -> None:
    if charge.owner.runtime not in TRIED:
        why = f"{charge.who}: what {charge.owner.runtime} does about {wish} was not tried"
        draft.depends(why, "runtime-unknown")
        draft.ask_name(link.name, why)


def renaming(draft: Draft, link: Link, name: str) -> None:
    """Host end, inside end, bridge or parent: who looks for the old name."""
    for charge in charges(draft, link):
        if charge.is_inside:
            _renaming_inside(draft, link, charge)
        else:
            _renaming_outside(draft, link, charge, name)
        _ask_where_untried(draft, link, charge, "another name")
    _renaming_beneath(draft, link)


def _renaming_outside(draft: Draft, link: Link, charge: Charge, name: str) -> None:
    match charge.owner.runtime:
        case "lxd" | "incus":
            raise Refused(
                "runtime-orphan",
                f"{draft.called(link.id)}: {charge.who} looks for {link.name} when it stops: renamed, the cable is left"
                " behind as an orphan on every stop, and changing an option of its NIC fails",
                f"give it an altname: {typed('altname', 'add', draft.called(link.id), name)}",
                f"let the runtime name it: {_lxd(charge, name)}",
            )
        case "lxc":
            draft.mind(
                f"{charge.who} deletes whatever is called {link.name} when it stops: nothing else may take that name",
                "runtime-remembers",
            )
            lines = shell_line(("jackfield", "export", "--format", "lxc", charge.owner.name))
            text = f"to have it so from the start: lxc.net.N.veth.pair = {name} in its configuration, as {lines} has it"
            draft.gain(text, "runtime-option")
        case runtime if runtime in TRIED:
            draft.gain(f"{charge.who} takes the cable away when it stops, whatever it is called")


def _renaming_inside(draft: Draft, link: Link, charge: Charge) -> None:
    match charge.owner.runtime:
        case "docker":
            draft.mind(
                f"{charge.who}: a later `docker network disconnect` says that it succeeded, but leaves it connected,"
                " gives its address to others, and a reconnect fails",
                "runtime-disconnect",
            )
        case "podman":
            draft.mind(f"{charge.who}: podman reports a teardown error when it stops", "runtime-teardown")
        case _:
            draft.depends(f"what runs in {charge.owner.name} may look for {link.name}", "programs-inside")


def _renaming_beneath(draft: Draft, link: Link) -> None:
    """Runtimes find a macvlan's parent, and a bridge, by name when a container starts."""
    for child in draft.graph.children(link.id):
        for owner in _owners(draft, child.id.namespace):
            if owner.runtime == "lxc":
                draft.mind(
                    f"lxc {owner.name} does not start any more: its {child.kind} is to stand on {link.name}",
                    "runtime-parent",
                )
            else:
                draft.depends(f"{owner.runtime} {owner.name} may look for its parent {link.name}", "runtime-parent")
    if link.kind != "bridge":
        return
    users = {
        f"{owner.runtime} {owner.name}"
        for port in draft.graph.ports(link.id)
        for far in (draft.graph.ends(port.id).peer,)
        if isinstance(far, LinkId)
        for owner in _owners(draft, far.namespace)
    }
    if users:
        shown = ", ".join(sorted(users)[:3]) + (f" and {len(users) - 3} more" if len(users) > 3 else "")
        draft.mind(f"{shown}: they look for their bridge {link.name} when they start", "runtime-bridge")


def moving(draft: Draft, link: Link) -> None:
    """An inside end that leaves its container, or a host end that leaves the host."""
    for charge in charges(draft, link):
        match charge.owner.runtime:
            case "lxd" | "incus" if not charge.is_inside:
                raise Refused(
                    "runtime-orphan",
                    f"{draft.called(link.id)}: {charge.who} looks for it here when it stops: moved away, the cable is"
                    " left behind as an orphan on every stop",
                    f"plug it in elsewhere: {typed('attach', draft.called(link.id), 'BRIDGE')}",
                    "join the two namespaces by a cable of their own",
                )
            case "docker" | "podman" | "containerd" if charge.is_inside:
                draft.mind(f"{charge.who}: when it stops, the cable is left behind as an orphan", "runtime-orphan")
            case runtime if runtime in TRIED:
                draft.gain(f"{charge.who} stops cleanly without it")
        _ask_where_untried(draft, link, charge, "a cable that is elsewhere")


def losing(draft: Draft, links: tuple[Link, ...]) -> None:
    """Links that are deleted under a running container."""
    for link in links:
        for charge in charges(draft, link):
            if charge.is_inside:
                draft.lose(f"{charge.who} loses {link.name}", "container-cut")


def _lxd(charge: Charge, name: str) -> str:
    tool = "incus" if charge.owner.runtime == "incus" else "lxc"
    return shell_line((tool, "config", "device", "set", charge.owner.name, "NIC", f"host_name={name}"))
