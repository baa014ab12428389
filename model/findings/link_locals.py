"""Link-local addresses that were made of another MAC than the one of today."""

import ipaddress
from collections.abc import Iterator

from model.ethernet import link_local
from model.findings.finding import Finding, Severity
from model.findings.view import View
from model.intents import AddAddress


def stale(view: View) -> Iterator[Finding]:
    """Only those that were made of some MAC: others may be what somebody chose (RFC 7217, or by hand)."""
    for link in (*(end for pair in view.pairs for end in pair), *view.bridges, *view.children, *view.others):
        if not link.up:
            continue
        held = [address.text for address in view.graph.addresses(link.id) if address.scope == "link"]
        expected = link_local(link.mac) if held else None
        if expected is None or expected in held:
            continue
        old = next((text for text in held if _is_of_a_mac(text)), None)
        if old is not None:
            yield Finding(
                "link-local-stale",
                Severity.NOTE,
                link.id,
                f"has the link-local address {old}, of a MAC that it had before; its MAC gives {expected}",
                "The kernel makes the address when the link comes up, and keeps it when the MAC changes. Who works "
                "the address out of the MAC does not find it; a bridge gets there by taking over a port's MAC.",
                None if link.kind == "bridge" else AddAddress(link.id, f"{expected}/64"),
                many="have link-local addresses of MACs that they had before",
            )


def _is_of_a_mac(text: str) -> bool:
    """EUI-64 of a 48-bit MAC has ff:fe in its middle (RFC 4291, appendix A)."""
    if not text.startswith("fe80:"):
        return False
    raw = ipaddress.IPv6Address(text).packed
    return raw[2:8] == bytes(6) and raw[11:13] == b"\xff\xfe"
