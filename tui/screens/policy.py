"""Screen 6: what must stay true, how it stands, and what was dropped."""

from pathlib import Path
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType

from model.drift import promises
from model.filter import Filter, passes
from model.identity import LinkId
from model.inventory import Inventory
from model.kept import Kept
from model.policy_rows import Row, State, rows
from tui.actions import Place, bindings_of
from tui.keep_arguments import POLICY
from tui.screens.frame import Asked, Frame
from tui.session import News, Subject
from tui.widgets.line import Piece
from tui.widgets.painted import Pane
from tui.widgets.policy_view import WIDE, PolicyList, PolicyWords

LOUD: Final = (
    (State.DRIFT, "drifted"),
    (State.HITS, "hit"),
    (State.MISSING, "without rules"),
    (State.CANNOT, "impossible"),
)


class PolicyScreen(Frame):
    """The list, and the chosen row in full."""

    PLACE = Place.POLICY
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Place.POLICY)]

    def body(self) -> ComposeResult:
        view = PolicyList(self.session)
        yield view
        yield PolicyWords(self.session, view)

    @property
    def view(self) -> PolicyList:
        """The list."""
        return self.query_one(PolicyList)

    @property
    def main(self) -> Pane:
        return self.view

    @property
    def kept_row(self) -> Row | None:
        return self.view.chosen if self.is_ready else None

    @property
    def subject(self) -> Subject | None:
        return None if self.kept_row is None else self.kept_row.link

    def go_to(self, subject: Subject) -> bool:
        return isinstance(subject, LinkId) and self.view.go_to(subject)

    def meet(self, subject: Subject) -> None:
        """Either end of the cable."""
        if isinstance(subject, LinkId) and not self.view.go_to(subject):
            far = self.session.graph.ends(subject).peer
            if isinstance(far, LinkId):
                self.view.go_to(far)

    def on_mount(self) -> None:
        super().on_mount()
        self.gather()

    def on_screen_resume(self) -> None:
        self.gather()
        super().on_screen_resume()

    def take(self, news: News) -> None:  # noqa: ARG002 # the session knows
        self.gather()

    def gather(self) -> None:
        """The policy, or the graph, is another one."""
        if not self.is_ready:
            return
        session = self.session
        kept = session.kept or Kept(session.graph)
        promised = dict(promises(kept.read.policies, kept.read.seed))
        self.view.show(rows(session.graph, kept, promised, session.clock()) if session.is_read else [])
        self._show_words()

    def _show_words(self) -> None:
        self.query_one(PolicyWords).freshen()
        self.freshen_bars()

    def on_pane_moved(self) -> None:
        """Another row."""
        self._show_words()

    def on_pane_opened(self) -> None:
        """Double-clicked."""
        self.action_press("jump")

    def path(self) -> list[str]:
        if self.filter_text:
            return ["policy", f"/ {self.filter_text}"]
        file = self.session.kept.read.file if self.session.kept is not None else str(POLICY)
        return ["policy"] if file == str(POLICY) else ["policy", Path(file).name]

    def remarks(self, width: int) -> list[Piece]:
        kept, dot = self.session.kept, f" {self._pen.signs.dot} "
        if kept is None or not self.is_ready:
            return [Piece("reading ...", "muted")]
        found = self.view.states
        pieces = [Piece(f"{found[state]:,} {word}", "caution") for state, word in LOUD if state in found]
        said = "enforced" if kept.read.enforced else "not enforced"
        if width >= WIDE and not kept.read.enforced:
            said += ": jackfield enforce"
        pieces.append(Piece(said if kept.read.policies else "no entries", "muted"))
        return [part for piece in pieces for part in (Piece(dot, "muted"), piece)][1:]

    def why_not(self, action: str) -> str | None:
        chosen = self.kept_row
        if action in ("jump", "copy", "focus", "path") and (chosen is None or chosen.link is None):
            return "there is no such link now" if chosen is not None else "nothing is chosen"
        if action in ("let-go", "apply-drift") and self.session.no_changes:
            return self.session.no_changes
        match action:
            case "pin" | "guard" if chosen is not None and chosen.entry is not None:
                return self.session.no_changes or None
            case "let-go" if chosen is None or chosen.entry is None:
                return "nothing is kept of it"
            case "apply-drift" if self.session.kept is None or not self.session.kept.read.policies:
                return "the policy has no entries"
            case "practice-lab" if not self.session.is_empty:
                return "the practice lab opens from a host on which nothing is patched; elsewhere: jackfield demo"
            case _:
                return super().why_not(action)

    def do_jump(self) -> None:
        """To the port, on the map or in the tree."""
        self.session.selected = self.subject
        self.post_message(Asked("leave-events"))

    def do_copy(self) -> None:
        address = self.session.graph.address(self.subject) if self.subject is not None else None
        if address is not None:
            self.app.copy_to_clipboard(address)
            self.say(f"copied: {address}")

    def do_back(self) -> None:
        self.post_message(Asked("leave-events"))

    def filter_by(self, terms: Filter) -> None:
        self.view.filter(lambda row: _passes(self.session.graph, terms, row))
        self._show_words()


def _passes(graph: Inventory, terms: Filter, row: Row) -> bool:
    """Either end of its cable is what is looked for; of what is not there, its words."""
    if row.link is None:
        texts = [text.lower() for text in row if isinstance(text, str)]
        return all(any(term.text in text for text in texts) != term.negated for term in terms)
    far = graph.ends(row.link).peer
    return passes(graph, terms, row.link) or (isinstance(far, LinkId) and passes(graph, terms, far))
