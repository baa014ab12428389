"""A wish in a few words, as a person would say it: `attach veth8pUZr to br0`. For titles, logs and notices."""

from typing import assert_never

from model.caption import full_name
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
    ForgetLearned,
    Intent,
    LockPort,
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
from model.names import display_name
from model.whose import whose


def in_words(graph: Inventory, intent: Intent) -> str:
    """Fit to print. It speaks of things as they are called before it is done."""
    match intent:
        case CreateVeth():
            return f"new veth {_end(graph, intent.near)} to {_end(graph, intent.far)}"
        case CreateBridge():
            return f"new bridge {_new(graph, intent.namespace, intent.name)}"
        case CreateMacvlan():
            child = _new(graph, intent.namespace, intent.name)
            return f"new {intent.kind} {child} on {_link(graph, intent.parent)}, {intent.mode}"
        case CreateNamespace():
            return f"new namespace {display_name(intent.name)}"
        case DeleteNamespace():
            return f"delete namespace {whose(graph, intent.namespace).name}"
        case _:
            return _of_a_link(graph, intent)


_OfALink = (
    Delete
    | Rename
    | AddAltname
    | DeleteAltname
    | SetAlias
    | SetMac
    | Attach
    | Detach
    | Move
    | SetMacvlanMode
    | SetUp
    | SetMtu
    | AddAddress
    | DeleteAddress
    | SetPort
    | LockPort
    | ForgetLearned
    | SetBridge
)


def _of_a_link(graph: Inventory, intent: _OfALink) -> str:  # noqa: C901, PLR0911, PLR0912  one line each
    link = _link(graph, intent.link)
    match intent:
        case Delete():
            return f"delete {link}"
        case Rename(name=name):
            return f"rename {link} to {display_name(name)}"
        case AddAltname(name=name):
            return f"altname {display_name(name)} for {link}"
        case DeleteAltname(name=name):
            return f"no altname {display_name(name)} for {link}"
        case SetAlias(text=text):
            return f"alias of {link}: {display_name(text)}" if text else f"no alias for {link}"
        case SetMac(mac=mac):
            return f"MAC of {link}: {mac}"
        case Attach(bridge=bridge):
            return f"attach {link} to {_link(graph, bridge)}"
        case Detach():
            return f"detach {link}"
        case Move(namespace=space, name=name):
            return f"move {link} to {whose(graph, space).name}" + (f" as {display_name(name)}" if name else "")
        case SetMacvlanMode(mode=mode):
            return f"mode of {link}: {mode}"
        case SetUp(up=up):
            return f"set {link} {'up' if up else 'DOWN'}"
        case SetMtu(mtu=mtu):
            return f"MTU of {link}: {mtu}"
        case AddAddress(cidr=cidr):
            return f"address {cidr} on {link}"
        case DeleteAddress(cidr=cidr):
            return f"no address {cidr} on {link}"
        case SetPort(settings=settings):
            return f"port {link}: {_settings(settings)}"
        case LockPort(mac=mac):
            return f"lock {link} to {mac}"
        case ForgetLearned():
            return f"forget what was learned at {link}"
        case SetBridge(settings=settings):
            return f"bridge {link}: {_settings(settings)}"
        case _:
            assert_never(intent)


def _settings(settings: tuple[Setting, ...]) -> str:
    words = [
        f"{name} {'on' if value else 'off'}" if isinstance(value, bool) else f"{name} {value}"
        for name, value in settings
    ]
    return ", ".join(words)


def _link(graph: Inventory, link: LinkId) -> str:
    found = graph.link(link)
    return full_name(graph, found) if found is not None else "what is gone"


def _end(graph: Inventory, end: NewEnd) -> str:
    return _new(graph, end.namespace, end.name)


def _new(graph: Inventory, space: NamespaceId, name: str) -> str:
    shown = display_name(name)
    return shown if space == graph.home else f"{whose(graph, space).name}/{shown}"
