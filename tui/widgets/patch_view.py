"""What the map and the tree have in common: both show what is plugged into what, and are walked through in one way."""

from collections.abc import Iterator

from textual.message import Message

from model.identity import LinkId
from tui.session import News, Session, Subject
from tui.widgets.painted import Pane


class PatchView(Pane):
    """Selection, scroll and folding are kept by identity."""

    class Pointed(Message):
        """Another thing, or another end of it, is selected."""

    found = 0
    """How many things the filter lets through."""

    def __init__(self, session: Session, id: str) -> None:  # noqa: A002 # Textual's own word
        super().__init__(id)
        self._session = session
        self.is_far = False
        """The other end of the selected cable is meant."""

    def take(self, news: News) -> None:
        """Something happened."""
        raise NotImplementedError

    def take_counts(self) -> None:
        """Rates were read. Only the map shows them."""

    def rebuild(self) -> None:
        """Everything anew, and drawn. The selected row keeps its line on the screen."""
        raise NotImplementedError

    @property
    def subject(self) -> Subject | None:
        """The link or namespace that is meant: of a cable the end that is pointed at."""
        raise NotImplementedError

    @property
    def path(self) -> list[str]:
        """Names from the host to here."""
        raise NotImplementedError

    @property
    def is_folded(self) -> bool:
        """What is selected can be unfolded."""
        raise NotImplementedError

    def links_on_screen(self) -> Iterator[LinkId]:
        """The links of the visible rows."""
        raise NotImplementedError

    def left(self) -> None:
        """Towards the host."""
        raise NotImplementedError

    def right(self) -> None:
        """Towards the inside."""
        raise NotImplementedError

    def fold(self) -> None:
        """Fold or unfold."""
        raise NotImplementedError

    def fold_all(self) -> None:
        """Fold everything; where all is folded, unfold it."""
        raise NotImplementedError

    def next_segment(self, step: int) -> bool:
        """Go to the next bridge or parent, or the previous one. False: there is none that way."""
        raise NotImplementedError

    def follow(self) -> str | None:
        """Go to the other end of the cable. None: done; else why not."""
        raise NotImplementedError

    def go_to(self, subject: Subject) -> bool:
        """Select the row of a link or namespace, unfolding what hides it. False: it has none."""
        raise NotImplementedError

    def back(self) -> bool:
        """Go back to where we jumped from. False: nowhere to go back to."""
        raise NotImplementedError

    @property
    def can_go_back(self) -> bool:
        """We jumped here from somewhere."""
        raise NotImplementedError
