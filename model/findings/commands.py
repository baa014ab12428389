"""A fix as a command line that can be pasted, and a finding as a sentence."""

import shlex

from model.findings.finding import Finding, Fix
from model.identity import LinkId
from model.intents import AddAddress, Delete, SetBridge, SetMac, SetMacvlanMode, SetMtu, SetPort, SetUp
from model.inventory import Inventory


def command_of(graph: Inventory, fix: Fix) -> str | None:
    """The command of `jackfield` that does it; None: there is none for this wish, or its link is gone."""
    if isinstance(fix, str):
        return fix
    match fix:
        case SetUp(link, up):
            words = ["up" if up else "down", link]
        case SetMtu(link, mtu):
            words = ["mtu", link, str(mtu)]
        case SetMac(link, mac):
            words = ["mac", link, mac]
        case AddAddress(link, cidr):
            words = ["address", "add", link, cidr]
        case Delete(link):
            words = ["delete", link]
        case SetBridge(link, settings):
            words = ["bridge", link, *(f"{name}={_value(value)}" for name, value in settings)]
        case SetPort(link, settings):
            words = ["port", link, *(f"{name}={_value(value)}" for name, value in settings)]
        case SetMacvlanMode(link, mode, sources):
            words = ["mode", link, mode, *(word for mac in sources for word in ("--source", mac))]
        case _:
            return None
    return _line(graph, words)


def _line(graph: Inventory, words: list[str | LinkId]) -> str | None:
    """Addresses never begin with `-` (model.labels): nothing here can be taken for an option."""
    typed = [graph.address(word) if isinstance(word, LinkId) else word for word in words]
    return None if None in typed else "jackfield " + " ".join(shlex.quote(word) for word in typed if word is not None)


def _value(value: object) -> str:
    """As it is typed: `stp=on`."""
    return ("on" if value else "off") if isinstance(value, bool) else str(value)


def sentence(graph: Inventory, finding: Finding) -> str:
    """`host/br0 has no port`; raw where it quotes the host's names."""
    return f"{graph.address(finding.subject) or finding.subject} {finding.text}"
