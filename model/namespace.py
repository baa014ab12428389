"""A network namespace, and who owns it."""

from dataclasses import dataclass

from model.identity import NamespaceId


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody a namespace or a tap belongs to: a container, a pod, a VM, a plain process.

    All texts come from the runtime or from the container itself: they are never fit to print as they are.
    """

    runtime: str
    """lxc, lxd, incus, docker, podman, containerd, kubernetes, nspawn, qemu, libvirt or process."""
    name: str
    """What the operator calls it: the container's, pod's or VM's name; the command's name for a process."""
    id: str
    """The runtime's own id; the name where it has none; the pid, as text, for a process."""
    pid: int
    """The process that shows the namespace: the container's init, the VM's qemu. In the host's pid namespace."""
    image: str | None = None
    labels: tuple[tuple[str, str], ...] = ()
    """Sorted by key. Docker compose project and service, pod name and namespace, LXD project are labels too."""
    user: str | None = None
    """The user it runs for when that is not root: rootless podman."""
    proved: bool = True
    """The supervisor is what it claims to be; no policy may match an owner that is not."""
    host_network: bool = False
    """It runs in its host's namespace by design (`--network host`): it owns none of the links there."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds a tap or a macvtap open, and the VM it is, if it is one."""

    pid: int
    comm: str
    owner: Owner | None = None


@dataclass(frozen=True, slots=True)
class Namespace:
    """A network namespace as it was found. Its owners come as facts of their own."""

    id: NamespaceId
    inode: int | None = None
    """None where it can only be seen through a peer."""
    names: tuple[str, ...] = ()
    """Its `ip netns` names, sorted; raw host text."""
    home: bool = False
    """The namespace the program runs in: `host` in every address."""
    readable: bool = True
    """A descriptor of it can be had: its tables can be read and its links changed."""
    found_by: tuple[str, ...] = ()
    """Among: home, process, thread, descriptor, mount, peer."""
