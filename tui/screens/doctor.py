"""`!`: what is wrong here, or worth knowing; from there to the thing, and to what puts it right."""

from typing import ClassVar, Final, NamedTuple

from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widget import Widget

from model.findings.commands import command_of, sentence
from model.findings.finding import Finding, Fix, Severity, Subject
from tui.screens.dialog import Dialog, closed, framed
from tui.session import Session
from tui.signs import Signs
from tui.widgets.line import Line
from tui.widgets.painted import Painted, Pane
from tui.widgets.wrapped import wrapped

INKS: Final = {Severity.ERROR: "danger", Severity.WARNING: "caution", Severity.NOTE: "muted"}
TEXT_AT: Final = 30
"""Where the text of a row begins."""
MARGIN: Final = 6
LABEL: Final = "fix  "


KEEPS: Final = {"random-name": "pin", "can-forge": "guard"}
"""By what is found: the dialog that puts it right."""


class Wanted(NamedTuple):
    """What is to be done with a finding."""

    subject: Subject
    fix: Fix | None = None
    """None: go to the subject."""
    keeps: str | None = None
    """It is a pin, or a guard: these have dialogs of their own."""


def sign_of(severity: Severity, signs: Signs) -> str:
    """The sign of the badge and of the list."""
    return {Severity.ERROR: signs.blocked, Severity.WARNING: signs.look, Severity.NOTE: signs.dot}[severity]


class DoctorScreen(Dialog[Wanted | None]):
    """`enter` goes there, `ctrl+s` shows what puts it right, left and right go through those of one finding."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,exclamation_mark", "leave", "Close", show=False, id="jackfield.doctor.leave"),
        Binding("down,j", "step(1)", show=False, id="jackfield.doctor.down"),
        Binding("up,k", "step(-1)", show=False, id="jackfield.doctor.up"),
        Binding("pagedown", "page(1)", show=False, id="jackfield.doctor.page-down"),
        Binding("pageup", "page(-1)", show=False, id="jackfield.doctor.page-up"),
        Binding("right,l", "turn(1)", show=False, id="jackfield.doctor.next"),
        Binding("left,h", "turn(-1)", show=False, id="jackfield.doctor.previous"),
        Binding("enter", "take", "Go there", show=False, id="jackfield.doctor.take"),
        Binding("ctrl+s", "fix", "Fix", show=False, id="jackfield.doctor.fix"),
        Binding("y", "copy", "Copy", show=False, id="jackfield.doctor.copy"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__("Doctor", "enter goes there, esc closes")
        self._session = session

    def inside(self) -> list[Widget]:
        return [FindingList(self._session), FindingWords(self._session)]

    @property
    def list(self) -> "FindingList":
        """What was found."""
        return self.query_one(FindingList)

    def on_mount(self) -> None:
        """Say something of the first one."""
        self.call_after_refresh(self._show)

    def on_resize(self) -> None:
        """A wide window takes a wider dialog."""
        self.set_class(self.app.size.width >= 110 and self.app.size.height >= 30, "wide")

    def findings_changed(self) -> None:
        """The host was examined again."""
        self.list.take()
        self._show()

    def _show(self) -> None:
        self.query_one(FindingWords).show(self.list.chosen, self.list.turned)

    def on_pane_moved(self) -> None:
        """Another one."""
        self._show()

    def on_pane_opened(self) -> None:
        """Clicked twice."""
        self.action_take()

    def action_step(self, rows: int) -> None:
        """Another one."""
        self.list.step(rows)

    def action_page(self, pages: int) -> None:
        """Many further."""
        self.list.step(pages * max(1, self.list.page - 1))

    def action_turn(self, subjects: int) -> None:
        """Another subject of the same finding."""
        self.list.turn(subjects)
        self._show()

    def action_take(self) -> None:
        """To the thing."""
        if self.list.subject is not None:
            self.dismiss(Wanted(self.list.subject))

    def action_fix(self) -> None:
        """To what puts it right."""
        fix, subject = self.list.fix, self.list.subject
        if fix is None or subject is None:
            self._say("nothing that could be done by itself puts this right: the reason is above")
        else:
            self.dismiss(Wanted(subject, fix, KEEPS.get(self.list.chosen.code) if self.list.chosen else None))

    def action_copy(self) -> None:
        """The command, else the sentence."""
        finding, fix = self.list.chosen, self.list.fix
        if finding is None:
            return
        command = None if fix is None else command_of(self._session.graph, fix)
        text = command or sentence(self._session.graph, finding)
        self.app.copy_to_clipboard(text)
        self._say(f"copied: {text}")

    def _say(self, text: str) -> None:
        self.notify(text, timeout=4, markup=False)


class FindingList(Pane):
    """One row a finding, the gravest first."""

    GROUND = "band"

    def __init__(self, session: Session) -> None:
        super().__init__("findings")
        self._session = session
        self._findings = session.findings
        self.turned = 0
        """Which of its subjects is meant."""

    @property
    def chosen(self) -> Finding | None:
        """The finding under the cursor."""
        return self._findings[self.cursor] if self.cursor < len(self._findings) else None

    @property
    def subject(self) -> Subject | None:
        """What it is about."""
        return None if self.chosen is None else self.chosen.subjects[self.turned]

    @property
    def fix(self) -> Fix | None:
        """What would put that right."""
        return None if self.chosen is None else self.chosen.fix_of(self.turned)

    def take(self) -> None:
        """The findings of now; the cursor stays on the same one."""
        before, subject = self.chosen, self.subject
        self._findings = self._session.findings
        found = [at for at, one in enumerate(self._findings) if before is not None and _same(one, before)]
        self.cursor = found[0] if found else min(self.cursor, max(0, len(self._findings) - 1))
        now = self.chosen
        self.turned = now.subjects.index(subject) if now is not None and subject in now.subjects else 0
        self.bring_into_view()
        self.freshen()

    def turn(self, subjects: int) -> None:
        """Another subject."""
        if self.chosen is not None:
            self.turned = (self.turned + subjects) % len(self.chosen.subjects)

    def move_to(self, index: int) -> None:
        self.turned = 0
        super().move_to(index)

    @property
    def count(self) -> int:
        return len(self._findings)

    @property
    def _has_heading(self) -> bool:
        return False

    def paint(self, width: int, height: int) -> list[Strip]:
        painted = super().paint(width, height)
        if not self._findings:
            said = "Nothing is wrong here." if self._session.is_examined else "Looking ..."
            painted = [closed(framed(self.line()).write(said, "strong", bold=True)).strip()]
        return painted + [closed(framed(self.line())).strip() for _ in range(height - len(painted))]

    def row(self, index: int, *, selected: bool) -> Line:
        finding = self._findings[index]
        signs, ink = self.pen.signs, INKS[finding.severity]
        line = Line(self.pen, self.size.width, "band").write(signs.wall, "edge")
        inner = Line(self.pen, self.size.width - 2, "select" if selected else "band").to(2)
        inner.write(f"{sign_of(finding.severity, signs)} ", ink, bold=True)
        address = self._session.graph.address(finding.subject) or "gone"
        inner.write(address, "strong", bold=True, room=TEXT_AT - 6).write(" ")
        inner.write(finding.text, "text" if selected else "muted", room=max(0, inner.room))
        return closed(line.append(inner))


class FindingWords(Painted):
    """All about the chosen one."""

    GROUND = "band"

    def __init__(self, session: Session) -> None:
        super().__init__("finding")
        self._session = session
        self._finding: Finding | None = None
        self._turned = 0

    def show(self, finding: Finding | None, turned: int) -> None:
        """Say this."""
        self._finding, self._turned = finding, turned
        self.freshen()

    def paint(self, width: int, height: int) -> list[Strip]:
        signs = self.pen.signs
        rule = self.line().write(signs.wall, "edge").write(" ")
        rows = [closed(rule.rule(width - 2).write(" "))]
        rows += [closed(line) for line in self._lines(width - MARGIN)]
        return [row.strip() for row in [*rows, *(closed(framed(self.line())) for _ in range(height))][:height]]

    def _lines(self, room: int) -> list[Line]:
        finding, graph = self._finding, self._session.graph
        if finding is None:
            return [
                self._text(row, "muted")
                for unread in self._session.observed.unread
                for row in self._unread(unread, room)
            ]
        lines = [self._text(row, "text") for row in wrapped(sentence(graph, finding), room)]
        lines += [self._text(row, "muted") for row in wrapped(finding.explanation, room)]
        if finding.also:
            which = graph.address(finding.subjects[self._turned]) or "gone"
            turned = framed(self.line()).write(f"{self._turned + 1:,} of {len(finding.subjects):,}: ", "muted")
            turned.write(which, "strong", bold=True, room=max(0, turned.room - 24))
            lines.append(turned.write("  left right: another", "muted"))
        fix = finding.fix_of(self._turned)
        command = None if fix is None else command_of(graph, fix)
        if command is not None:
            rows = wrapped(command, room - len(LABEL))
            lines.append(framed(self.line()).write(LABEL, "good", bold=True).write(rows[0], "strong", bold=True))
            lines += [self._text(" " * len(LABEL) + row, "strong") for row in rows[1:]]
            does = "ctrl+s copies it" if isinstance(fix, str) else "ctrl+s shows the plan"
            lines.append(self._text(f"{' ' * len(LABEL)}{does}", "muted"))
        return lines

    @staticmethod
    def _unread(unread: str, room: int) -> list[str]:
        return wrapped(f"Not looked at: {unread}", room)

    def _text(self, text: str, ink: str) -> Line:
        line = framed(self.line())
        return line.write(text, ink, room=max(0, line.room - 1))


def _same(one: Finding, other: Finding) -> bool:
    return (one.code, one.subject) == (other.code, other.subject)
