"""A plan while it is written: what it is told, what it says so far, and the one way out of it, a refusal."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import cast

from model.identity import LinkId, NamespaceId
from model.intents import Intent, Several
from model.inventory import Inventory
from model.labels import word
from model.link import Link
from model.operations import Handle, Operation
from model.plan import Belongings, Consent, Meaning, Plan, Refusal, Sign, Step, Surroundings
from model.shell_words import shell_line


class Refused(Exception):
    """There will be no plan: caught by model.planner, which hands out the Refusal."""

    def __init__(self, code: str, text: str, *instead: str, kernel: str | None = None) -> None:
        super().__init__(text)
        self.refusal = Refusal(code, text, instead, kernel)


class Draft:
    """What is known, and what was written down."""

    def __init__(self, graph: Inventory, surroundings: Surroundings, invented: frozenset[LinkId] = frozenset()) -> None:
        self.graph = graph
        self.surroundings = surroundings
        self.steps: list[Step] = []
        self.means: list[Meaning] = []
        self.lost: list[str] = []
        self.why_name: list[str] = []
        """Why the name is asked for."""
        self.word = ""
        """The name."""
        self._invented = invented
        """Links that an earlier wish of the same plan makes or moves: their ifindexes are not known yet."""
        self.macs_left = list(surroundings.fresh_macs)
        """Random ones, for the next who needs one."""
        self._belongings = {one.link: one for one in surroundings.belongings}

    # What is known

    def link(self, link: LinkId) -> Link:
        """A link that is there and may be changed. Raises Refused."""
        found = self.graph.link(link)
        if found is None:
            raise Refused("no-such-link", f"{link}: it is gone", "look again: it was deleted, or moved")
        self.enter(link.namespace)
        return found

    def enter(self, namespace: NamespaceId) -> None:
        """A namespace in which something may be changed. Raises Refused."""
        seen = self.graph.namespace(namespace)
        if seen is None:
            raise Refused("no-such-namespace", f"{namespace}: this namespace is gone")
        if not seen.readable:
            raise Refused(
                "namespace-unreadable",
                f"{self.called(namespace)}: it can be seen, but not entered, so nothing in it can be changed",
                "act on the other end of the cable",
            )

    def handle(self, link: Link) -> Handle:
        """To act on a link that is there, or will be by then."""
        return Handle(link.id.namespace, link.name, None if link.id in self._invented else link.id.ifindex)

    def called(self, subject: LinkId | NamespaceId) -> str:
        """What a thing is called, as it can be typed."""
        return self.graph.address(subject) or str(subject)

    def belongings(self, link: LinkId) -> Belongings:
        """What a link has besides what is in the graph, as far as it was read."""
        return self._belongings.get(link, Belongings(link))

    def knob(self, link: LinkId, family: str, key: str) -> str | None:
        """The value of a sysctl of a link now; None: it was not read."""
        for has_family, has_key, value in self.belongings(link).knobs:
            if (has_family, has_key) == (family, key):
                return value
        return None

    def fresh_mac(self) -> str:
        """A random one. Raises Refused where none was brought along."""
        if not self.macs_left:
            raise Refused("no-mac", "a MAC has to be named here")
        return self.macs_left.pop(0)

    # What is written

    def step(self, do: Operation, *undo: Operation) -> None:
        """One more request, and what takes it back."""
        self.steps.append(Step(do, undo))

    def gain(self, text: str, code: str = "") -> None:
        """Something that will be better."""
        self._mean(Sign.GAIN, text, code)

    def mind(self, text: str, code: str = "") -> None:
        """Something to know before."""
        self._mean(Sign.MIND, text, code)

    def depends(self, text: str, code: str = "") -> None:
        """Something that we cannot know."""
        self._mean(Sign.DEPENDS, text, code)

    def lose(self, text: str, code: str = "") -> None:
        """Something that will be gone."""
        self._mean(Sign.LOSS, text, code)

    def forget(self, text: str) -> None:
        """Something that taking it back does not bring back."""
        if text not in self.lost:
            self.lost.append(text)

    def ask_name(self, of: str, why: str) -> None:
        """Ask for the name typed in full."""
        self.word = self.word or word(of)
        if why not in self.why_name:
            self.why_name.append(why)

    def plan(self, intent: Intent | Several) -> Plan:
        """What was written, as a plan."""
        if not self.steps:
            return Plan(intent, (), tuple(self.means))
        consent = Consent.NAME if self.why_name else Consent.NONE
        return Plan(
            intent, tuple(self.steps), tuple(self.means), tuple(self.lost), consent, tuple(self.why_name), self.word
        )

    def _mean(self, sign: Sign, text: str, code: str) -> None:
        meaning = Meaning(sign, text, code)
        if meaning not in self.means:
            self.means.append(meaning)


def typed(*words: str) -> str:
    """A command of ours as it is typed, whatever the names hold: one that begins with a dash comes after `--`."""
    line: list[str] = ["jackfield"]
    for one in words:
        if one.startswith("-") and not one.startswith("--") and "--" not in line:
            line.append("--")
        line.append(one)
    return shell_line(line)


def with_handles(operations: Iterable[Operation], handles: Mapping[Handle, Handle]) -> tuple[Operation, ...]:
    """The same operations, each of these handles in them being another one."""
    return tuple(cast("Operation", _replaced(operation, handles)) for operation in operations)


def _replaced(value: object, handles: Mapping[Handle, Handle]) -> object:
    if isinstance(value, Handle):
        return handles.get(value, value)
    if isinstance(value, tuple):
        return tuple(_replaced(item, handles) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return dataclasses.replace(value, **{name: _replaced(field, handles) for name, field in fields.items()})
    return value
