"""The examination of a whole host: every check, one after the other, and what they found put in order."""

from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Final

from model.findings import (
    bridges,
    cables,
    duplicates,
    forwarding,
    link_locals,
    loops,
    macvlans,
    names,
    nics,
    sizes,
    spoofing,
)
from model.findings.finding import ORDER, Finding
from model.findings.observed import Observed
from model.findings.view import View
from model.inventory import Inventory

Check = Callable[[View], Iterator[Finding]]

CHECKS: Final[tuple[Check, ...]] = (
    loops.loops,
    duplicates.macs,
    duplicates.addresses,
    forwarding.dropped,
    bridges.ports,
    bridges.moving_mac,
    cables.inside_down,
    cables.orphans,
    sizes.mtu_breaks,
    nics.lent,
    macvlans.host_unreachable,
    link_locals.stale,
    names.shared,
    names.by_udev,
    names.random_names,
    spoofing.can_forge,
)
"""In the order in which their findings are told, within the same severity."""

MOST_ALIKE: Final = 3
"""More findings alike than this are told as one."""


Examination = Generator[None, None, tuple[Finding, ...]]
"""Steps of a millisecond or a few; the findings are what it returns."""


def findings(graph: Inventory, observed: Observed) -> tuple[Finding, ...]:
    """What is wrong here, and what is good to know: the gravest first, what is alike together."""
    steps = examine(graph, observed)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return tuple(done.value)


def examine(graph: Inventory, observed: Observed) -> Examination:
    """The same, step by step. Where the graph changes in between, what is found is partly of before."""
    view = View(graph, observed)
    yield
    found: list[Finding] = []
    for check in CHECKS:
        found += check(view)
        yield
    return tuple(sorted(_gathered(found), key=lambda finding: ORDER.index(finding.severity)))


def _gathered(found: Iterable[Finding]) -> Iterator[Finding]:
    """Of many alike one, which counts them."""

    def alike(finding: Finding) -> tuple[str, ...]:
        return finding.code, finding.severity, finding.many

    groups: dict[tuple[str, ...], list[Finding]] = {}
    for finding in found:
        groups.setdefault(alike(finding), []).append(finding)
    for (_, _, many), members in groups.items():
        if many and len(members) > MOST_ALIKE:
            yield _together(members)
        else:
            yield from members


def _together(members: list[Finding]) -> Finding:
    first, *others = members
    return Finding(
        first.code,
        first.severity,
        first.subject,
        f"and {len(others):,} more {first.many}",
        first.explanation,
        first.fix,
        first.many,
        tuple(other.subject for other in others),
        tuple(finding.fix for finding in members),
    )
