"""From a key to the kernel: opens the dialogs, applies what was decided, and shows what the journal says of it."""

import contextlib
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from textual.app import App
from textual.message import Message

from backend.changes import Applied, Arm, Order, Timer, apply, take_back
from backend.guardian import NotGuarded
from backend.host import Host
from backend.journal import Change, Journal, TooLate
from model.history import aftermath, before
from model.identity import LinkId
from model.intents import Intent
from model.operations import Operation
from model.plan import Fate, Left, Plan, Refusal
from model.policy import Edited
from model.protection import dangers
from model.redo import wished_again
from model.taking_back import taking_back
from model.undo import Done, steps_back
from tui.countdown import countdown
from tui.deeds import Deed, deed_of
from tui.keep_arguments import POLICY
from tui.screens.change.desk import Decision
from tui.screens.change.dialog import ChangeDialog
from tui.screens.change.dialogs import dialog_for
from tui.screens.change.failed import FailedScreen
from tui.screens.change.log import LogScreen
from tui.screens.change.opening import KEEPS, targets
from tui.screens.change.undo import Again, RedoDialog, UndoDialog
from tui.screens.change.wish import WishDialog
from tui.screens.dialog import Dialog
from tui.screens.frame import Frame
from tui.session import Session
from tui.signs import Signs
from tui.standing import is_pending, pending, to_redo, to_undo
from tui.widgets.line import Piece
from tui.widgets.painted import HasPen
from tui.workbench import Workbench

if TYPE_CHECKING:
    from backend.firewall import Rules
    from backend.keeping import Keeping
    from model.keeping import Part
    from model.policy_rows import Row
    from tui.screens.change.keeping import Shelf

WORKER: Final = "apply"
LOOK_S: Final = 1.0
"""The journal is asked so often whether anybody wrote to it; a countdown goes on as often."""
SETTLE_S: Final = 0.5
"""After so long the kernel has told what became of everything."""
SHOWN: Final = 100
"""Changes in the log."""


class MayChange(Message):
    """Whether anything can be changed here; why not. From a thread of its own."""

    def __init__(self, why_not: str) -> None:
        super().__init__()
        self.why_not = why_not


class JournalRead(Message):
    """What the journal says now; or why it cannot be read. From a thread of its own."""

    def __init__(self, changes: Sequence[Change], number: int, problem: str = "") -> None:
        super().__init__()
        self.changes = changes
        self.number = number
        """Of the reading: one that was begun later is newer."""
        self.problem = problem


class Over(Message):
    """A worker has come to its end. From its thread."""

    def __init__(self, applied: Applied | None = None, *, said: str = "", problem: str = "", failed: str = "") -> None:
        super().__init__()
        self.applied = applied
        self.said = said
        """To be told in a remark."""
        self.problem = problem
        """Why nothing was done at all."""
        self.failed = failed
        """The change that stopped midway."""


class JobOver(Message):
    """What was decided is done, or has failed; what it had to tell was told. From the worker's thread."""


class Books(NamedTuple):
    """Where everything is written down, and what stands by to take it back."""

    journal: Journal
    arm: Arm
    policy: Path = POLICY


class Changing:
    """Belongs to the app."""

    def __init__(self, app: App[Any], session: Session, host: Host, books: Books, *, read_only: bool) -> None:
        self._app = app
        self._session = session
        self._host = host
        self.journal, self._arm, self.policy = books
        self._stamp: tuple[int, int] | None = None
        self.bench = Workbench(session, host, read_only=read_only)
        self.changes: Sequence[Change] = ()
        """All that the journal knows, the oldest first."""
        self._asked = 0
        """Readings of the journal that were begun."""
        self._heard = 0
        """The newest of them that came to its end."""
        self._waiting: list[tuple[int, Callable[[], None]]] = []
        """What is to be done when a reading of the journal is heard."""
        self._busy = False
        """Something is being done to the host, or what was done has not been read in the journal yet."""
        self._next: list[Callable[[], None]] = []
        """What was asked for meanwhile: undo, and what is compared with, is about what is done by then."""
        self._settling: list[Applied] = []
        """Done just now: how they left the links is still to be written down."""
        self._rules: Rules | None = None

    def start(self) -> None:
        """Find out whether anything can be changed at all, and what was done before."""
        self._work(self._look, "may-change")
        self._look_at_journal()
        self._app.set_interval(LOOK_S, self._tick)

    def _work(self, do: Callable[[], None], name: str) -> None:
        self._app.run_worker(do, name=name, group=name, thread=True)

    def _look(self) -> None:
        """On a thread of its own."""
        try:
            around = self.bench.read(frozenset())
        except OSError as error:
            self._app.post_message(MayChange(error.strerror or str(error)))
        else:
            self._app.post_message(MayChange("" if around.may_change else around.why_not))

    # The journal

    def _tick(self) -> None:
        """Others write to it, too: a command in another terminal, a guardian."""
        self._look_at_journal()
        if self.pending:
            self._app.post_message(JournalRead(self.changes, self._heard))

    def _look_at_journal(self) -> None:
        stamp = self.journal.stamp()
        if stamp != self._stamp:
            self._stamp = stamp
            self._asked += 1
            number = self._asked
            self._work(lambda: self._read_journal(number), "journal")

    def _read_journal(self, number: int) -> None:
        """On a thread of its own."""
        try:
            self._app.post_message(JournalRead(self.journal.changes(), number))
        except OSError as error:
            self._app.post_message(JournalRead((), number, error.strerror or str(error)))

    def _once_read(self, do: Callable[[], None]) -> None:
        """When the journal was read as it is now, or later."""
        self._stamp = None
        self._look_at_journal()
        self._waiting.append((self._asked, do))

    def journal_read(self, message: JournalRead) -> None:
        """Show it, unless a newer one was shown."""
        if message.number < self._heard:
            return
        self._heard = message.number
        self.changes = message.changes
        self._session.pending = len(self.pending)
        last, again = self.last, self.undone
        self._session.undoable = last.title if last is not None else ""
        self._session.redoable = again.title if again is not None else ""
        screen = self._app.screen
        if isinstance(screen, LogScreen):
            screen.show(self.deeds)
        waiting = self._waiting
        self._waiting = [one for one in waiting if one[0] > self._heard]
        for number, do in waiting:
            if number <= self._heard:
                do()

    @property
    def deeds(self) -> list[Deed]:
        """What the log shows, the newest first."""
        return [self._deed(change) for change in reversed(self.changes[-SHOWN:])]

    def _deed(self, change: Change) -> Deed:
        ours = change.boot == self.journal.boot
        return deed_of(change, self._lines, self._session.clock(), this_boot=ours)

    def _lines(self, operation: Operation) -> tuple[str, ...]:
        return tuple(self.bench.lines((operation,)))

    @property
    def pending(self) -> list[Change]:
        """What goes back unless it is kept; the one that goes first is first."""
        return pending(self.changes, self.journal.boot)

    @property
    def last(self) -> Change | None:
        """What undo would take back."""
        return to_undo(self.changes, self.journal.boot)

    @property
    def undone(self) -> Change | None:
        """What redo would do again."""
        return to_redo(self.changes, self.journal.boot)

    # Opening a dialog

    def open(self, action: str, frame: Frame) -> None:
        """Show the dialog for what is selected there."""
        if action in KEEPS:
            row, links = frame.kept_row, targets(self.bench.graph, frame.keeps_of)
            entry = None if row is None else row.entry
            self.open_keeping(lambda shelf: self._keep_dialog(action, shelf, entry, next(iter(links), None)))
            return
        try:
            dialog = dialog_for(self.bench, action, frame.subject, frame.marked)
        except LookupError:
            frame.say("it is gone")
            return
        self._app.push_screen(dialog, self._decided)

    def open_offer(self, action: str, link: LinkId) -> None:
        """Show the dialog of the pin, or the guard, that the doctor offers."""
        from model.findings.names import TEMPLATE

        self.open_keeping(lambda shelf: self._keep_dialog(action, shelf, None, link, TEMPLATE))

    def open_keeping(self, make: "Callable[[Shelf], ChangeDialog | None]") -> None:
        """Show a dialog about the policy, once the file was read."""
        self._work(lambda: self._take_from_shelf(make), "policy-file")

    def _take_from_shelf(self, make: "Callable[[Shelf], ChangeDialog | None]") -> None:
        """On a thread of its own."""
        from backend.keeping import read_now
        from backend.this_machine import seed
        from model.policy_text import BadPolicies
        from tui.screens.change.keeping import Shelf

        now = read_now(self.policy)
        if isinstance(now, BadPolicies):
            self._app.post_message(Over(problem=f"{self.policy}: {'; '.join(map(str, now.problems))}"))
        else:
            shelf = Shelf(now, self.rules, seed())
            self._app.call_from_thread(self._show_kept, make, shelf)

    def _show_kept(self, make: "Callable[[Shelf], ChangeDialog | None]", shelf: "Shelf") -> None:
        if isinstance(self._app.screen, Dialog):  # the key was pressed twice
            return
        dialog = make(shelf)
        if dialog is None:
            self._app.notify("it is gone")
        else:
            self._app.push_screen(dialog, self._decided)

    def _keep_dialog(
        self, action: str, shelf: "Shelf", entry: str | None, link: LinkId | None, name: str = ""
    ) -> ChangeDialog | None:
        """Of an entry, else of a link."""
        from tui.screens.change.keeping import GuardDialog, PinDialog, whom_of_entry, whom_of_link

        graph = self.bench.graph
        whom = None if entry is None else whom_of_entry(graph, shelf.now, entry, link)
        part: Part = "pin" if action == "pin" else "guard"
        found = whom_of_link(graph, shelf, link, part) if whom is None and link is not None else whom
        if found is None:
            return None
        if action == "pin":
            return PinDialog(self.bench, shelf, found, name)
        return GuardDialog(self.bench, shelf, found)

    def open_let_go(self, row: "Row") -> None:
        """Keep a line of the policy no longer."""
        self.open_keeping(lambda shelf: self._let_go(shelf, row))

    def _let_go(self, shelf: "Shelf", row: "Row") -> ChangeDialog | None:
        from tui.screens.change.keeping import LetGoDialog, whom_of_entry

        part = row.part
        whom = whom_of_entry(self.bench.graph, shelf.now, row.entry or "", row.link)
        return None if whom is None or part is None else LetGoDialog(self.bench, shelf, whom, part)

    def open_apply(self) -> None:
        """Everything that is not as the policy asks."""

        def make(shelf: "Shelf") -> ChangeDialog:
            from tui.screens.change.keeping import ApplyDialog

            return ApplyDialog(self.bench, shelf)

        self.open_keeping(make)

    @property
    def rules(self) -> "Rules":
        """The guards of this host. From a thread of its own at first: nft is asked what it can."""
        if self._rules is None:
            rules = self._host.rules()
            rules.text(())
            self._rules = rules
        return self._rules

    def open_wish(self, intent: Intent) -> None:
        """Show the plan of a wish that is complete."""
        self._app.push_screen(WishDialog(self.bench, intent), self._decided)

    def open_log(self) -> None:
        """What was run."""
        self._app.push_screen(LogScreen(self.deeds))

    def graph_changed(self) -> None:
        """An open dialog plans anew."""
        screen = self._app.screen
        if isinstance(screen, ChangeDialog):
            screen.graph_changed()

    # Applying

    def _decided(self, decision: Decision | None) -> None:
        if decision is not None:
            self._when_quiet(lambda: self._do(decision))

    def _when_quiet(self, do: Callable[[], None]) -> None:
        """Now; while something is done, afterwards."""
        if self._busy:
            self._next.append(do)
        else:
            do()

    def _work_alone(self, do: Callable[[], None]) -> None:
        """One change at a time: on a thread of its own."""

        def job() -> None:
            try:
                do()
            finally:
                self._app.post_message(JobOver())

        self._busy = True
        self._work(job, WORKER)

    def job_over(self) -> None:
        """What was asked for meanwhile comes next, once the journal tells what was done."""
        self._once_read(self._quiet)

    def _quiet(self) -> None:
        self._busy = False
        while self._next and not self._busy:
            self._next.pop(0)()

    def _do(self, decision: Decision) -> None:
        for applied in tuple(self._settling):  # before another change is taken for what this one left
            self._remember(applied)
        undone = next((change for change in self.changes if change.id == decision.takes_back), None)
        if undone is not None and decision.revert_after_s is None:
            self._take_back(undone, decision.keeping)
        else:
            self._work_alone(lambda: self._apply(decision))

    def _apply(self, decision: Decision) -> None:
        """On the worker's thread."""
        try:
            timer = None if decision.revert_after_s is None else Timer(decision.revert_after_s, self._arm)
            were = before(self._session.graph, decision.plan)
            order = Order(decision.title, decision.plan, were, decision.takes_back)
            if decision.keeping is not None:
                back = decision.keeping.back if timer is not None else ()
                order = order._replace(first=decision.keeping.do, edited=decision.keeping.edited, back=back)
            applied = apply(self._host, self.journal, order, timer=timer)
        except (NotGuarded, OSError) as error:
            self._app.post_message(Over(problem=str(error)))
        else:
            self._app.post_message(_over(decision.title, applied))

    def over(self, message: Over) -> None:
        """Say how it went, once the journal says so; after a failure offer to take back what was done."""
        self._once_read(lambda: self._tell(message))

    def _tell(self, message: Over) -> None:
        applied = message.applied
        if applied is not None:
            self._settling.append(applied)
            self._app.set_timer(SETTLE_S, lambda: self._remember(applied))
        if message.problem:
            self._app.notify(f"nothing was done: {message.problem}", severity="error", timeout=8, markup=False)
        elif message.failed:
            self._work(lambda: self._show_failure(message.failed), "failure")
        else:
            self._app.notify(message.said, timeout=4, markup=False)

    def _remember(self, applied: Applied) -> None:
        """How the links were left, now that the kernel has told it: undo compares with that."""
        if applied not in self._settling:
            return
        self._settling.remove(applied)
        left = aftermath(self._session.graph, applied.outcomes)
        self._work(lambda: self._leave(applied.id, left), "leave")

    def _leave(self, identity: str, left: tuple[Left, ...]) -> None:
        """On a thread of its own."""
        with contextlib.suppress(TooLate, OSError):  # undo then looks less closely
            self.journal.leave(identity, left)

    def _show_failure(self, identity: str) -> None:
        """On a thread of its own."""
        change = self.journal.change(identity)
        if change is not None:
            self._app.call_from_thread(self._offer_to_take_back, change)

    def _offer_to_take_back(self, change: Change) -> None:
        undoings = taking_back(change.plan, change.outcomes) if change.plan is not None else ()
        back = [line for undoing in undoings for line in self._lines(undoing.operation)]
        screen = FailedScreen(self._deed(change), back)
        self._app.push_screen(screen, lambda wanted: self._take_back_what_failed(change) if wanted else None)

    def _take_back_what_failed(self, change: Change) -> None:
        """At once where it goes back anyway, or cuts nobody off; else it is asked for."""
        if is_pending(change, self.journal.boot):
            self._when_quiet(lambda: self._take_back(change))
        else:
            self._when_quiet(lambda: self._work_alone(lambda: self._run_back_unless_dangerous(change)))

    def _run_back_unless_dangerous(self, change: Change) -> None:
        """On the worker's thread."""
        if change.edited is not None:  # more than links: it is shown before
            self._app.call_from_thread(self._open_undo, change)
            return
        undoing = taking_back(change.plan, change.outcomes) if change.plan is not None else ()
        try:
            lifelines = self.bench.read(frozenset()).lifelines
        except OSError as error:
            self._app.post_message(Over(said=f"not taken back: {error}"))
            return
        if dangers(self._session.graph, [one.operation for one in undoing], lifelines):
            self._app.call_from_thread(self._open_undo, change)
        else:
            self._run_back(change)

    # Keeping and taking back

    def countdown(self, now: datetime, width: int) -> list[Piece]:
        """The banner; empty where nothing goes back."""
        return countdown([self._deed(change) for change in self.pending], now, self._signs, width)

    @property
    def _signs(self) -> Signs:
        return cast(HasPen, self._app).pen.signs

    def keep(self) -> None:
        """Keep what goes back first."""
        if self.pending:
            change = self.pending[0]
            self._work(lambda: self._confirm(change), WORKER)

    def _confirm(self, change: Change) -> None:
        """On the worker's thread."""
        try:
            self.journal.confirm(change.id)
        except (TooLate, OSError) as error:
            self._app.post_message(Over(said=f"not kept: {error}"))
        else:
            self._app.post_message(Over(said=f"kept: {change.title}"))

    def undo(self) -> None:
        """Take back what goes back by itself now; else show what undo would do to the last change."""
        self._when_quiet(self._undo)

    def _undo(self) -> None:
        if isinstance(self._app.screen, Dialog):  # opened while the key waited
            return
        if self.pending:
            self._take_back(self.pending[0])
        elif self.last is not None:
            self._open_undo(self.last)

    def _open_undo(self, change: Change) -> None:
        if change.plan is None:
            return
        done = Done(change.plan, change.outcomes, change.left or ())
        deed, edited = self._deed(change), change.edited
        if edited is None:
            self._app.push_screen(UndoDialog(self.bench, deed, done), self._decided)
        else:
            back = self._back
            self.open_keeping(lambda _: UndoDialog(self.bench, deed, done, lambda plan: back(edited, plan)))

    def _back(self, edited: Edited, plan: Plan) -> "Keeping | Refusal":
        from backend.keeping import work_out_back

        return work_out_back(self.bench.graph, self.rules, edited, plan)

    def _take_back(self, change: Change, keeping: "Keeping | None" = None) -> None:
        self._work_alone(lambda: self._run_back(change, keeping))

    def _run_back(self, change: Change, keeping: "Keeping | None" = None) -> None:
        """On the worker's thread."""
        if keeping is None and change.edited is not None and change.plan is not None:
            plan = Plan(change.plan.intent, steps_back(change.plan, change.outcomes))
            found = self._back(change.edited, plan)
            if isinstance(found, Refusal):
                self._app.post_message(Over(said=f"not taken back: {found.text}"))
                return
            keeping = found
        stopped = None if keeping is None else keeping.do()
        if stopped is not None:
            self._app.post_message(Over(said=f"not taken back: {stopped['text']}"))
            return
        try:
            noted = self.journal.change(change.id) or change
            outcomes = take_back(self._host, self.journal, noted)
        except (TooLate, OSError) as error:
            self._app.post_message(Over(said=f"not taken back: {error}"))
            return
        failed = next((outcome for outcome in outcomes if outcome.fate is Fate.FAILED), None)
        if failed is None:
            self._app.post_message(Over(said=f"taken back: {change.title}"))
        else:
            words = f"taken back in part: {failed.kernel or failed.error}"
            self._app.post_message(Over(said=words))

    def redo(self) -> None:
        """Do again what was taken back last."""
        self._when_quiet(self._redo)

    def _redo(self) -> None:
        if isinstance(self._app.screen, Dialog):
            return
        change = self.undone
        if change is None or change.plan is None:
            return
        title, edited = change.title, change.edited
        again = Again(change.plan.intent, wished_again(change.plan.intent, change.done))
        if edited is None:
            self._app.push_screen(RedoDialog(self.bench, title, again), self._decided)
        else:
            self.open_keeping(lambda shelf: RedoDialog(self.bench, title, again, self._again(shelf, edited)))

    def _again(self, shelf: "Shelf", edited: Edited) -> "Keeping | Refusal":
        from backend.keeping import work_out_again

        return work_out_again(self.bench.graph, shelf.rules, edited)


def _over(title: str, applied: Applied) -> Over:
    if applied.stopped is not None:
        return Over(problem=str(applied.stopped["text"]))
    if applied.late:
        return Over(applied, said=f"its time was over: it goes back: {title}")
    return Over(applied, said=f"done: {title}") if applied.done else Over(applied, failed=applied.id)
