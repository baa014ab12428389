"""What findings need besides the graph, read in each namespace that has a bridge. Nothing is changed, nothing left."""

import os
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from backend import udev
from backend.detached_sysfs import link_attribute, sysfs
from backend.forward_rules import chain_of_iptables, dropping_chains, needs_words
from backend.hooks import read_filters
from backend.netns import inside
from backend.nics import read_nics
from model.conditions import Filters, Stage
from model.findings.observed import DroppingChain, Forwarding, MacOrigin, Observed
from model.identity import LinkId, NamespaceId
from model.link import Link

SYSCTLS: Final = {4: "bridge-nf-call-iptables", 6: "bridge-nf-call-ip6tables"}
LEGACY: Final = {4: ("ip_tables_names", "iptables-legacy"), 6: ("ip6_tables_names", "ip6tables-legacy")}
BY_NFT: Final = {"ip filter FORWARD": (4, "iptables-nft"), "ip6 filter FORWARD": (6, "ip6tables-nft")}
LONGEST_WAIT_S: Final = 5.0

Open = Callable[[NamespaceId], int]


class Reading:
    """What is put together, namespace by namespace."""

    def __init__(self) -> None:
        self.origins: dict[LinkId, MacOrigin] = {}
        self.forwarding: dict[NamespaceId, Forwarding] = {}
        self.frame_filters: dict[NamespaceId, frozenset[LinkId] | None] = {}
        self.unread: dict[str, None] = {}

    def note(self, namespace: NamespaceId, filters: Filters) -> None:
        """Who filters frames there; where not all could be read, nobody can tell."""
        if filters.unread:
            self.unread[f"what may drop frames: {', '.join(filters.unread)} cannot be read"] = None
        elif any(hook.stage is Stage.BRIDGE for hook in filters.hooks):
            self.frame_filters[namespace] = None
        else:
            filtered = frozenset((*(hook.link for hook in filters.hooks if hook.link is not None), *filters.guards))
            self.frame_filters[namespace] = filtered

    def miss(self, what: str, error: Exception) -> None:
        """Say what could not be read: once, however often."""
        match error:
            case FileNotFoundError(filename=str(tool)):
                reason = f"{tool} is not installed"
            case subprocess.CalledProcessError(stderr=bytes(told)) if told.strip():
                reason = told.decode("utf-8", "replace").strip().splitlines()[0]
            case OSError(strerror=str(words)):
                reason = words
            case _:
                reason = str(error)
        self.unread[f"{what}: {reason}"] = None


def observe(links: Sequence[Link], home: NamespaceId | None, open_namespace: Open) -> Observed:
    """Read what matters of these links: of the bridges and NICs among them, and of their namespaces.

    Moves the calling thread to each namespace and back: not on the UI's thread.
    """
    reading = Reading()
    bridges: dict[NamespaceId, list[Link]] = defaultdict(list)
    for link in links:
        if link.kind == "bridge":
            bridges[link.id.namespace].append(link)
    for namespace, held in bridges.items():
        try:
            fd = open_namespace(namespace)
        except OSError:
            continue  # it has died, or the graph says that it cannot be read
        try:
            filters = read_filters(namespace, fd)
            reading.note(namespace, filters)
            with inside(fd):
                _read_here(reading, namespace, held, filters)
        except OSError as error:
            reading.miss("what is in a namespace that cannot be entered", error)
        finally:
            os.close(fd)
    named = udev.named_by_rules([link for link in links if link.id.namespace == home])
    nics = dict(read_nics(links, open_namespace))
    return Observed(reading.origins, reading.forwarding, reading.frame_filters, named, tuple(reading.unread), nics)


def _read_here(reading: Reading, namespace: NamespaceId, bridges: Sequence[Link], filters: Filters) -> None:
    try:
        with sysfs() as root:
            for bridge in bridges:
                origin = _mac_origin(root, bridge)
                if origin is not None:
                    reading.origins[bridge.id] = origin
    except OSError as error:
        reading.miss("whether bridges keep their MACs", error)
    try:
        reading.forwarding[namespace] = _forwarding(filters)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        reading.miss("whether filters see what bridges forward", error)


def _mac_origin(root: int, link: Link) -> MacOrigin | None:
    """None where the name means another link by now."""
    if link_attribute(root, link.name, "ifindex") != str(link.id.ifindex):
        return None
    value = link_attribute(root, link.name, "addr_assign_type") or ""
    return MacOrigin(int(value)) if value.isdecimal() and int(value) in list(MacOrigin) else None


def _forwarding(filters: Filters) -> Forwarding:
    """Programs are asked only where packets of a bridge get to a chain on the forward hook."""
    calls = frozenset(family for family, key in SYSCTLS.items() if _sysctl(key) == "1")
    meets = any(hook.stage is Stage.BRIDGED_IP and hook.chain == "forward" for hook in filters.hooks)
    return Forwarding(calls, tuple(_dropping()) if calls and meets else ())


def _sysctl(key: str) -> str:
    """Empty where br_netfilter is not loaded: then no bridge hands anything on."""
    try:
        return Path("/proc/sys/net/bridge", key).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""


def _dropping() -> Iterator[DroppingChain]:
    """What iptables knows best is asked of iptables: nft tells of its matches that there are some (`xt`)."""
    ruleset = _told("nft", "-j", "list", "ruleset")
    for chain in dropping_chains(ruleset):
        family, tool = BY_NFT.get(chain.name, (0, ""))
        yield (_by_iptables(tool, family, chain.name) if tool and needs_words(ruleset) else None) or chain
    for family, (names, tool) in LEGACY.items():
        if "filter" in _legacy_tables(names):
            legacy = chain_of_iptables(_told(tool, "-S"), family, f"{tool} FORWARD")
            if legacy is not None:
                yield legacy


def _by_iptables(tool: str, family: int, name: str) -> DroppingChain | None:
    """None where it cannot tell: somebody else has written into its table."""
    try:
        return chain_of_iptables(_told(tool, "-S"), family, name)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def _legacy_tables(names: str) -> list[str]:
    """Asked for by its name, a table that is not there would be made."""
    try:
        return Path("/proc/thread-self/net", names).read_text(encoding="ascii").split()
    except FileNotFoundError:
        return []


def _told(*command: str) -> str:
    """What a program says in the calling thread's namespace. Raises OSError or SubprocessError."""
    told = subprocess.run(command, capture_output=True, check=True, timeout=LONGEST_WAIT_S, stdin=subprocess.DEVNULL)
    return told.stdout.decode("utf-8", "surrogateescape")
