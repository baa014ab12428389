"""A forward policy that drops packets from port to port of a bridge: bridge-nf-call hands them to it."""

from collections.abc import Iterator
from typing import Final

from model.findings.finding import Finding, Severity
from model.findings.observed import Acceptance, DroppingChain
from model.findings.view import View
from model.link import Link
from model.names import display_name
from model.plan import Surroundings
from model.shell_ways import NoLine, inside, ways_of
from model.shell_words import shell_line

SYSCTLS: Final = {4: "bridge-nf-call-iptables", 6: "bridge-nf-call-ip6tables"}
WORDS: Final = {4: "IPv4", 6: "IPv6"}


def dropped(view: View) -> Iterator[Finding]:
    """Only where it is certain: no rule beside the policy could let packets of this bridge pass."""
    for bridge in view.bridges:
        forwarding = view.observed.forwarding.get(bridge.id.namespace)
        if forwarding is None or not forwarding.dropping or not bridge.up:
            continue
        busy = [port for port in view.graph.ports(bridge.id) if port.up and port.carrier]
        if len(busy) < 2:
            continue
        for family in sorted(forwarding.calls):
            chain = next((one for one in forwarding.dropping if one.family == family and _stops(one, bridge)), None)
            if chain is not None:
                yield _dropped(view, bridge, family, chain)


def _stops(chain: DroppingChain, bridge: Link) -> bool:
    """netfilter is shown the bridge as both links (br_netfilter: physindev and physoutdev are the ports)."""
    return not any(_lets_pass(accepted, bridge.name) for accepted in chain.accepts)


def _lets_pass(accepted: Acceptance, name: str) -> bool:
    return not accepted.only_answers and _names(accepted.inward, name) and _names(accepted.outward, name)


def _names(patterns: frozenset[str] | None, name: str) -> bool:
    if patterns is None or name in patterns:
        return True
    return any(pattern.endswith("*") and name.startswith(pattern[:-1]) for pattern in patterns)


def _switched_off(view: View, bridge: Link, family: int) -> str | None:
    """In the namespace of the bridge, from the program's own; None where no line leads there."""
    try:
        way = inside(ways_of(view.graph, Surroundings()), bridge.id.namespace)
    except NoLine:
        return None
    return shell_line([*way, "sysctl", "-w", f"net.bridge.{SYSCTLS[family]}=0"])


def _dropped(view: View, bridge: Link, family: int, chain: DroppingChain) -> Finding:
    return Finding(
        "forward-drops-bridged",
        Severity.ERROR,
        bridge.id,
        f"passes no {WORDS[family]} from port to port: {SYSCTLS[family]} is on, and {display_name(chain.name)} drops "
        "what no rule accepts",
        "Docker sets this policy, and stops everybody else's bridges with it. ARP still passes, so that neighbours are "
        "found and then do not answer. Accept what stays on the bridge, or switch the sysctl off if no firewall "
        "needs it.",
        _switched_off(view, bridge, family),
        many=f"pass no {WORDS[family]} from port to port: {SYSCTLS[family]} is on, and {display_name(chain.name)} "
        "drops what no rule accepts",
    )
