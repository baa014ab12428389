"""What a namespace is called: a word that means it and nothing else, and that can be typed back."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from model.identity import NamespaceId
from model.multimap import Multimap
from model.names import hex_form, is_plain
from model.namespace import Namespace, Owner

HOST = "host"
"""The namespace the program runs in; no other is ever called so without a prefix."""


def is_firm(owner: Owner) -> bool:
    """A container or pod that is what it claims to be and has a network of its own.

    A plain process may call itself anything: its name must neither take a container's nor spoil it. A VM's qemu is one
    program among others of the namespace it runs in.
    """
    return owner.proved and owns_links(owner) and owner.runtime != "process"


def owns_links(owner: Owner) -> bool:
    """The links of its namespace are its own. A VM only holds taps there; with `--network host` they are the host's."""
    return not owner.host_network and owner.runtime not in ("qemu", "libvirt")


def owner_order(owner: Owner) -> tuple[bool, str, str, str, int]:
    """Containers and pods first, then by runtime and name."""
    return (not is_firm(owner), owner.runtime, owner.name, owner.id, owner.pid)


def names_of(namespace: Namespace) -> tuple[str, ...]:
    """The names it goes by, apart from its owners'."""
    return (HOST, *namespace.names) if namespace.home else namespace.names


def word(name: str) -> str:
    """A name as it is typed: itself, or all its bytes as `hex:` where it is not plain or looks like a `hex:` itself."""
    return name if is_plain(name) and not name.startswith("hex:") else f"hex:{hex_form(name)}"


class Labels:
    """Which names lead to which namespaces, kept as namespaces and owners come and go."""

    __slots__ = ("_given", "_namespaces", "_owners", "firm", "inodes", "loose", "mounts", "pids")

    def __init__(self) -> None:
        self._namespaces: dict[NamespaceId, Namespace] = {}
        self._owners: dict[NamespaceId, tuple[Owner, ...]] = {}
        self._given: dict[NamespaceId, str] = {}
        """Labels worked out since names last changed."""
        self.mounts: Multimap[str, NamespaceId] = Multimap()
        """By `ip netns` name."""
        self.firm: Multimap[str, NamespaceId] = Multimap()
        """By the name of a container or pod."""
        self.loose: Multimap[str, NamespaceId] = Multimap()
        """By the name of any other owner: looked up only when nothing firm has it."""
        self.pids: Multimap[int, NamespaceId] = Multimap()
        self.inodes: Multimap[int, NamespaceId] = Multimap()

    def put(self, namespace: Namespace) -> None:
        """A namespace is there, or has changed."""
        self._drop_names(namespace.id)
        self._given.clear()
        self._namespaces[namespace.id] = namespace
        for name in namespace.names:
            self.mounts.add(name, namespace.id)
        if namespace.inode is not None:
            self.inodes.add(namespace.inode, namespace.id)

    def put_owners(self, namespace: NamespaceId, owners: tuple[Owner, ...]) -> None:
        """The owners of a namespace are now these."""
        self._given.clear()
        for owner in self._owners.pop(namespace, ()):
            self._bin(owner).discard(owner.name, namespace)
            self.pids.discard(owner.pid, namespace)
        for owner in owners:
            self._bin(owner).add(owner.name, namespace)
            self.pids.add(owner.pid, namespace)
        if owners:
            self._owners[namespace] = owners

    def drop(self, namespace: NamespaceId) -> None:
        """A namespace is gone."""
        self.put_owners(namespace, ())
        self._drop_names(namespace)

    def bare(self, name: str) -> AbstractSet[NamespaceId]:
        """What a name without a prefix means; `host` is the caller's business."""
        return self.mounts.get(name) | self.firm.get(name) or self.loose.get(name)

    def owned_by(self, name: str) -> AbstractSet[NamespaceId]:
        """What `owner:NAME` means."""
        return self.firm.get(name) or self.loose.get(name)

    def label(self, namespace: NamespaceId) -> str:
        """The shortest of the forms that mean this namespace alone (the command line's NS)."""
        given = self._given.get(namespace)
        if given is None:
            given = self._given[namespace] = next(self._forms(self._namespaces[namespace]))
        return given

    def _forms(self, seen: Namespace) -> Iterator[str]:
        if seen.home:
            yield HOST
        owners = self._owners.get(seen.id, ())
        only = {seen.id}
        firm = [owner.name for owner in owners if is_firm(owner)]
        containers = [owner.name for owner in owners if is_firm(owner) and owns_links(owner)]
        for name in (*containers, *seen.names, *firm):
            if _stands_alone(name) and self.bare(name) == only:
                yield word(name)
        for name in firm:
            if name and self.owned_by(name) == only:
                yield f"owner:{word(name)}"
        for name in seen.names:
            if name and self.mounts.get(name) == only:
                yield f"netns:{word(name)}"
        for owner in owners:
            if owner.pid > 0 and not owner.host_network and self.pids.get(owner.pid) == only:
                yield f"pid:{owner.pid}"
        if seen.inode is not None and self.inodes.get(seen.inode) == only:
            yield f"inode:{seen.inode}"
        yield f"id:{seen.id}"

    def _bin(self, owner: Owner) -> Multimap[str, NamespaceId]:
        return self.firm if is_firm(owner) else self.loose

    def _drop_names(self, namespace: NamespaceId) -> None:
        before = self._namespaces.pop(namespace, None)
        if before is None:
            return
        for name in before.names:
            self.mounts.discard(name, namespace)
        if before.inode is not None:
            self.inodes.discard(before.inode, namespace)


def _stands_alone(name: str) -> bool:
    """No prefix is needed to tell it from `host`, from a form with a colon, or from an option."""
    return bool(name) and name != HOST and ":" not in name and not name.startswith("-")
