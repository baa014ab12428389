"""From what was typed to what is wished: names become links and namespaces, or the reason why they do not."""

import argparse
from collections.abc import Callable
from dataclasses import fields
from typing import Final

from backend.this_machine import netns_inode_of
from model.address_book import Ambiguous, NoSuch, the_link, the_namespace
from model.ethernet import canonical_mac
from model.identity import LinkId, NamespaceId
from model.intents import (
    AddAddress,
    AddAltname,
    Attach,
    CreateBridge,
    CreateMacvlan,
    CreateNamespace,
    CreateVeth,
    Delete,
    DeleteAddress,
    DeleteAltname,
    DeleteNamespace,
    Detach,
    Intent,
    Move,
    NewEnd,
    Rename,
    SetAlias,
    SetBridge,
    SetMac,
    SetMacvlanMode,
    SetMtu,
    SetPort,
    Setting,
    SetUp,
)
from model.inventory import Inventory
from model.link import Bridge, BridgePort
from tui.commands.exits import Exit

SHORT: Final = {"ageing": "ageing_s", "forward_delay": "forward_delay_s"}
"""Settings that are typed without their unit (seconds)."""


class Unclear(Exception):
    """What was typed means nothing, or too much."""

    def __init__(self, text: str, exit_status: Exit = Exit.USAGE, code: str = "usage") -> None:
        super().__init__(text)
        self.text = text
        self.exit_status = exit_status
        self.code = code


def wish_of(graph: Inventory, typed: argparse.Namespace) -> Intent:
    """The wish. Raises Unclear."""
    if typed.command in ("add", "delete"):
        return _ADD[typed.kind](graph, typed) if typed.command == "add" else _delete(graph, typed)
    link = a_link(graph, typed.link)
    if typed.command in ("up", "down"):
        return SetUp(link, typed.command == "up")
    match typed.command:
        case "rename":
            return Rename(link, typed.name)
        case "altname":
            return AddAltname(link, typed.name) if typed.what == "add" else DeleteAltname(link, typed.name)
        case "address":
            return AddAddress(link, typed.cidr) if typed.what == "add" else DeleteAddress(link, typed.cidr)
        case "move":
            return Move(link, a_namespace(graph, typed.namespace), typed.name)
        case "attach":
            return Attach(link, a_link(graph, typed.bridge))
        case "detach":
            return Detach(link)
        case _:
            return _value(link, typed)


def _value(link: LinkId, typed: argparse.Namespace) -> Intent:
    match typed.command:
        case "alias":
            return SetAlias(link, typed.text)
        case "mac":
            return SetMac(link, a_mac(typed.mac))
        case "mode":
            return SetMacvlanMode(link, typed.mode, _sources(typed))
        case "mtu":
            return SetMtu(link, typed.mtu)
        case "port":
            return SetPort(link, _settings(typed.settings, BridgePort()))
        case "bridge":
            return SetBridge(link, _settings(typed.settings, Bridge()))
    raise ValueError(typed.command)


# Things that are to be


def _veth(graph: Inventory, typed: argparse.Namespace) -> Intent:
    near, far = a_place(graph, typed.a), a_place(graph, typed.b)
    up = not typed.down
    return CreateVeth(
        NewEnd(*near, _maybe_mac(typed.mac), _maybe_link(graph, typed.master), up),
        NewEnd(*far, _maybe_mac(typed.peer_mac), _maybe_link(graph, typed.peer_master), up),
        typed.mtu,
    )


def _bridge(graph: Inventory, typed: argparse.Namespace) -> Intent:
    return CreateBridge(*a_place(graph, typed.name), _maybe_mac(typed.mac), up=not typed.down)


def _macvlan(graph: Inventory, typed: argparse.Namespace) -> Intent:
    parent = a_link(graph, typed.on)
    space, name = a_place(graph, typed.name)
    mac = _maybe_mac(typed.mac)
    return CreateMacvlan(parent, space, name, typed.mode, typed.kind, mac, _sources(typed), up=not typed.down)


def _netns(_graph: Inventory, typed: argparse.Namespace) -> Intent:
    return CreateNamespace(typed.name)


_ADD: Final[dict[str, Callable[[Inventory, argparse.Namespace], Intent]]] = {
    "veth": _veth,
    "bridge": _bridge,
    "macvlan": _macvlan,
    "macvtap": _macvlan,
    "netns": _netns,
}


def _delete(graph: Inventory, typed: argparse.Namespace) -> Intent:
    if typed.link.startswith("netns:") and "/" not in typed.link:
        return DeleteNamespace(a_namespace(graph, typed.link))
    return Delete(a_link(graph, typed.link))


# Names


def a_link(graph: Inventory, text: str) -> LinkId:
    """The one link that this means. Raises Unclear."""
    match the_link(graph, text, netns_inode_of):
        case NoSuch():
            raise Unclear(f"{text}: no link that we can see is called so", Exit.NO_SUCH, "no-such")
        case Ambiguous(candidates=candidates):
            raise Unclear(f"{text}: several links are called so: {', '.join(candidates)}", Exit.NO_SUCH, "ambiguous")
        case link:
            return link.id


def a_namespace(graph: Inventory, text: str) -> NamespaceId:
    """The one namespace that this means. Raises Unclear."""
    match the_namespace(graph, text, netns_inode_of):
        case NoSuch():
            raise Unclear(f"{text}: no namespace that we can see is called so", Exit.NO_SUCH, "no-such")
        case Ambiguous(candidates=candidates):
            many = ", ".join(candidates)
            raise Unclear(f"{text}: several namespaces are called so: {many}", Exit.NO_SUCH, "ambiguous")
        case space:
            return space


def a_place(graph: Inventory, text: str) -> tuple[NamespaceId, str]:
    """Where a new link is to be, and its name: `NS/NAME`, or `NAME` on the host. Raises Unclear."""
    place, slash, name = text.rpartition("/")
    return a_namespace(graph, place if slash else "host"), name


def a_mac(text: str) -> str:
    """In the kernel's form. Raises Unclear."""
    mac = canonical_mac(text)
    if mac is None:
        raise Unclear(f"{text}: no MAC address; one is 02:42:ac:11:00:02")
    return mac


def _maybe_mac(text: str | None) -> str | None:
    return None if text is None else a_mac(text)


def _maybe_link(graph: Inventory, text: str | None) -> LinkId | None:
    return None if text is None else a_link(graph, text)


def _sources(typed: argparse.Namespace) -> tuple[str, ...]:
    if typed.source and typed.mode != "source":
        raise Unclear("--source: only mode source listens to MACs")
    return tuple(a_mac(text) for text in typed.source)


# Settings


def _settings(typed: list[str], pattern: Bridge | BridgePort) -> tuple[Setting, ...]:
    """`isolated=on`, `cost=10`. Raises Unclear."""
    return tuple(_setting(text, pattern) for text in typed)


def _setting(text: str, pattern: Bridge | BridgePort) -> Setting:
    name, equals, value = text.partition("=")
    name = SHORT.get(name, name)
    known = {field.name: getattr(pattern, field.name) for field in fields(pattern)}
    known = {one: default for one, default in known.items() if isinstance(default, bool | int | float)}
    if not equals or name not in known:
        there_are = ", ".join(one.removesuffix("_s") for one in known)
        raise Unclear(f"{text}: NAME=VALUE, and NAME one of {there_are}")
    if isinstance(known[name], bool):
        if value not in ("on", "off"):
            raise Unclear(f"{text}: on or off")
        return name, value == "on"
    if not (value.isascii() and value.isdecimal() and len(value) < 10):
        raise Unclear(f"{text}: a number")
    return name, int(value)
