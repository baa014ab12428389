"""A finding: what is wrong, or worth knowing, in words that an operator can act on."""

from dataclasses import dataclass
from enum import StrEnum

from model.identity import LinkId, NamespaceId
from model.intents import Intent

Subject = LinkId | NamespaceId
Fix = Intent | str
"""What would put it right: a wish, or a command line."""


class Severity(StrEnum):
    """How much it matters."""

    ERROR = "error"
    """Frames are lost now."""
    WARNING = "warning"
    """They are lost in some cases, or will be at the next change."""
    NOTE = "note"
    """Nothing is wrong: good to know."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found. Texts hold names as they can be typed (Inventory.address), or made safe to show."""

    code: str
    """What it is, in a word: a contract that may only grow."""
    severity: Severity
    subject: Subject
    text: str
    """What goes on after the subject's address: `is up, but ...`."""
    explanation: str
    """Why it matters, and what else could be done. In full sentences."""
    fix: Fix | None = None
    many: str = ""
    """The text of several alike: `are up, but ...`. Empty: each is told by itself."""
    also: tuple[Subject, ...] = ()
    """The other subjects, where several were put into one."""
    fixes: tuple[Fix | None, ...] = ()
    """The fix of each subject, where several were put into one."""

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """All that it is about."""
        return (self.subject, *self.also)

    def fix_of(self, index: int) -> Fix | None:
        """What would put right one of the subjects."""
        return self.fixes[index] if self.also else self.fix

    @property
    def all_fixes(self) -> tuple[Fix, ...]:
        """What would put right all that can be."""
        return tuple(fix for fix in (self.fixes if self.also else (self.fix,)) if fix is not None)


ORDER = tuple(Severity)
"""The gravest first."""
