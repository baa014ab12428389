"""What a change wished for, to be wished for again: new links get the MACs that they had, and are known by.

The kernel makes up a MAC where none is asked for, and another one each time.
"""

import dataclasses
from collections.abc import Iterable, Mapping

from model.identity import NamespaceId
from model.intents import CreateBridge, CreateMacvlan, CreateVeth, Intent, NewEnd, Several
from model.plan import Left

_Macs = Mapping[tuple[NamespaceId, str], str]


def wished_again(wish: Intent | Several, done: Iterable[Left]) -> tuple[Intent, ...]:
    """Its wishes, each alone. `done`: what its links were when it had been done."""
    macs = {
        (one.link.namespace, one.state.name): one.state.mac
        for one in done
        if one.state is not None and one.state.mac is not None
    }
    return tuple(_with_macs(one, macs) for one in (wish.intents if isinstance(wish, Several) else (wish,)))


def _with_macs(wish: Intent, macs: _Macs) -> Intent:
    match wish:
        case CreateVeth():
            return dataclasses.replace(wish, near=_end(wish.near, macs), far=_end(wish.far, macs))
        case CreateBridge(mac=None):
            return dataclasses.replace(wish, mac=macs.get((wish.namespace, wish.name)))
        case CreateMacvlan(mac=None) if wish.mode != "passthru":  # there it has its parent's
            return dataclasses.replace(wish, mac=macs.get((wish.namespace, wish.name)))
        case _:
            return wish


def _end(end: NewEnd, macs: _Macs) -> NewEnd:
    return end if end.mac is not None else dataclasses.replace(end, mac=macs.get((end.namespace, end.name)))
