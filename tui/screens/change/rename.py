"""`r`: another name, and the old one as an altname."""

from collections.abc import Sequence

from textual.widget import Widget

from model.caption import full_name
from model.identity import LinkId
from model.intents import AddAltname, Intent, Rename
from model.inventory import Inventory
from model.labels import is_firm
from model.link import Link
from tui.screens.change.desk import Desk
from tui.screens.change.dialog import ChangeDialog, Missing, Wish
from tui.screens.change.offers import name_note
from tui.screens.change.rows import Air, Switches, Text, Told
from tui.screens.change.several import named

KEEP = "altname"


class RenameDialog(ChangeDialog):
    """The link may be up."""

    VERB = "Rename"

    def __init__(self, desk: Desk, link: Link) -> None:
        super().__init__(desk, lambda: f"Rename {named(desk.graph, [link.id])}", [link.id])
        self._link = link

    def fields(self) -> Sequence[Widget]:
        graph, link = self.desk.graph, self._link
        far = graph.peer(link.id)
        note = f"other end {full_name(graph, far)}" if isinstance(far, Link) else link.kind
        keep = [KEEP] if is_a_runtimes(graph, link.id) else []
        return [
            Told("is", link.name, note),
            Text("name", "becomes", link.name),
            Air(),
            Switches("and", "and", [(KEEP, "keep the old name as an altname")], keep),
        ]

    def tell(self) -> None:
        self.note("name", name_note(self.desk.graph, self._link.id.namespace, self.text("name"), self._link.id))

    def wish(self) -> Wish:
        name = self.text("name")
        link = self.desk.graph.link(self._link.id) or self._link
        if not name or name == link.name:
            return Missing("Type the name that it shall have.")
        wishes: list[Intent] = [Rename(link.id, name)]
        if KEEP in self.switched("and"):
            wishes.append(AddAltname(link.id, link.name))
        return wishes


def is_a_runtimes(graph: Inventory, link: LinkId) -> bool:
    """Either end of its cable is a container's: its runtime knows the old name."""
    far = graph.ends(link).peer
    spaces = {link.namespace, far.namespace if isinstance(far, LinkId) else link.namespace}
    return any(is_firm(owner) for space in spaces if space != graph.home for owner in graph.owners(space))
