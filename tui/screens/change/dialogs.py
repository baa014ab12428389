"""The dialog of each key that changes something. Loaded when the first one opens."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from model.identity import LinkId
from model.link import Link
from tui.screens.change.attach import AttachDialog
from tui.screens.change.delete import DeleteDialog
from tui.screens.change.desk import Desk
from tui.screens.change.detach import DetachDialog
from tui.screens.change.dialog import ChangeDialog
from tui.screens.change.edit import EditDialog
from tui.screens.change.mac import MacDialog
from tui.screens.change.mode import ModeDialog
from tui.screens.change.move import MoveDialog
from tui.screens.change.new import NewDialog, start_at
from tui.screens.change.opening import Subject, is_for_a_new_cable, targets
from tui.screens.change.rename import RenameDialog
from tui.screens.change.up_down import UpDownDialog

Maker = Callable[[Desk, Sequence[LinkId]], ChangeDialog]


def _of_one(make: Callable[[Desk, Link], ChangeDialog]) -> Maker:
    def of_first(desk: Desk, links: Sequence[LinkId]) -> ChangeDialog:
        link = desk.graph.link(links[0])
        if link is None:
            raise LookupError(links[0])
        return make(desk, link)

    return of_first


_OF_LINKS: Final[Mapping[str, Maker]] = {
    "attach": AttachDialog,
    "detach": DetachDialog,
    "rename": _of_one(RenameDialog),
    "mac": _of_one(MacDialog),
    "mode": ModeDialog,
    "move": MoveDialog,
    "up-down": UpDownDialog,
    "edit": _of_one(EditDialog),
    "delete": DeleteDialog,
}


def dialog_for(desk: Desk, action: str, subject: Subject | None, marked: Sequence[LinkId] = ()) -> ChangeDialog:
    """The dialog; after `opening.why_not` has said None. Raises LookupError where the link is gone since."""
    if action == "new" or (not marked and is_for_a_new_cable(desk.graph, action, subject)):
        return NewDialog(desk, start_at(desk.graph, subject))
    if action == "delete" and isinstance(subject, str) and not marked:
        return DeleteDialog(desk, subject)
    return _OF_LINKS[action](desk, targets(desk.graph, subject, marked))
