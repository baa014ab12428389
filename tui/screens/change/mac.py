"""`m`: another MAC."""

from collections.abc import Sequence

from textual.widget import Widget

from model.ethernet import canonical_mac, link_local
from model.intents import SetMac
from model.link import Link
from tui.screens.change.desk import Desk
from tui.screens.change.dialog import ChangeDialog, Missing, Wish
from tui.screens.change.offers import mac_note
from tui.screens.change.rows import Note, Offer, Text, Told
from tui.screens.change.several import named


class MacDialog(ChangeDialog):
    """With the link-local address that follows from it."""

    VERB = "Set"

    def __init__(self, desk: Desk, link: Link) -> None:
        super().__init__(desk, lambda: f"MAC of {named(desk.graph, [link.id])}", [link.id])
        self._link = link

    def fields(self) -> Sequence[Widget]:
        now = self._link.mac or "none"
        return [
            Told("is", now, link_local(self._link.mac) or ""),
            Text("mac", "becomes", offers=self._offers, placeholder="02:42:ac:11:00:02"),
        ]

    def _offers(self, text: str) -> Sequence[Offer]:
        fresh = [Offer(mac, "random, locally administered") for mac in self.surroundings.fresh_macs]
        return [offer for offer in fresh[:1] if offer.text.startswith(text.lower())]

    def tell(self) -> None:
        text = self.text("mac")
        note = mac_note(self.desk.graph, text, self._link.id) if text else Note("down offers a random one")
        self.note("mac", note)

    def wish(self) -> Wish:
        mac = canonical_mac(self.text("mac"))
        return Missing("Type the MAC that it shall have.") if mac is None else [SetMac(self._link.id, mac)]
