"""The focus: one thing and its neighbours, as boxes that can be walked through."""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from textual import events
from textual.message import Message
from textual.strip import Strip

from model.focus import Node, Place, Web
from model.focus_layout import Band, More, Picture, Placed, bands, lay_out
from model.focus_words import Sentence, box_words, name_of, sentences, subject_of
from model.identity import LinkId, NamespaceId
from model.tree import links_of
from tui.session import Session, Subject
from tui.widgets.focus_canvas import FocusCanvas
from tui.widgets.line import Line, Piece, blank
from tui.widgets.painted import Painted, Pane, title_rule

MOST_HOPS: Final = 9


class Visit(NamedTuple):
    """What was looked at, and from how far."""

    centre: Subject
    hops: int


class Meant(NamedTuple):
    """What is selected: a node, or the list of its neighbours that have no box."""

    node: Node
    is_more: bool = False


class FocusView(Pane):
    """The centre stands at the left; each column is one hop further."""

    class Pointed(Message):
        """Another box is selected."""

    def __init__(self, session: Session) -> None:
        super().__init__("focus")
        self._session = session
        self.visit: Visit | None = None
        self._past: list[Visit] = []
        self._web: Web | None = None
        """Made anew when a cable has changed."""
        self._centre: Place | None = None
        self._picture: Picture | None = None
        self._drawn_for: tuple[int, int] = (0, 0)
        self._meant: Meant | None = None
        self._opened: set[Node] = set()
        self._matches: Callable[[Subject], bool] | None = None

    # What is shown

    @property
    def count(self) -> int:
        """Rows of the picture."""
        return 0 if self._picture is None else self._picture.height

    @property
    def _has_heading(self) -> bool:
        return True

    def centre_on(self, subject: Subject, hops: int | None = None) -> None:
        """Look at another thing; what was looked at can be gone back to."""
        if self.visit is not None and self.visit.centre != subject:
            self._past = [*self._past[-99:], self.visit]
        self._look(Visit(subject, hops or (self.visit.hops if self.visit is not None else 2)))

    def follow(self) -> str | None:
        """Look at the other end of the cable. None: done; else why not."""
        graph, start = self._session.graph, self.subject
        if start is None:
            return "nothing is selected"
        if not isinstance(start, LinkId):
            links = links_of(graph, start)
            if len(links) != 1:
                return "this is no cable: choose one of its links"
            start = links[0].id
        ends = graph.ends(start)
        known = [end for end in (ends.peer, ends.parent, ends.master) if isinstance(end, LinkId)]
        if known:
            self.centre_on(known[0])
            return None
        nothing = ends.peer is None and ends.parent is None and ends.master is None
        return "it has no other end" if nothing else "its other end is in a namespace that is hidden from us"

    def back(self) -> bool:
        """What was looked at before. False: nothing."""
        if not self._past:
            return False
        self._look(self._past.pop())
        return True

    @property
    def trail(self) -> list[Subject]:
        """What was looked at, the latest last."""
        return [visit.centre for visit in self._past] + ([self.visit.centre] if self.visit is not None else [])

    def forget(self) -> None:
        """Begin anew: there is nothing to go back to."""
        self._past, self.visit = [], None

    def _look(self, visit: Visit) -> None:
        self.visit = visit
        self._meant, self._opened, self.top = None, set(), 0
        self.rebuild()

    def follow_moves(self, moved: dict[LinkId, LinkId]) -> None:
        """Links are somewhere else now."""
        visits = [visit._replace(centre=_moved(visit.centre, moved)) for visit in self._past]
        self._past = visits
        if self.visit is not None:
            self.visit = self.visit._replace(centre=_moved(self.visit.centre, moved))

    def rewire(self) -> None:
        """Cables have changed."""
        self._web = None
        self.rebuild()

    def rebuild(self) -> None:
        """The neighbours anew."""
        if self.visit is not None:
            self._session.give_letters()
            self._web = self._web or Web(self._session.graph)
            self._centre = self._web.around(self.visit.centre, min(self.visit.hops, MOST_HOPS))
        self.redraw()

    def redraw(self) -> None:
        """The words anew, and drawn."""
        self._lay_out()
        self.freshen()
        self.post_message(self.Pointed())

    def _lay_out(self) -> None:
        width, height = self.size
        self._drawn_for = (width, height)
        if self._centre is None or self.visit is None or not width:
            self._picture = None
            return
        graph, letters = self._session.graph, self._session.letters
        self._picture = lay_out(
            self._centre,
            lambda place: box_words(graph, place, letters),
            bands(width, self.visit.hops),
            self.page,
            self._opened,
        )
        if self._box_or_more() is None:
            self._meant = Meant(self._centre.node)
        self.bring_into_view()

    @property
    def hops(self) -> int:
        """How many there are columns for."""
        return 0 if self._picture is None else max(0, len(self._picture.bands) - 1)

    def hop(self, more: int) -> str | None:
        """More hops, or fewer. None: done; else why not."""
        if self.visit is None:
            return "nothing is looked at"
        hops = self.hops + more
        if hops < 1:
            return "the nearest neighbours are always shown"
        if len(bands(self.size.width, hops)) <= hops:
            return "there is no room for more hops: make the window wider"
        self.visit = self.visit._replace(hops=hops)
        self.rebuild()
        return None

    # What is selected

    @property
    def place(self) -> Place | None:
        """The box that is selected, or whose neighbours are."""
        found = self._box_or_more()
        return found.place if found is not None else None

    @property
    def subject(self) -> Subject | None:
        """The thing that the selected box stands for."""
        place = self.place
        if place is None:
            return self.visit.centre if self.visit is not None else None
        if place.parent is None and self.visit is not None:
            return self.visit.centre
        return subject_of(self._session.graph, place.node)

    def _box_or_more(self) -> Placed | More | None:
        meant, picture = self._meant, self._picture
        if meant is None or picture is None:
            return None
        found = picture.mores if meant.is_more else picture.boxes
        return next((one for one in found if one.place.node == meant.node), None)

    def _all(self) -> list[Placed | More]:
        picture = self._picture
        return [] if picture is None else sorted([*picture.boxes, *picture.mores], key=lambda one: (one.x, one.y))

    def _mean(self, one: Placed | More | None) -> None:
        if one is None:
            return
        self._meant = Meant(one.place.node, isinstance(one, More))
        self.bring_into_view()
        self.freshen()
        self.post_message(self.Pointed())

    # Walking

    def step(self, rows: int) -> None:
        """Up and down within the column."""
        here = self._box_or_more()
        column = [one for one in self._all() if here is not None and one.x == here.x]
        if here is not None and here in column:
            self._mean(column[max(0, min(column.index(here) + rows, len(column) - 1))])

    def move_to(self, index: int) -> None:
        """The first or the last of the column."""
        self.step(-self.count if index <= 0 else self.count)

    def left(self) -> None:
        """To what this hangs on."""
        here = self._box_or_more()
        if isinstance(here, More):
            self._mean(self._box(here.place))
        elif here is not None and here.place.parent is not None:
            self._mean(self._box(here.place.parent))

    def right(self) -> None:
        """To what hangs on this: the first one, or the list of those without a box."""
        here = self._box_or_more()
        if isinstance(here, Placed):
            hanging = [one for one in self._all() if _hangs_on(one, here.place)]
            self._mean(hanging[0] if hanging else None)

    def walk(self, steps: int) -> None:
        """To the next box of all, and from the last to the first."""
        everything, here = self._all(), self._box_or_more()
        if everything:
            at = everything.index(here) if here in everything else -1
            self._mean(everything[(at + steps) % len(everything)])

    def enter(self) -> str | None:
        """Look at the selected thing, or open the list. None: done; else why not."""
        here = self._box_or_more()
        if here is None or self.visit is None:
            return "nothing is selected"
        if isinstance(here, More):
            self._opened ^= {here.place.node}
            self.redraw()
            return None
        if here.place.parent is None:
            return self._widen(here.place)
        subject = self.subject
        if subject is None:
            return "it cannot be looked at by itself"
        self.centre_on(subject)
        return None

    def _widen(self, centre: Place) -> str | None:
        """From a link to whose it is."""
        if centre.only is None:
            return "it is in the centre already"
        self.centre_on(NamespaceId(centre.only.namespace))
        return None

    def _box(self, place: Place) -> Placed | None:
        return next((box for box in self._picture.boxes if box.place is place), None) if self._picture else None

    def bring_into_view(self) -> None:
        """Scroll as little as will do."""
        here = self._box_or_more()
        if here is not None:
            bottom = here.y + (here.height if isinstance(here, Placed) else 1)
            self.top = max(min(self.top, here.y), bottom - self.page)
        self.top = max(0, min(self.top, self.count - self.page))

    def on_click(self, event: events.Click) -> None:
        """Select a box; twice: look at it."""
        event.prevent_default()
        y = event.y - 1 + self.top
        hit = next((one for one in self._all() if one.x <= event.x < one.x + one.width and _spans(one, y)), None)
        self._mean(hit)
        if hit is not None and event.chain == 2:
            self.post_message(self.Opened())

    def filter(self, matches: Callable[[Subject], bool] | None) -> None:
        """Dim what does not match."""
        self._matches = matches
        self.freshen()

    def _dimmed(self) -> list[Place]:
        if self._matches is None or self._picture is None:
            return []
        return [box.place for box in self._picture.boxes if not self._shows_match(box)]

    def _shows_match(self, box: Placed) -> bool:
        subjects: list[Subject | None] = [subject_of(self._session.graph, box.place.node)]
        subjects += [row.link for row in box.words.rows]
        return any(self._matches is None or self._matches(subject) for subject in subjects if subject is not None)

    def links_on_screen(self) -> Iterator[LinkId]:
        """The links that have a row."""
        for box in self._picture.boxes if self._picture is not None else ():
            yield from (row.link for row in box.words.rows if row.link is not None)

    # Drawing

    def heading(self) -> Line:
        line = self.line()
        for number, band in enumerate(self._picture.bands if self._picture is not None else (Band(1, 0),)):
            word = "FOCUS" if not number else f"{number} HOP{'S' if number > 1 else ''}"
            line.to(band.x).write(word, "muted", bold=True)
        return line

    def paint(self, width: int, height: int) -> list[Strip]:
        if (width, height) != self._drawn_for:
            self._lay_out()
        picture = self._picture
        painted = [self.heading().strip()]
        if picture is None:
            return painted + self._nothing()
        rows = range(self.top, min(self.top + self.page, picture.height))
        here = self._box_or_more()
        meant = here if isinstance(here, More) else here.place if here is not None else None
        canvas = FocusCanvas(self._session, self.pen, picture, rows, width)
        painted += canvas.draw(meant, self._dimmed())
        painted += [blank(self.pen, width)] * (height - len(painted))
        return [self._with_thumb(strip, y - 1) if y else strip for y, strip in enumerate(painted)]

    def _nothing(self) -> list[Strip]:
        line = self.line().to(2)
        if self.visit is not None and self._centre is None:
            line.write("It is gone. ", "strong", bold=True).write("backspace goes back, esc leaves the focus.", "muted")
        return [self.line().strip(), line.strip()]

    def _with_thumb(self, strip: Strip, y: int) -> Strip:
        if y not in self._thumb():
            return strip
        line = Line(self.pen, 1).write(" ", ground="edge")
        return Strip.join([strip.crop(0, self.size.width - 1), line.strip()])


class FocusWords(Painted):
    """What the selected box means, in sentences."""

    def __init__(self, session: Session, view: FocusView) -> None:
        super().__init__("means")
        self._session = session
        self._view = view

    def paint(self, width: int, height: int) -> list[Strip]:  # noqa: ARG002 # the pane's width
        place = self._view.place
        if place is None:
            return [title_rule(self.line(), [], []).strip()]
        graph = self._session.graph
        said = list(sentences(graph, place, self._session.letters))
        said.sort(key=lambda sentence: not sentence.is_trouble)
        more = len(said) - (height - 1)
        right = [Piece(f"{more + 1:,} more", "muted")] if more > 0 else []
        title = name_of(graph, place.node)
        if place.only is not None:
            title = graph.address(place.only) or title
        lines = [title_rule(self.line(), [Piece(title, "strong", bold=True)], right)]
        lines += [self._sentence(sentence) for sentence in said[: height - 1]]
        return [line.strip() for line in lines]

    def _sentence(self, sentence: Sentence) -> Line:
        line, letters = self.line().to(1), self._session.letters
        if sentence.segment is not None:
            line.write(letters.letter(sentence.segment), f"segment{letters.ordinal(sentence.segment) % 5}", bold=True)
        elif sentence.is_trouble:
            line.write(self.pen.signs.look, "caution", bold=True)
        line.to(3).write(sentence.name, "text", room=line.room).write(" ")
        return line.write(sentence.text, "danger" if sentence.is_trouble else "muted", room=max(0, line.room))


def _moved(subject: Subject, moved: dict[LinkId, LinkId]) -> Subject:
    return moved.get(subject, subject) if isinstance(subject, LinkId) else subject


def _hangs_on(one: Placed | More, place: Place) -> bool:
    return one.place is place if isinstance(one, More) else one.place.parent is place


def _spans(one: Placed | More, y: int) -> bool:
    return one.y <= y < one.y + (one.height if isinstance(one, Placed) else 1)
