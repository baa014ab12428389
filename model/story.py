"""What one batch of facts comes to: changes are drafted while the facts are applied, and told when all are known."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from model.change import Change, Standing, Value, What
from model.facts import AddressGone, AddressSeen
from model.identity import LinkId, NamespaceId
from model.link import Link


@dataclass(slots=True, eq=False)
class Draft:
    """A change not yet told: what the subject is called, and where its ends are, may still become known."""

    what: What
    subject: LinkId | NamespaceId | None
    before: Value = None
    after: Value = None
    by_pid: int = 0
    formerly: str = ""
    stood: Standing | None = None
    stands: Standing | None = None
    """Its ends are settled at the end of the batch."""
    address: str | None = None
    """Fixed for a thing removed: what it was called."""
    void: bool = False
    by_comm: str | None = None


@dataclass(slots=True)
class Story:
    """The drafts of one batch, and what has to be settled before they are told."""

    drafts: list[Draft] = field(default_factory=list)
    fresh: dict[LinkId, Draft] = field(default_factory=dict)
    """Links that this batch tells whole: added or moved."""
    dirty: dict[LinkId, None] = field(default_factory=dict)
    """Links whose ends may differ now."""
    adrift: dict[LinkId, Draft] = field(default_factory=dict)
    """By the id they were moving to: links that this batch tells as removed, or as moved if they arrive."""
    missed: dict[LinkId, Draft] = field(default_factory=dict)
    """By the id that a reading in this batch no longer listed: how that was told. It may turn out to have moved."""
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

    def add_by(self, what: What, fact: AddressSeen | AddressGone, before: Value, after: Value) -> None:
        """One thing more, and who asked for it."""
        draft = self.add(what, fact.link, before, after)
        draft.by_pid, draft.by_comm = fact.by_pid, fact.by_comm

    def birth_of(self, link: LinkId) -> Draft | None:
        """How it was told as added, if it was."""
        draft = self.fresh.get(link)
        return draft if draft is not None and draft.what is What.LINK_ADDED else None

    def taken(self, place: LinkId) -> None:
        """A link stands here now: what was told as removed from here stays so."""
        self.missed.pop(place, None)
        for target in [target for target, draft in self.adrift.items() if draft.subject == place]:
            del self.adrift[target]

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
        settled: Callable[[Link, Standing], Standing],
    ) -> list[Change]:
        """The changes. `call` names a subject that is still there; `settled` puts in the ends as they are now."""
        names: dict[LinkId | NamespaceId, str] = {}
        told = []
        for draft in self.drafts:
            if draft.void:
                continue
            stands = draft.stands
            if stands is not None and isinstance(draft.after, Link):
                stands = settled(draft.after, stands)
            told.append(
                Change(
                    draft.what,
                    draft.subject,
                    draft.address if draft.address is not None else self._name(draft.subject, names, call),
                    draft.before,
                    draft.after,
                    draft.by_pid,
                    draft.formerly,
                    draft.stood,
                    stands,
                    draft.by_comm,
                )
            )
        return told

    def _name(
        self,
        subject: LinkId | NamespaceId | None,
        names: dict[LinkId | NamespaceId, str],
        call: Callable[[LinkId | NamespaceId], str | None],
    ) -> str:
        if subject is None:
            return ""
        name = names.get(subject)
        if name is None:
            name = names[subject] = call(subject) or self.last_called.get(subject, str(subject))
        return name
