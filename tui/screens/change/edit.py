"""`e`: the rest: MTU, alias, addresses, and how a bridge works or treats its port."""

from collections.abc import Iterator, Sequence
from dataclasses import fields as fields_of
from ipaddress import ip_interface
from typing import Final

from textual.widget import Widget

from model.intents import (
    AddAddress,
    DeleteAddress,
    Intent,
    SetAlias,
    SetBridge,
    SetMtu,
    SetPort,
    Setting,
)
from model.link import Bridge, BridgePort, Link
from model.names import is_plain
from tui.screens.change.desk import Desk
from tui.screens.change.dialog import ChangeDialog, Missing, Wish
from tui.screens.change.rows import Note, Switches, Text
from tui.screens.change.several import named

NUMBERS: Final = {"cost": "cost", "priority": "priority", "ageing_s": "ageing"}
"""Settings that are numbers, and what they are called."""
FLAGS: Final = {"multicast_snooping": "mcast snooping"}
"""Settings whose names are too long for a column."""


class EditDialog(ChangeDialog):
    """Each field holds what is; the wishes are the differences."""

    VERB = "Apply"

    def __init__(self, desk: Desk, link: Link) -> None:
        super().__init__(desk, lambda: f"Edit {named(desk.graph, [link.id])}", [link.id])
        self._link = link
        self._addresses = tuple(
            address.cidr for address in desk.graph.addresses(link.id) if address.scope in ("global", "site")
        )
        self._alias = link.alias or ""
        self._settings = _settings_of(link)

    def fields(self) -> Sequence[Widget]:
        rows: list[Widget] = [
            Text("mtu", "mtu", str(self._link.mtu)),
            Text("alias", "alias", self._alias if is_plain(self._alias) else "", placeholder=self._placeholder),
            Text("addresses", "addresses", " ".join(self._addresses), placeholder="192.168.1.50/24 ..."),
        ]
        flags = [
            (name, FLAGS.get(name, name.replace("_", " "))) for name, value in self._settings if isinstance(value, bool)
        ]
        if flags:
            rows.append(
                Switches("flags", self._sort, flags, [name for name, value in self._settings if value is True], 3)
            )
        for name, value in self._settings:
            if not isinstance(value, bool):
                rows.append(Text(name, NUMBERS[name], str(value)))
        return rows

    @property
    def _placeholder(self) -> str:
        return (
            "a note for people" if is_plain(self._alias) or not self._alias else "stays: it holds what cannot be typed"
        )

    @property
    def _sort(self) -> str:
        return "bridge" if isinstance(self._link.detail, Bridge) else "port"

    def tell(self) -> None:
        mtu = self.text("mtu")
        self.note(
            "mtu", Note("bytes" if mtu.isdecimal() else "no number of bytes", "muted" if mtu.isdecimal() else "danger")
        )
        bad = [text for text in self.text("addresses").split() if _cidr(text) is None]
        self.note(
            "addresses", Note(f"{bad[0]}: no address with a prefix", "danger") if bad else Note("with prefix lengths")
        )

    def wish(self) -> Wish:
        mtu = self.text("mtu")
        wanted = [_cidr(text) for text in self.text("addresses").split()]
        numbers = [self.text(name) for name, value in self._settings if not isinstance(value, bool)]
        if not (mtu.isdecimal() and mtu.isascii()) or None in wanted or not all(_is_number(text) for text in numbers):
            return Missing("Something cannot be read: see beside the fields.")
        wishes = [*self._wishes(int(mtu), [cidr for cidr in wanted if cidr is not None])]
        return wishes or Missing("Change what shall be different.")

    def _wishes(self, mtu: int, addresses: list[str]) -> Iterator[Intent]:
        link = self._link.id
        if mtu != self._link.mtu:
            yield SetMtu(link, mtu)
        alias = self.text("alias")
        if alias != self._alias and (alias or is_plain(self._alias)):
            yield SetAlias(link, alias)
        for cidr in self._addresses:
            if cidr not in addresses:
                yield DeleteAddress(link, cidr)
        for cidr in addresses:
            if cidr not in self._addresses:
                yield AddAddress(link, cidr)
        settings = tuple(self._changed_settings())
        if settings and isinstance(self._link.detail, Bridge):
            yield SetBridge(link, settings)
        elif settings:
            yield SetPort(link, settings)

    def _changed_settings(self) -> Iterator[Setting]:
        for name, before in self._settings:
            after = name in self.switched("flags") if isinstance(before, bool) else int(self.text(name))
            if after != before:
                yield name, after


def _settings_of(link: Link) -> tuple[Setting, ...]:
    """What there is to set: of the bridge that it is, else of the port."""
    holder = link.detail if isinstance(link.detail, Bridge) else link.port
    if not isinstance(holder, Bridge | BridgePort):
        return ()
    kept: list[Setting] = []
    for field in fields_of(holder):
        value = getattr(holder, field.name)
        if isinstance(value, bool):
            kept.append((field.name, value))
        elif field.name in NUMBERS:
            kept.append((field.name, int(value)))
    return tuple(kept)


def _cidr(text: str) -> str | None:
    try:
        found = ip_interface(text)
    except ValueError:
        return None
    return str(found) if "/" in text else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10
