"""What a person calls the inhabitant of a namespace, or the one who holds a tap, and what runs it, in a word."""

from typing import NamedTuple

from model.identity import LinkId, NamespaceId
from model.inventory import Inventory
from model.labels import HOST, is_firm
from model.names import display_name
from model.namespace import Holder, Owner

_WORDS = {"kubernetes": "pod", "qemu": "kvm", "libvirt": "kvm"}


class Whose(NamedTuple):
    """Both are fit to print."""

    name: str
    """`tinderbox`, `ledger+tally`, `ledger+2`, `sleep 41822`, `host`."""
    by: str
    """lxc, docker, pod, kvm, netns, process ...; empty for the host itself."""


def whose(graph: Inventory, namespace: NamespaceId) -> Whose:
    """The inhabitant of a namespace. One that is called `host` is told from the host itself: `netns:host`."""
    if namespace == graph.home:
        return Whose(HOST, "")
    found = _inhabitant(graph, namespace)
    return found._replace(name=graph.address(namespace) or namespace) if found.name == HOST else found


def _inhabitant(graph: Inventory, namespace: NamespaceId) -> Whose:
    owners = [owner for owner in graph.owners(namespace) if not owner.host_network]
    firm = [owner for owner in owners if is_firm(owner)]
    if firm:
        return Whose(_together([owner.name for owner in firm]), runtime_word(firm[0]))
    seen = graph.namespace(namespace)
    if seen is not None and seen.names:
        return Whose(_together(seen.names), "netns")
    if owners:
        return Whose(_of_process(owners[0].name, owners[0].pid), runtime_word(owners[0]))
    return Whose(graph.address(namespace) or namespace, "netns")


def holder_of(graph: Inventory, tap: LinkId) -> Whose | None:
    """The VM, or the process, that holds a tap; None: nobody does, or we cannot see who."""
    holder = graph.holder(tap)
    return None if holder is None else whose_holder(holder)


def whose_holder(holder: Holder) -> Whose:
    """The VM that a process is, or the process. That qemu lives in the host's namespace does not matter here."""
    owner = holder.owner
    if owner is not None and owner.proved and owner.runtime != "process":
        return Whose(display_name(owner.name), runtime_word(owner))
    return Whose(_of_process(holder.comm, holder.pid), "process")


def runtime_word(owner: Owner) -> str:
    """lxc, docker, pod, kvm ..."""
    return _WORDS.get(owner.runtime, owner.runtime)


def _together(names: list[str] | tuple[str, ...]) -> str:
    """One or two by name; of more the first, and how many others."""
    shown = [display_name(name) for name in dict.fromkeys(names)]
    return "+".join(shown) if len(shown) <= 2 else f"{shown[0]}+{len(shown) - 1}"


def _of_process(comm: str, pid: int) -> str:
    return f"{display_name(comm)} {pid}"
