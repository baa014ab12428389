"""The palette: go to anything, do anything. Things first, then deeds."""

from collections.abc import Iterator
from itertools import chain, islice
from typing import ClassVar, Final, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from model.caption import caption, full_name
from model.identity import LinkId
from model.names import display_name
from model.tree import Entry, Sort
from tui.screens.dialog import Dialog, closed, framed
from tui.session import Session, Subject, entries
from tui.widgets.line import Line
from tui.widgets.painted import Painted, Pane

MOST: Final = 200
"""Lines that are offered at most."""


class Offer(NamedTuple):
    """A line of the palette."""

    sort: str
    """namespace, link, or do."""
    name: str
    remark: str
    key: str = ""
    subject: Subject | None = None
    action: str = ""
    reason: str = ""
    """Why it cannot be done now."""
    sought: str = ""
    """What a search looks at, in lower case."""


class Deed(NamedTuple):
    """An action as the palette offers it."""

    action: str
    label: str
    help: str
    key: str
    reason: str | None


class PaletteScreen(Dialog[Offer | None]):
    """Typed text narrows it; enter takes the line under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Cancel", show=False, id="jackfield.palette.leave"),
        Binding("down,ctrl+n", "step(1)", show=False, id="jackfield.palette.down"),
        Binding("up,ctrl+p", "step(-1)", show=False, id="jackfield.palette.up"),
        Binding("pagedown", "step(8)", show=False, id="jackfield.palette.page-down"),
        Binding("pageup", "step(-8)", show=False, id="jackfield.palette.page-up"),
    ]

    def __init__(self, session: Session, deeds: list[Deed]) -> None:
        super().__init__("Go to or do", "esc closes")
        self._coming = chain(_things(session), _deeds(deeds))
        self._offers = list(islice(self._coming, MOST))

    def inside(self) -> list[Widget]:
        return [Field(), Offers(self._offers)]

    def on_mount(self) -> None:
        """Type at once. What is not shown yet is gathered after the first picture, or by the first letter."""
        self.query_one(Offers).narrow("")
        self.query_one(Input).focus()
        self.call_after_refresh(self._gather)

    def _gather(self) -> None:
        self._offers.extend(self._coming)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow it."""
        event.stop()
        self._gather()
        self.query_one(Offers).narrow(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take it."""
        event.stop()
        self._take()

    def on_pane_opened(self) -> None:
        """Clicked twice."""
        self._take()

    def action_step(self, rows: int) -> None:
        """Move the cursor; the field keeps the focus."""
        self.query_one(Offers).step(rows)

    def _take(self) -> None:
        offer = self.query_one(Offers).chosen
        if offer is None:
            return
        if offer.reason:
            self.notify(offer.reason, timeout=4, markup=False)
            return
        self.dismiss(offer)


class Field(Widget):
    """Where one types."""

    def compose(self) -> ComposeResult:
        yield Wall()
        yield Input(compact=True, placeholder="a name, an address, a MAC, a deed")
        yield Wall()


class Wall(Painted):
    """A bit of the frame at the left or the right of the field."""

    GROUND = "band"

    def paint(self, width: int, height: int) -> list[Strip]:  # noqa: ARG002 # one cell
        return [self.line().write(self.pen.signs.wall, "edge").strip()]


class Offers(Pane):
    """What fits the text."""

    GROUND = "band"

    def __init__(self, offers: list[Offer]) -> None:
        super().__init__("offers")
        self._offers = offers
        self._shown: list[Offer] = []
        self.can_focus = False

    @property
    def count(self) -> int:
        return len(self._shown)

    @property
    def _has_heading(self) -> bool:
        return False

    @property
    def chosen(self) -> Offer | None:
        """The one under the cursor."""
        return self._shown[self.cursor] if 0 <= self.cursor < self.count else None

    def narrow(self, text: str) -> None:
        """All words must be found; what begins with the text comes first."""
        words = text.lower().split()
        found = [offer for offer in self._offers if all(word in offer.sought for word in words)]
        if words:
            found.sort(key=lambda offer: (offer.sort == "do", not offer.name.lower().startswith(words[0])))
        self._shown = found[:MOST]
        self.cursor = self.top = 0
        self.freshen()

    def paint(self, width: int, height: int) -> list[Strip]:
        painted = super().paint(width, height)
        return painted + [closed(framed(self.line())).strip() for _ in range(height - len(painted))]

    def row(self, index: int, *, selected: bool) -> Line:
        offer = self._shown[index]
        ground = "select" if selected else None
        line = Line(self.pen, self.size.width, "band").write(self.pen.signs.wall, "edge")
        inner = Line(self.pen, self.size.width - 2, ground or "band").to(2)
        inner.write(offer.sort, "muted").to(13)
        name = f"({offer.name})" if offer.reason else offer.name
        wide = inner.width // 2
        inner.write(name, "dim" if offer.reason else "strong", bold=not offer.reason, room=wide - 15).to(wide)
        inner.write(offer.reason or offer.remark, "muted", room=max(0, inner.width - wide - len(offer.key) - 3))
        inner.to(inner.width - len(offer.key) - 1).write(offer.key, "muted")
        return closed(line.append(inner))


def _things(session: Session) -> Iterator[Offer]:
    """Segments and namespaces, then links, in the order of the tree."""
    root = session.root
    if root is None:
        return
    for is_link in (False, True):
        for entry in entries(root):
            if entry.subject is None or entry.sort in (Sort.HOST, Sort.PORT) or (entry.sort is Sort.LINK) != is_link:
                continue
            offer = _of_link(session, entry) if is_link else _of_place(session, entry)
            if offer.name:  # it was there when the tree was made
                yield offer


def _of_link(session: Session, entry: Entry) -> Offer:
    graph, words = session.graph, caption(session.graph, entry, session.host_name)
    link = graph.link(entry.subject) if isinstance(entry.subject, LinkId) else None
    name = full_name(graph, link) if link is not None else ""
    mac = (link.mac or "") if link is not None else ""
    far = f"{words.far.text} {words.address}" if words.has_address else words.far.text
    sought = f"{name} {far} {mac} {display_name(link.alias or '') if link else ''}".lower()
    return Offer("link", name, far, subject=entry.subject, sought=sought)


def _of_place(session: Session, entry: Entry) -> Offer:
    words = caption(session.graph, entry, session.host_name)
    far = f"{words.far.text} {words.address}" if words.has_address else words.far.text
    sort = "bridge" if entry.sort is Sort.SEGMENT else "namespace" if entry.sort is Sort.NAMESPACE else "vm"
    sort = "parent" if words.kind == "parent" else sort
    remark = f"{words.kind} {far}".strip()
    return Offer(sort, words.name, remark, subject=entry.subject, sought=f"{words.name} {remark}".lower())


def _deeds(deeds: list[Deed]) -> Iterator[Offer]:
    for deed in deeds:
        sought = f"{deed.label} {deed.help} {deed.action}".lower()
        yield Offer("do", deed.label, deed.help, deed.key, action=deed.action, reason=deed.reason or "", sought=sought)
