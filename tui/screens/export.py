"""Take a picture of what is on the screen, or a file for another program."""

from pathlib import Path
from typing import ClassVar, Final, NamedTuple

from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widget import Widget

from tui.screens.dialog import Dialog, closed, framed
from tui.session import Subject
from tui.widgets.line import Line
from tui.widgets.painted import Painted, Pane

MOST_HOPS: Final = 4


CONFIG: Final = "config"
"""These forms are about what is selected, and nothing else."""


class Form(NamedTuple):
    """A format that is offered."""

    sort: str
    name: str
    use: str
    format: str
    ending: str
    theme: str = "light"


FORMS: Final = (
    Form("picture", "SVG, light", "browsers, Inkscape, wikis", "svg", "svg"),
    Form("picture", "SVG, dark", "the same on a dark ground", "svg", "svg", "dark"),
    Form("graph", "DOT", "Graphviz lays it out", "dot", "dot"),
    Form("graph", "Mermaid", "tickets and wikis draw it", "mermaid", "mmd"),
    Form("graph", "GraphML", "networkx, yEd, Gephi", "graphml", "graphml"),
    Form("data", "JSON", "as jackfield snapshot --json", "json", "json"),
    Form("config", "LXC", "lxc.net.* lines of a container", "lxc", "conf"),
    Form("config", "systemd", "a .link file, for udev", "link", "link"),
)


class Wanted(NamedTuple):
    """What is to be written."""

    form: Form
    around: Subject | None
    """None: everything. Of a configuration: whose."""
    hops: int
    file: Path


class ExportScreen(Dialog[Wanted | None]):
    """Choose a format with up and down, how much with left and right; enter writes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Cancel", show=False, id="jackfield.export.leave"),
        Binding("down,j", "step(1)", show=False, id="jackfield.export.down"),
        Binding("up,k", "step(-1)", show=False, id="jackfield.export.up"),
        Binding("right,l", "widen(1)", show=False, id="jackfield.export.more"),
        Binding("left,h", "widen(-1)", show=False, id="jackfield.export.less"),
        Binding("enter,ctrl+s", "take", "Write", show=False, id="jackfield.export.take"),
    ]

    def __init__(self, host_name: str, subject: Subject | None, called: str, directory: Path | None = None) -> None:
        super().__init__("Export", "enter writes, esc closes")
        self._host_name = host_name
        self._subject = subject
        self._called = called
        self._directory = directory or Path()
        self._hops = 0
        """0: everything."""

    def inside(self) -> list[Widget]:
        return [Forms(), Outcome()]

    def on_mount(self) -> None:
        """Say what would be written."""
        self._show()

    def action_step(self, rows: int) -> None:
        """Another format."""
        self.query_one(Forms).step(rows)
        self._show()

    def action_widen(self, hops: int) -> None:
        """Everything, or so many hops around what is selected."""
        if self._subject is not None:
            self._hops = max(0, min(self._hops + hops, MOST_HOPS))
            self._show()

    def on_pane_moved(self) -> None:
        """Clicked."""
        self._show()

    def on_pane_opened(self) -> None:
        """Clicked twice."""
        self.action_take()

    def action_take(self) -> None:
        """Write it."""
        self.dismiss(self.wanted)

    @property
    def wanted(self) -> Wanted:
        """What enter would write."""
        form = FORMS[self.query_one(Forms).cursor]
        is_about = self._hops or form.sort == CONFIG
        parts = [self._host_name, *([self._called] if is_about else [])]
        stem = "-".join(slug(part) for part in parts)
        if form.sort == CONFIG:
            return Wanted(form, self._subject, 0, self._directory / f"{stem}.{form.ending}")
        return Wanted(
            form, self._subject if self._hops else None, self._hops, self._directory / f"{stem}.{form.ending}"
        )

    def _show(self) -> None:
        if self.wanted.form.sort == CONFIG:
            what = self._called or "nothing is selected: go to a container first"
            self.query_one(Outcome).show(what, str(self.wanted.file), can_change=False)
            return
        hops = "1 hop" if self._hops == 1 else f"{self._hops} hops"
        what = f"{hops} around {self._called}" if self._hops else "everything"
        self.query_one(Outcome).show(what, str(self.wanted.file), can_change=self._subject is not None)


class Forms(Pane):
    """The formats."""

    GROUND = "band"

    def __init__(self) -> None:
        super().__init__("forms")
        self.can_focus = False

    @property
    def count(self) -> int:
        return len(FORMS)

    @property
    def _has_heading(self) -> bool:
        return False

    def paint(self, width: int, height: int) -> list[Strip]:
        painted = super().paint(width, height)
        return painted + [closed(framed(self.line())).strip() for _ in range(height - len(painted))]

    def row(self, index: int, *, selected: bool) -> Line:
        form = FORMS[index]
        line = Line(self.pen, self.size.width, "band").write(self.pen.signs.wall, "edge")
        inner = Line(self.pen, self.size.width - 2, "select" if selected else "band").to(2)
        inner.write(form.sort, "muted").to(13).write(form.name, "strong", bold=True).to(30)
        inner.write(form.use, "muted", room=max(0, inner.room))
        return closed(line.append(inner))


class Outcome(Painted):
    """How much, and where it goes."""

    GROUND = "band"

    def __init__(self) -> None:
        super().__init__("outcome")
        self._what = self._file = ""
        self._can_change = False

    def show(self, what: str, file: str, *, can_change: bool) -> None:
        """Say it."""
        self._what, self._file, self._can_change = what, file, can_change
        self.freshen()

    def paint(self, width: int, height: int) -> list[Strip]:  # noqa: ARG002 # three rows
        what = framed(self.line()).write("of", "muted").to(10).write(self._what, "strong", bold=True)
        if self._can_change:
            what.write("   left right: less, more", "muted", room=max(0, what.room - 2))
        file = framed(self.line()).write("into", "muted").to(10).write(self._file, room=max(0, self.size.width - 13))
        return [closed(framed(self.line())).strip(), closed(what).strip(), closed(file).strip()]


def slug(text: str) -> str:
    """A part of a file's name: letters, digits, `.`, `_` and `-`."""
    safe = "".join(char if char.isascii() and (char.isalnum() or char in "._-") else "_" for char in text)
    return safe.strip(".-") or "_"


def write_anew(file: Path, text: str) -> Path:
    """Write a file that was not there: `yamato.svg`, else `yamato-2.svg` ... Raises OSError."""
    for number in range(1, 1000):
        free = file if number == 1 else file.with_stem(f"{file.stem}-{number}")
        try:
            with free.open("x", encoding="utf-8") as fresh:
                fresh.write(text)
        except FileExistsError:
            continue
        return free
    raise FileExistsError(17, "there are a thousand of them already", str(file))
