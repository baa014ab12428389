"""Names: made up anew at each start, given by udev, or borne by two."""

import shlex
from collections import defaultdict
from collections.abc import Iterator

from model.findings.cables import MADE_UP
from model.findings.finding import Finding, Severity
from model.findings.view import View
from model.identity import NamespaceId
from model.labels import is_firm
from model.link import Link
from model.names import display_name
from model.namespace import Owner
from model.policy import DERIVED, is_trusted

PINNABLE = frozenset({"lxc", "lxd", "incus", "docker", "podman"})
"""Runtimes whose host ends may be renamed, or given another name (kubernetes' are left alone)."""
TEMPLATE = "{owner}-{link}"
"""A name that tells whose cable it is; one that is too long for a link is shortened (model.pinned_names)."""
BY_COUNTING = "podman"
"""It counts: veth0 is whoever was started first."""


def random_names(view: View) -> Iterator[Finding]:
    """Host ends of containers whose name is another one after the next start. An altname is one that somebody gave."""
    home = view.graph.home
    for one, other in view.pairs:
        for near, far in ((one, other), (other, one)):
            if near.id.namespace != home or not near.name.startswith("veth"):
                continue
            owner = view.container(far.id.namespace)
            if owner is None or owner.runtime not in PINNABLE or near.altnames:
                continue
            counted = owner.runtime == BY_COUNTING and near.name.startswith("veth") and near.name[4:].isdecimal()
            if MADE_UP.fullmatch(near.name) or counted:
                yield _random(view, near, owner)


def _random(view: View, link: Link, owner: Owner) -> Finding:
    return Finding(
        "random-name",
        Severity.NOTE,
        link.id,
        "has a name and a MAC that are made up at each start of its container",
        "Firewall rules, graphs and scripts that name it miss it after a restart. A pin gives it the same name, MAC "
        "and link-local address each time.",
        f"jackfield pin {shlex.quote(view.address(link.id))} --name '{TEMPLATE}' --mac {DERIVED}"
        if is_trusted(owner)
        else None,
        many="have names and MACs that are made up at each start of their containers",
    )


def by_udev(view: View) -> Iterator[Finding]:
    """A virtual link whose name is a rule's choice."""
    for link_id, file in view.observed.udev_names.items():
        if view.graph.link(link_id) is not None:
            yield Finding(
                "named-by-udev",
                Severity.NOTE,
                link_id,
                f"has its name from a rule of udev: {display_name(file)}",
                "Whatever name a runtime or a pin gives it, the rule may change it again when the link appears.",
                many="have their names from rules of udev",
            )


def shared(view: View) -> Iterator[Finding]:
    """Two namespaces whose containers have the same name."""
    named: dict[str, set[NamespaceId]] = defaultdict(set)
    for namespace in view.graph.namespaces():
        for owner in view.graph.owners(namespace.id):
            if is_firm(owner) and owner.name:
                named[owner.name].add(namespace.id)
    for name, spaces in named.items():
        if len(spaces) > 1:
            first, *others = sorted(spaces)
            yield Finding(
                "duplicate-name",
                Severity.NOTE,
                first,
                f"is not the only one called {display_name(name)}: so {'is' if len(others) == 1 else 'are'} "
                + ", ".join(view.address(space) for space in others[:3])
                + (f" and {len(others) - 3:,} more" if len(others) > 3 else ""),
                "The name alone means several here. What is typed has to say which one: by pid:, inode: or id:.",
            )
