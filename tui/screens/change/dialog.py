"""The one pattern of all dialogs that change something: fields, MEANS, WILL RUN, Cancel and the verb."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget

from model.identity import LinkId
from model.intent_words import in_words
from model.intents import Intent, Rename, Several
from model.names import display_name
from model.plan import Consent, Plan, Refusal, Surroundings
from tui.screens.change.buttons import Buttons, Pressed
from tui.screens.change.desk import REVERT_S, Decision, Desk
from tui.screens.change.plan_view import (
    MARGIN,
    WILL_RUN,
    PlanView,
    Row,
    missing_rows,
    plan_rows,
    refusal_rows,
    text_rows,
)
from tui.screens.change.rows import Air, Changed, Choice, Note, Resized, Switches, Text, Told
from tui.screens.dialog import Dialog, Edge

if TYPE_CHECKING:
    from backend.keeping import Keeping  # loaded when something is kept

MOST_ROWS: Final = 21
"""Of the whole dialog, on a terminal of 24 rows."""
READING: Final = "reading ..."
REPLAN_S: Final = 0.5
"""Between two plans that nobody asked for: on a large host one takes 60 ms and more."""
AROUND: Final = 5
"""Rows besides the fields and the plan: two edges, two of air, the buttons."""
FormRow = Air | Choice | Switches | Text | Told


class Missing(str):
    """What has to be typed before there can be a plan."""

    __slots__ = ()


Wish = Sequence[Intent] | Missing


class Surrounded(Message):
    """What a plan needs to know was read, or could not be."""

    def __init__(self, links: frozenset[LinkId], answer: Surroundings | OSError) -> None:
        super().__init__()
        self.links = links
        self.answer = answer


class ChangeDialog(Dialog[Decision | None]):
    """Subclasses say which fields there are, and what they wish for."""

    VERB: ClassVar[str]
    """On the button."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "act", show=False, priority=True, id="jackfield.change.act"),
        Binding("pagedown", "scroll(4)", show=False, priority=True, id="jackfield.change.down"),
        Binding("pageup", "scroll(-4)", show=False, priority=True, id="jackfield.change.up"),
    ]

    def __init__(self, desk: Desk, title: str | Callable[[], str], about: Sequence[LinkId] = ()) -> None:
        """`about`: what is around these is read at once, before there is a wish. A title may be asked for again."""
        self._heading_now = title
        self.heading: str = title if isinstance(title, str) else title()
        super().__init__(self.heading)
        self._about = frozenset(about)
        self.desk = desk
        self._planned_at = 0.0
        self._replans: Timer | None = None
        """The kernel has told something since the plan was made."""
        self._surroundings = Surroundings()
        self._read: frozenset[LinkId] = frozenset()
        """The links whose surroundings are known."""
        self._asked: frozenset[LinkId] = frozenset()
        """Those that are being read."""
        self._failed = ""
        self._is_read = False
        self._outcome: Plan | Refusal | Missing = Missing("")
        self._rows = 0
        """As high as the dialog ever was: it grows, and never jumps."""
        self._plan_length = 0
        self._is_ready = False
        self._fields: list[Widget] = []

    # What subclasses say

    def fields(self) -> Sequence[Widget]:
        """The rows of the form; none where there is nothing to say."""
        return ()

    def wish(self) -> Wish:
        """What the fields ask for."""
        raise NotImplementedError

    def planned(self, wish: Sequence[Intent]) -> Plan | Refusal:
        """What it comes to."""
        return self.desk.plan(wish, self._surroundings)

    def tell(self) -> None:
        """Bring the notes beside the fields up to date, and show what belongs to what was chosen."""

    def above(self, room: int) -> Sequence[Row]:  # noqa: ARG002 # subclasses look at it
        """What stands above MEANS: the table of a mode switch."""
        return ()

    @property
    def verb(self) -> str:
        """On the button."""
        return self.VERB

    @property
    def takes_back(self) -> str:
        """The id of the change that this is the undo of; empty: it is no undo."""
        return ""

    @property
    def keeping(self) -> "Keeping | None":
        """The entry of the policy that goes with it."""
        return None

    @property
    def surroundings(self) -> Surroundings:
        """What is known besides the graph."""
        return self._surroundings

    # The form

    def inside(self) -> list[Widget]:
        consent = Text("consent", "type")
        consent.display = False
        self._fields = [*self.fields()]
        air = [Air()] if self._fields else []
        return [Air(), *self._fields, consent, *air, PlanView(), Air(), Buttons(self.verb)]

    def on_mount(self) -> None:
        """The first text has the keys, else the first choice; where there is none: Cancel."""
        self._is_ready = True
        self.tell()
        shown = [field for field in self._fields if field.display]
        texts = [field.field for field in shown if isinstance(field, Text)]
        others = [field for field in shown if isinstance(field, Choice | Switches)]
        first: Widget = next(iter([*texts, *others]), self.query_one(Buttons))
        first.focus()
        self.rebuild()

    def text(self, name: str) -> str:
        """What is typed in a field."""
        return self.query_one(f"#{name}", Text).value

    def choice(self, name: str) -> str:
        """What is chosen."""
        return self.query_one(f"#{name}", Choice).value

    def switched(self, name: str) -> set[str]:
        """What is on."""
        return self.query_one(f"#{name}", Switches).on

    def note(self, name: str, note: Note) -> None:
        """Say this beside a field."""
        row = self.query_one(f"#{name}")
        if isinstance(row, Text | Choice):
            row.tell(note)

    def on_changed(self, message: Changed) -> None:
        """Another wish."""
        message.stop()
        self.rebuild()

    def on_resized(self, message: Resized) -> None:
        message.stop()
        self.call_after_refresh(self._fit)

    def on_resize(self) -> None:
        """Another window: the plan is broken anew."""
        self.set_class(self.app.size.width >= 110, "wide")
        if self._is_ready:
            self.call_after_refresh(self._show)

    # From the wish to the plan

    def graph_changed(self) -> None:
        """The kernel told something: what was planned may be another plan now."""
        if not self._is_ready or self._replans is not None:
            return
        wait = self._planned_at + REPLAN_S - time.monotonic()
        if wait <= 0:
            self.rebuild()
        else:
            self._replans = self.set_timer(wait, self.rebuild)

    def rebuild(self) -> None:
        """Plan anew, and show it."""
        if not self._is_ready:
            return
        if self._replans is not None:
            self._replans.stop()
            self._replans = None
        if not isinstance(self._heading_now, str):
            self.heading = self._heading_now()
        self.tell()
        wish = self.wish()
        if isinstance(wish, Missing):
            self._look_around(self._about)
            self._outcome = wish
        else:
            self._look_around(self._about | self.desk.touched(wish))
            self._outcome = self.planned(wish)
        self._planned_at = time.monotonic()
        self._show()

    def _look_around(self, links: frozenset[LinkId]) -> None:
        if (links <= self._read and self._is_read) or (self._asked and links <= self._asked):
            return
        self._asked = links | self._read
        self.run_worker(partial(self._read_around, self._asked), name="surroundings", thread=True, exclusive=True)

    def _read_around(self, links: frozenset[LinkId]) -> None:
        """On a thread of its own."""
        try:
            answer: Surroundings | OSError = self.desk.read(links)
        except OSError as error:
            answer = error
        self.post_message(Surrounded(links, answer))

    def on_surrounded(self, message: Surrounded) -> None:
        """What was asked last counts."""
        message.stop()
        if message.links != self._asked:
            return
        self._asked = frozenset()
        if isinstance(message.answer, OSError):
            self._failed = message.answer.strerror or str(message.answer)
        else:
            self._failed = ""
            self._surroundings = message.answer
        self._read, self._is_read = message.links, True
        self.rebuild()

    # Showing it

    @property
    def is_reading(self) -> bool:
        """Not all is known yet that a plan needs."""
        return not self._is_read or bool(self._asked)

    @property
    def plan(self) -> Plan | None:
        """The plan that is shown, where there is one."""
        return self._outcome if isinstance(self._outcome, Plan) else None

    @property
    def why_not(self) -> str | None:
        """Why the verb cannot be pressed; None: it can."""
        plan = self.plan
        if plan is None:
            return str(self._outcome) if isinstance(self._outcome, Missing) else "refused: the reason is above"
        if self.is_reading:
            return READING
        if self._failed:
            return f"what is around it cannot be read: {self._failed}"
        if not plan.steps and self.keeping is None:
            return "nothing to do: it is so already"
        if plan.consent is not Consent.NONE and not self._consents(plan):
            return f"type {plan.consent_word} to go on"
        return None

    def _consents(self, plan: Plan) -> bool:
        typed = self.text("consent")
        return typed in (plan.consent_word, display_name(plan.consent_word))

    def _show(self) -> None:
        room = self._width - MARGIN
        rows = [*self.above(room), *self._plan_rows(room)]
        run = next((at for at, row in enumerate(rows) if row.pieces and row.pieces[0].text == WILL_RUN), len(rows))
        shown = len(rows)
        rows += self._whole_rules(room)
        self._show_title()
        self._show_consent()
        self.query_one(PlanView).show(rows, shown - run if shown == len(rows) else 0)
        verb = self.verb if not isinstance(self._outcome, Refusal) or self._can_be_changed else ""
        remark = READING if self.is_reading and self.plan is not None else ""
        self.query_one(Buttons).show(verb, enabled=self.why_not is None, remark=remark)
        self._plan_length = shown
        self._fit()

    def _plan_rows(self, room: int) -> list[Row]:
        signs = self.query_one(PlanView).pen.signs
        outcome = self._outcome
        if isinstance(outcome, Refusal):
            return list(refusal_rows(outcome, signs, room))
        if isinstance(outcome, Plan):
            lines = [*self._rules_in_short(), *self.desk.lines(outcome.operations, self._surroundings)]
            return list(plan_rows(outcome, lines, signs, room, revert_s=REVERT_S))
        return list(missing_rows(str(outcome), room))

    def _rules_in_short(self) -> list[str]:
        """What nft is given, where that differs; the whole text stands below."""
        rules = None if self.keeping is None else self.keeping.rules
        if rules is None or rules.text is None:
            return []
        return [f"nft -f -   # {len(rules.text.splitlines())} lines, see below; of it new:", *rules.difference]

    def _whole_rules(self, room: int) -> list[Row]:
        rules = None if self.keeping is None or self.plan is None else self.keeping.rules
        return [] if rules is None or rules.text is None else list(text_rows("NFT IS GIVEN", rules.text, room))

    @property
    def _can_be_changed(self) -> bool:
        """There is a field that may make it possible."""
        return any(isinstance(field, Text | Choice | Switches) for field in self._fields)

    def _show_title(self) -> None:
        edge = self.query(Edge).first()
        plan = self.plan
        if isinstance(self._outcome, Refusal):
            edge.retitle(f"{self.heading}: refused", "danger")
        elif plan is not None and plan.consent is Consent.NAME_AND_TIMER:
            edge.retitle(f"{self.heading}: this may cut you off", "danger")
        elif plan is not None and plan.consent is Consent.NAME:
            edge.retitle(self.heading, "danger")
        else:
            edge.retitle(self.heading)

    def _show_consent(self) -> None:
        row = self.query_one("#consent", Text)
        plan = self.plan
        asks = plan is not None and plan.consent is not Consent.NONE
        if row.display != asks:
            row.display = asks
            if asks and not any(isinstance(field, Text) for field in self._fields):
                self.call_after_refresh(row.field.focus)
        if plan is not None and asks:
            fits = self._consents(plan)
            row.tell(Note(f"{plan.consent_word} in full, to go on", "good" if fits else "caution"))

    @property
    def _width(self) -> int:
        return min(self.app.size.width, 100 if self.app.size.width >= 110 else 76)

    def _fit(self) -> None:
        """As high as it has to be, at most as high as it may be."""
        rows = sum(field.rows for field in self._fields if isinstance(field, FormRow) and field.display)
        rows += AROUND + (1 if self._fields else 0) + (1 if self.query_one("#consent").display else 0)
        most = max(MOST_ROWS, self.app.size.height - 6)
        self._rows = min(most, max(self._rows, rows + self._plan_length))
        dialog = self.query_one("#dialog")
        dialog.styles.height = min(self._rows, self.app.size.height)
        dialog.styles.width = self._width

    # Keys

    def action_scroll(self, rows: int) -> None:
        """Move the plan."""
        self.query_one(PlanView).scroll(rows)

    def action_act(self) -> None:
        """Do it, or say why not."""
        shown = self.plan
        if self._replans is not None:
            self.rebuild()
        reason, plan = self.why_not, self.plan
        if plan != shown:
            self.notify("the host has changed, and the plan with it: look again", timeout=4, markup=False)
            return
        if reason is not None or plan is None:
            self.notify(display_name(reason or ""), timeout=4, markup=False)
            return
        revert = REVERT_S if plan.consent is Consent.NAME_AND_TIMER else None
        self.dismiss(Decision(plan, self.title_of(plan), revert, self.takes_back, self.keeping))

    def title_of(self, plan: Plan) -> str:
        """In the log: the first wish in words, where the others only go with it."""
        wishes = plan.intent.intents if isinstance(plan.intent, Several) else (plan.intent,)
        if len(wishes) == 1 or isinstance(wishes[0], Rename):
            return in_words(self.desk.graph, wishes[0])
        return f"{self.heading[:1].lower()}{self.heading[1:]}"

    def on_pressed(self, message: Pressed) -> None:
        """A button."""
        message.stop()
        if message.does:
            self.action_act()
        else:
            self.action_leave()
