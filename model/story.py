"""What one batch of facts comes to: changes are drafted while the facts are applied, and told when all are known."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from model.change import Change, Standing, Value, What
from model.identity import LinkId, NamespaceId


@dataclass(slots=True, eq=False)
class Draft:
    """A change not yet told: what the subject is called, and how it looks whole, may still become known."""

    what: What
    subject: LinkId | NamespaceId | None
    before: Value = None
    after: Value = None
    by_pid: int = 0
    standing: Standing | None = None
    address: str | None = None
    """Fixed for a thing removed: what it was called."""
    void: bool = False


@dataclass(slots=True)
class Story:
    """The drafts of one batch, and what has to be settled before they are told."""

    drafts: list[Draft] = field(default_factory=list)
    fresh: dict[LinkId, Draft] = field(default_factory=dict)
    """Links that this batch tells whole: added or moved."""
    dirty: dict[LinkId, None] = field(default_factory=dict)
    """Links whose ends may differ now."""
    adrift: dict[LinkId, Draft] = field(default_factory=dict)
    """By the id they were moving to: links whose old namespace died in this batch, and how that was told."""
    last_called: dict[LinkId | NamespaceId, str] = field(default_factory=dict)

    def add(self, what: What, subject: LinkId | NamespaceId | None, before: Value = None, after: Value = None) -> Draft:
        """One thing more."""
        draft = Draft(what, subject, before, after)
        self.drafts.append(draft)
        return draft

    def touch(self, links: Iterable[LinkId]) -> None:
        """The ends of these may differ now."""
        for link in links:
            self.dirty[link] = None

    def add_by(self, what: What, subject: LinkId, before: Value, after: Value, by_pid: int) -> None:
        """One thing more, and who asked for it."""
        self.add(what, subject, before, after).by_pid = by_pid

    def retell(self, birth: Draft, moved: Draft, old: LinkId) -> None:
        """A link was told as added, and now it turns out where it came from: one move, not a birth and a death.

        The move takes the birth's place; what this batch told of the old one after that goes before it.
        """
        place = self.drafts.index(birth)
        later = self.drafts[place + 1 :]
        of_old = [draft for draft in later if draft.subject == old]
        rest = [draft for draft in later if draft.subject != old]
        self.drafts[place:] = [*of_old, moved, *rest]

    def tell(
        self,
        call: Callable[[LinkId | NamespaceId], str | None],
        whole: Callable[[Draft], Value],
    ) -> list[Change]:
        """The changes. `call` names a subject that is still there; `whole` gives the value after, as it is now."""
        names: dict[LinkId | NamespaceId | None, str] = {None: ""}
        told = []
        for draft in self.drafts:
            if draft.void:
                continue
            name = draft.address
            if name is None:
                name = names.get(draft.subject)
            if name is None and draft.subject is not None:
                name = call(draft.subject) or self.last_called.get(draft.subject, str(draft.subject))
                names[draft.subject] = name
            told.append(
                Change(draft.what, draft.subject, name or "", draft.before, whole(draft), draft.by_pid, draft.standing)
            )
        return told
