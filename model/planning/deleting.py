"""Taking links and namespaces away."""

from collections.abc import Sequence
from typing import Final

from model.intents import CreateNamespace, Delete, DeleteNamespace
from model.labels import owns_links
from model.link import Link, Tun
from model.operations import AddNamespace, DeleteLink, DropNamespace, NameNamespace
from model.planning.draft import Draft, Refused, typed
from model.planning.restoring import can_be_made, doomed_with, remade
from model.planning.rules import check_namespace_name, not_loopback
from model.planning.runtimes import ask_for_inside, leave_cni_alone, losing
from model.stage import outlives_its_names

MOST_NAMED: Final = 5
"""Links with the same fate that are named; the rest is counted."""


def delete(draft: Draft, wish: Delete) -> None:
    """A link, its other end, and what stands on them."""
    link = draft.link(wish.link)
    not_loopback(draft, link, "deleted", "Operation not supported")
    if link.kind == "device":
        raise Refused(
            "cannot-delete",
            f"{draft.called(link.id)}: a NIC goes with its hardware",
            f"take it down: {typed('down', draft.called(link.id))}",
            kernel="Operation not supported",
        )
    doomed = doomed_with(draft, link)
    for one in doomed.links:
        leave_cni_alone(draft, one)
        ask_for_inside(draft, one, "this")
    losing(draft, doomed.links)
    _lose_each(draft, doomed.links[1:], "goes with it", "goes-too")
    _lose_each(draft, draft.graph.ports(link.id), "is unplugged", "unplugged")
    if isinstance(link.detail, Tun):
        holder = draft.graph.holder(link.id)
        if holder is not None:
            draft.lose(f"{holder.comm} {holder.pid} loses the tap that it holds", "tap-held")
    undo = remade(draft, doomed)
    draft.step(DeleteLink(draft.handle(link)), *undo)
    if not can_be_made(draft, link):
        draft.ask_name(link.name, f"{draft.called(link.id)} cannot be made again: a {link.kind} is not undone")


def _lose_each(draft: Draft, links: Sequence[Link], fate: str, code: str) -> None:
    for one in links[:MOST_NAMED]:
        draft.lose(f"{draft.called(one.id)} {fate}", code)
    if len(links) > MOST_NAMED:
        draft.lose(f"and {len(links) - MOST_NAMED:,} more: each {fate}", code)


def create_namespace(draft: Draft, wish: CreateNamespace) -> None:
    """A namespace with a name."""
    check_namespace_name(draft, wish.name)
    draft.step(AddNamespace(wish.name), DropNamespace(wish.name))


def delete_namespace(draft: Draft, wish: DeleteNamespace) -> None:
    """Its names; and the namespace, where nothing else keeps it."""
    graph = draft.graph
    seen = graph.namespace(wish.namespace)
    if seen is None:
        raise Refused("no-such-namespace", f"{wish.namespace}: this namespace is gone")
    name = draft.called(seen.id)
    if not seen.names:
        owners = ", ".join(sorted({owner.name for owner in graph.owners(seen.id)}))
        raise Refused(
            "namespace-nameless",
            f"{name}: it has no ip netns name that could be taken away",
            f"it ends with what runs in it: {owners}" if owners else "it ends with its last process",
        )
    if any(owner.runtime == "kubernetes" and owner.proved for owner in graph.owners(seen.id)):
        raise Refused("cni-managed", f"{name}: it belongs to a pod: its runtime manages it", "delete the pod")
    stays = outlives_its_names(graph, seen)
    links = [link for link in graph.links(seen.id) if link.kind != "loopback"]
    for held in seen.names:
        again = NameNamespace(seen.id, held) if stays else AddNamespace(held)
        draft.step(DropNamespace(held, seen.id), again)
    for owner in graph.owners(seen.id):
        if owns_links(owner) and owner.runtime != "process":
            draft.mind(f"{owner.runtime} {owner.name} may look for this name", "runtime-unknown")
    if stays:
        draft.mind(f"{name} lives on without the name: a process holds it", "namespace-stays")
        return
    draft.forget(f"{name} itself: another, empty one takes its name")
    _say_what_dies(draft, links)
    if links:
        draft.ask_name(seen.names[0], f"{name} dies with {len(links)} links in it, and cannot be made again as it was")


def _say_what_dies(draft: Draft, links: list[Link]) -> None:
    for link in links:
        name = draft.called(link.id)
        if link.kind == "device":
            draft.mind(f"{name} goes back to the host", "nic-goes-home")
            continue
        for one in doomed_with(draft, link).links:
            draft.lose(f"{draft.called(one.id)} is deleted", "goes-too")
            draft.forget(f"{draft.called(one.id)} ({one.kind})")
