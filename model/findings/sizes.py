"""MTUs that do not fit: frames that one end sends and another one drops without a word.

Whoever receives drops what is larger than its own MTU (is_skb_forwardable, net/core/dev.c): a veth's other end, and a
port that a bridge would send through. No ICMP tells the sender: there is no router.
"""

from collections.abc import Iterator

from model.cables import is_tap
from model.findings.finding import Finding, Severity
from model.findings.view import View, Wire
from model.intents import SetMtu
from model.link import PEERED_KINDS, Link


def mtu_breaks(view: View) -> Iterator[Finding]:
    """First cables whose ends differ, then what is between, then the ends of a segment."""
    told = set()
    for one, other in view.pairs:
        if one.mtu != other.mtu and one.up and other.up:
            narrow, wide = (one, other) if one.mtu < other.mtu else (other, one)
            if not view.is_port(wide):
                told.add(wide.id)
                yield _narrow_end(view, narrow, wide)
    for wire in view.wires:
        if len(wire.stations) > 1 or wire.ports:
            for finding in _on(view, wire):
                if finding.subject not in told:
                    yield finding


def _narrow_end(view: View, narrow: Link, wide: Link) -> Finding:
    return Finding(
        "mtu-break",
        Severity.WARNING,
        wide.id,
        f"sends up to {wide.mtu:,} bytes, but the other end of its cable, {view.address(narrow.id)}, takes "
        f"{narrow.mtu:,}: larger frames vanish",
        "Small packets pass, so that ping and the beginning of a connection work; then it hangs. Both ends of a cable "
        "should have the same MTU.",
        SetMtu(narrow.id, wide.mtu),
        many="send larger frames than the other ends of their cables take",
    )


def _on(view: View, wire: Wire) -> Iterator[Finding]:
    """Stations that send more than a way out takes; else those that take less than others send."""
    senders = [link for link in wire.stations.values() if link.kind not in ("bridge", "device") and link.up]
    if not senders:
        return
    ways_out = [port for port in wire.ports.values() if _leads_out(view, port)]
    narrowest = min(ways_out, key=lambda port: port.mtu, default=None)
    largest = max(sender.mtu for sender in senders)
    for sender in senders:
        if narrowest is not None and sender.mtu > narrowest.mtu:
            yield _narrow_way_out(view, sender, narrowest)
        elif sender.mtu < largest and (narrowest is None or sender.mtu < narrowest.mtu):
            yield _takes_less(sender, largest)


def _leads_out(view: View, port: Link) -> bool:
    """A NIC or a tunnel: frames go on from there to where we cannot look."""
    return port.up and port.kind not in PEERED_KINDS and not is_tap(port) and view.bridge_of(port) is not None


def _narrow_way_out(view: View, sender: Link, port: Link) -> Finding:
    way = view.address(port.id)
    return Finding(
        "mtu-break",
        Severity.WARNING,
        sender.id,
        f"sends up to {sender.mtu:,} bytes, but {way} on its segment carries {port.mtu:,}: larger frames vanish there",
        "A bridge drops a frame that is larger than the port it is to leave by, and tells nobody. Ping and the "
        "beginning of a connection work; then it hangs.",
        SetMtu(sender.id, port.mtu),
        many=f"send larger frames than {way} on their segment carries ({port.mtu:,} bytes)",
    )


def _takes_less(sender: Link, largest: int) -> Finding:
    return Finding(
        "mtu-differs",
        Severity.NOTE,
        sender.id,
        f"takes {sender.mtu:,} bytes, others on its segment send up to {largest:,}",
        "TCP agrees on the smaller size by itself. Larger UDP packets and pings to it vanish.",
        SetMtu(sender.id, largest),
        many=f"take less than others on their segment send (up to {largest:,} bytes)",
    )
