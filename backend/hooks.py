"""What may drop frames in one namespace, and whether it routes: nft, iptables, tc, XDP, read on demand.

A reading enters the namespace on the calling thread and comes back. Nothing is changed, and no kernel module is loaded
for it. What a filter's rules say is not looked at.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from backend.hooks_guards import Loaded, loaded_guards
from backend.hooks_nft import nft_hooks
from backend.hooks_traffic import Device, devices, tc_hooks, tcx_hooks, xdp_hooks
from backend.hooks_xtables import xtables_hooks
from backend.netlink_sockets import AskingSocket
from backend.netns import inside
from model.conditions import Filters, Hook, Stage
from model.guard import Guard
from model.guard_rules import TABLE, Family
from model.identity import LinkId, NamespaceId

BRIDGED_FAMILIES: Final = {"ip": "iptables", "ip6": "ip6tables", "arp": "arptables"}
_ON_THE_WAY: Final = frozenset({"prerouting", "forward", "postrouting"})


def read_filters(namespace: NamespaceId, fd: int, *, foreign_bpf: bool = True) -> Filters:
    """Everything that may drop frames in the namespace of `fd`. Moves the calling thread there and back.

    What may not be read is in `unread`. Raises OSError where the namespace cannot be entered. A legacy ebtables chain
    that holds no rule, but whose policy drops, is not seen; nor are BPF programs attached as netfilter links.
    `foreign_bpf`: False where nobody can have attached a BPF program (a world that we made, whose users the kernel
    lets load none), so that being refused a look at them leaves nothing unknown.
    """
    hooks: list[Hook] = []
    unread: list[str] = []
    guards: dict[LinkId, Guard] = {}

    def collect(word: str, read: Callable[[], Iterable[Hook]], *, matters: bool = True) -> None:
        try:
            hooks.extend(read())
        except OSError:
            if matters:
                unread.append(word)

    with inside(fd):
        asking = AskingSocket()
        try:
            found = devices(namespace, asking)
            bridged = bridged_families(found)
            collect("nft", lambda: _without_guards(nft_hooks(found), found, guards))
            collect("iptables", xtables_hooks)
            collect("tc", lambda: tc_hooks(asking, found))
        finally:
            asking.close()
        collect("tcx", lambda: tcx_hooks(found), matters=foreign_bpf)
        forwards = _switch("ipv4/ip_forward"), _switch("ipv6/conf/all/forwarding")
    hooks += xdp_hooks(found)
    return Filters(tuple(_staged(hook, bridged) for hook in hooks), guards, tuple(unread), *forwards)


def _without_guards(hooks: Iterable[Hook], found: Sequence[Device], guards: dict[LinkId, Guard]) -> Iterator[Hook]:
    """The hooks that are not our own guards'; those are put into `guards` instead. Raises OSError."""
    hooks = list(hooks)
    known: dict[Family, Loaded] = {}
    if any(_family_of_ours(hook) is not None for hook in hooks):
        known = loaded_guards(found)
        for one in known.values():
            guards.update(one.guards)
    for hook in hooks:
        family = _family_of_ours(hook)
        loaded = None if family is None else known.get(family)
        if loaded is not None and loaded.problem:
            yield replace(hook, name=f"{hook.name} ({loaded.problem})")
        elif loaded is None or (hook.link is not None and hook.link not in loaded.guards):
            yield hook


def _family_of_ours(hook: Hook) -> Family | None:
    return next((family for family in Family if hook.name.startswith(f"{family.value} {TABLE} ")), None)


def bridged_families(found: Iterable[Device]) -> frozenset[str]:
    """The families whose hooks see what bridges carry: by the namespace's sysctls, or by a bridge's own switch.

    Source: br_netfilter_hooks.c, brnf_get_logical_dev and bridge-nf-call-*.
    """
    by_sysctl = {family for family, word in BRIDGED_FAMILIES.items() if _switch(f"bridge/bridge-nf-call-{word}")}
    return frozenset(by_sysctl | {family for device in found for family in device.calls})


def _staged(hook: Hook, bridged: frozenset[str]) -> Hook:
    """An IP hook is met by what bridges carry only where they hand it over."""
    family = hook.name.split(" ", 1)[0]
    families = {"ip", "ip6"} if family == "inet" else {family}
    if hook.stage is Stage.IP and hook.chain in _ON_THE_WAY and families & bridged:
        return replace(hook, stage=Stage.BRIDGED_IP)
    if hook.stage is Stage.ARP and hook.chain == "forward":  # nobody routes ARP
        return replace(hook, stage=Stage.BRIDGED_IP if families & bridged else Stage.IP)
    return hook


def _switch(path: str) -> bool | None:
    """A sysctl that is on or off; None: there is none such, or it may not be read."""
    try:
        return int(Path("/proc/sys/net", path).read_text(encoding="ascii")) != 0
    except (OSError, ValueError):
        return None
