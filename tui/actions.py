"""Everything that can be done, in one table: keys, footer, palette and help are made from it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from textual.binding import Binding


class Place(StrEnum):
    """Where an action means something."""

    MAP = "map"
    TREE = "tree"
    TABLE = "table"
    REACH = "reach"
    EVENTS = "events"
    POLICY = "policy"
    FOCUS = "focus"


EVERYWHERE: Final = frozenset(Place)


class Purpose(StrEnum):
    """What an action is for: the sections of the help."""

    MOVE = "MOVE"
    LOOK = "LOOK"
    CHANGE = "CHANGE"
    PROGRAM = "PROGRAM"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that can be done. Its id is for ever: keymaps and the manual go by it."""

    id: str
    keys: tuple[str, ...]
    """As Textual names them; the first one is shown."""
    label: str
    """One or two words, for the footer."""
    help: str
    """A line, for the help and the palette."""
    purpose: Purpose
    places: frozenset[Place] = EVERYWHERE
    shown: str = ""
    """The keys in words; the first key's own name where empty."""
    is_deed: bool = True
    """It is in the palette. Moving is not."""
    told_with: str = ""
    """The action whose line in the help speaks for this one, too."""

    @property
    def key(self) -> str:
        """The key in words."""
        return self.shown or self.keys[0]


PATCH: Final = frozenset({Place.MAP, Place.TREE})
TABLE: Final = frozenset({Place.TABLE})
EVENTS: Final = frozenset({Place.EVENTS})
REACH: Final = frozenset({Place.REACH})
FOCUS: Final = frozenset({Place.FOCUS})
POLICY: Final = frozenset({Place.POLICY})
THINGS: Final = PATCH | TABLE | FOCUS | REACH
"""Where something is selected that can be changed."""

ACTIONS: Final = (
    Action("up", ("up", "k"), "Up", "move, unfold, cross", Purpose.MOVE, shown="arrows hjkl", is_deed=False),
    Action("down", ("down", "j"), "Down", "", Purpose.MOVE, told_with="up", is_deed=False),
    Action("left", ("left", "h"), "Left", "", Purpose.MOVE, PATCH | FOCUS | REACH, told_with="up", is_deed=False),
    Action("right", ("right", "l"), "Right", "", Purpose.MOVE, PATCH | FOCUS | REACH, told_with="up", is_deed=False),
    Action("page-up", ("pageup",), "Page up", "pages and ends", Purpose.MOVE, shown="pgup home", is_deed=False),
    Action("page-down", ("pagedown",), "Page down", "", Purpose.MOVE, told_with="page-up", is_deed=False),
    Action("first", ("home",), "First", "", Purpose.MOVE, told_with="page-up", is_deed=False),
    Action("last", ("end",), "Last", "", Purpose.MOVE, told_with="page-up", is_deed=False),
    Action("next-segment", ("right_square_bracket",), "Next bridge", "next, previous one", Purpose.MOVE, PATCH, "] ["),
    Action("previous-segment", ("left_square_bracket",), "Previous", "", Purpose.MOVE, PATCH, "[",
           told_with="next-segment", is_deed=False),
    Action("follow", ("o",), "Other end", "other end of the cable", Purpose.MOVE, PATCH | TABLE | FOCUS),
    Action("back", ("backspace", "minus"), "Back", "back from a jump", Purpose.MOVE, shown="backspace -"),
    Action("open", ("enter",), "Open", "whole detail", Purpose.LOOK, PATCH | TABLE),
    Action("centre", ("enter",), "Centre", "look at the box", Purpose.LOOK, FOCUS),
    Action("more-hops", ("plus",), "Hops", "more, fewer hops", Purpose.LOOK, FOCUS, "+ _"),
    Action("fewer-hops", ("underscore",), "Fewer", "", Purpose.LOOK, FOCUS, "_", told_with="more-hops"),
    Action("previous-box", ("shift+tab",), "Previous", "", Purpose.MOVE, FOCUS, told_with="up", is_deed=False),
    Action("jump", ("enter",), "Go there", "go to it", Purpose.LOOK, EVENTS | REACH | POLICY),
    Action("fold", ("space",), "Fold", "fold or unfold", Purpose.LOOK, PATCH),
    Action("fold-all", ("Z",), "Fold all", "fold or unfold all", Purpose.LOOK, PATCH),
    Action("open-class", ("space",), "Open class", "its members, one a row", Purpose.LOOK, REACH),
    Action("mark", ("v", "space"), "Mark", "mark for a deed", Purpose.LOOK, TABLE, "v space"),
    Action("mark-all", ("V",), "Mark all", "mark all, or none", Purpose.LOOK, TABLE),
    Action("sort", ("s",), "Sort", "by the next column", Purpose.LOOK, TABLE),
    Action("reverse", ("S",), "Reverse", "the other way round", Purpose.LOOK, TABLE),
    Action("columns", ("c",), "Columns", "choose the columns", Purpose.LOOK, TABLE),
    Action("pause", ("space",), "Pause", "stop the list, go on", Purpose.LOOK, EVENTS),
    Action("focus", ("f",), "Focus", "it and its neighbours", Purpose.LOOK),
    Action("path", ("P",), "Path", "who it reaches", Purpose.LOOK, THINGS | POLICY),
    Action("doctor", ("exclamation_mark",), "Doctor", "what is wrong here", Purpose.LOOK, shown="!"),
    Action("filter", ("slash",), "Filter", "text, state:down, !x", Purpose.LOOK, shown="/"),
    Action("copy", ("y",), "Copy", "copy the address", Purpose.LOOK),
    Action("export", ("E",), "Export", "a picture or a file", Purpose.LOOK),
    Action("next-pane", ("tab",), "Next pane", "next pane", Purpose.LOOK, shown="tab", is_deed=False),
    Action("whole", ("f10",), "Whole screen", "this pane alone", Purpose.LOOK, shown="F10"),
    Action("new", ("n",), "New", "new veth, bridge ...", Purpose.CHANGE),
    Action("attach", ("a",), "Attach", "plug it into a bridge", Purpose.CHANGE, THINGS),
    Action("detach", ("d",), "Detach", "unplug it", Purpose.CHANGE, THINGS),
    Action("rename", ("r",), "Rename", "another name", Purpose.CHANGE, THINGS),
    Action("mac", ("m",), "MAC", "another MAC", Purpose.CHANGE, THINGS),
    Action("mode", ("M",), "Mode", "another macvlan mode", Purpose.CHANGE, THINGS),
    Action("move", ("t",), "Move", "to another namespace", Purpose.CHANGE, THINGS),
    Action("up-down", ("i",), "Up, down", "up or down", Purpose.CHANGE, THINGS),
    Action("edit", ("e",), "Edit", "MTU, addresses, port", Purpose.CHANGE, THINGS),
    Action("delete", ("x",), "Delete", "delete it", Purpose.CHANGE, THINGS),
    Action("pin", ("p",), "Pin", "keep its name, its MAC", Purpose.CHANGE),
    Action("guard", ("g",), "Guard", "guard or seal it", Purpose.CHANGE),
    Action("let-go", ("x",), "Remove", "keep it no longer", Purpose.CHANGE, POLICY),
    Action("apply-drift", ("A",), "Apply drift", "as the policy asks", Purpose.CHANGE, POLICY),
    Action("undo", ("u",), "Undo", "undo, redo", Purpose.CHANGE, shown="u ctrl+r"),
    Action("redo", ("ctrl+r",), "Redo", "do it again", Purpose.CHANGE, told_with="undo"),
    Action("keep", ("ctrl+s",), "Keep", "keep what goes back", Purpose.CHANGE),
    Action("log", ("at",), "Commands", "what was run", Purpose.CHANGE, shown="@"),
    Action("map", ("1",), "Map", "map, tree, table ...", Purpose.PROGRAM, shown="1 ... 6"),
    Action("tree", ("2",), "Tree", "the outline", Purpose.PROGRAM, told_with="map"),
    Action("table", ("3",), "Table", "every link", Purpose.PROGRAM, told_with="map"),
    Action("reach", ("4",), "Reach", "who can talk to whom", Purpose.PROGRAM, told_with="map"),
    Action("events", ("5",), "Events", "what happened", Purpose.PROGRAM, told_with="map"),
    Action("policy", ("6",), "Policy", "what must stay true", Purpose.PROGRAM, told_with="map"),
    Action("palette", ("colon", "ctrl+p"), "Palette", "go to or do anything", Purpose.PROGRAM, shown=": ctrl+p",
           is_deed=False),
    Action("help", ("question_mark", "f1"), "Help", "this help", Purpose.PROGRAM, shown="? F1"),
    Action("theme", (), "Light or dark", "the other theme", Purpose.PROGRAM),
    Action("practice-lab", ("D",), "Practice lab", "a safe place to try", Purpose.PROGRAM),
    Action("leave", ("escape",), "Leave", "leave a filter, a path", Purpose.PROGRAM, shown="esc", is_deed=False),
    Action("suspend", ("ctrl+z",), "Suspend", "back to the shell; fg", Purpose.PROGRAM, told_with="quit"),
    Action("quit", ("q", "ctrl+q"), "Quit", "end the program", Purpose.PROGRAM, shown="q"),
)  # fmt: skip

FOOTER: Final = {
    Place.MAP: ("open", "follow", "focus", "filter", "attach", "detach", "new", "rename", "fold", "undo",
                "guard", "pin", "log", "copy", "palette", "help", "quit"),
    Place.TREE: ("open", "follow", "focus", "filter", "attach", "detach", "new", "rename", "fold", "undo",
                 "guard", "pin", "log", "copy", "palette", "help", "quit"),
    Place.TABLE: ("open", "mark", "sort", "columns", "filter", "up-down", "delete", "attach", "detach", "focus",
                  "follow", "guard", "pin", "copy", "palette", "help", "quit"),
    Place.FOCUS: ("centre", "more-hops", "back", "filter", "attach", "detach", "guard", "pin", "copy", "palette",
                  "help", "quit"),
    Place.REACH: ("jump", "open-class", "path", "mode", "copy", "focus", "filter", "export", "palette", "help", "quit"),
    Place.POLICY: ("jump", "pin", "guard", "let-go", "apply-drift", "undo", "filter", "log", "copy", "palette", "help",
                   "quit"),
    Place.EVENTS: ("jump", "pause", "filter", "undo", "log", "copy", "palette", "help", "quit"),
}  # fmt: skip
EMPTY_FOOTER: Final = ("new", "practice-lab", "filter", "palette", "help", "quit")
IN_FOOTER: Final = {"palette": ":", "help": "?", "mark": "v", "back": "backspace", "undo": "u"}
"""Where the footer shows fewer keys than the help."""


def actions_of(place: Place) -> Iterator[Action]:
    """What can be done in a place."""
    return (action for action in ACTIONS if place in action.places)


def action_by_id(action: str) -> Action:
    """Raises KeyError."""
    return _BY_ID[action]


def bindings_of(place: Place) -> list[Binding]:
    """The keys of a place, each with its action's id, so that they can be remapped by it."""
    bindings = []
    taken: dict[str, str] = {}
    for action in actions_of(place):
        for key in action.keys:
            if key in taken:
                raise ValueError(f"key {key} of {action.id} is {taken[key]}'s already")
            taken[key] = action.id
        if action.keys:
            name = f"jackfield.{action.id}"
            bindings.append(Binding(",".join(action.keys), f"press('{action.id}')", action.label, show=False, id=name))
    return bindings


_BY_ID: Final = {action.id: action for action in ACTIONS}
