"""`p` and `g`: an entry of the policy, shown with all that it will run: the nft text, the file, the links."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from textual.widget import Widget

from backend.firewall import Rules
from backend.keeping import Keeping, Now, work_out
from model.drift import holding_entry
from model.ethernet import canonical_mac, link_local
from model.guard import Guard, guard_problem
from model.identity import LinkId
from model.intents import Intent
from model.inventory import Inventory
from model.keeping import (
    Edit,
    Part,
    addresses_now,
    cable_at,
    entry_for,
    no_cable,
    own_link_locals,
    selector_of,
    without_part,
)
from model.names import display_name
from model.pinned_names import Pinned, Whereabouts, pinned, template_problem
from model.plan import Plan, Refusal
from model.policy import DERIVED, GuardRule, Pin, Policy, SealRule
from model.policy_cables import Cable
from tui.screens.change.desk import Desk
from tui.screens.change.dialog import ChangeDialog, Missing, Wish
from tui.screens.change.offers import Find, bridges, finder
from tui.screens.change.rows import Choice, Note, Switches, Text, Told

KEEP, LEAVE = "keep", "let go"
GUARD, SEAL, NOTHING = "guard", "seal", "neither"
SWITCHES = [("dhcp", "it may ask a DHCP server"), ("locked", "its bridge port is locked to its MAC, too")]
ANY_MAC = "02:00:00:00:00:01"


@dataclass(frozen=True, slots=True)
class Shelf:
    """What was read before the dialog was opened: the policy file, and the door to the rules."""

    now: Now
    rules: Rules
    seed: str


@dataclass(frozen=True, slots=True)
class Whom:
    """An entry that is there or would be, and the cable that it is about."""

    entry: Policy
    cable: Cable | None
    called: str


class KeepDialog(ChangeDialog):
    """Subclasses say how the entry is to be changed."""

    VERB = "Keep"

    def __init__(self, desk: Desk, shelf: Shelf, whom: Whom | Refusal, title: str) -> None:
        super().__init__(desk, title)
        self.shelf = shelf
        self._whom = whom
        self._worked: Keeping | Refusal | None = None

    @property
    def whom(self) -> Whom:
        """Whose cable it is; only asked where there is one."""
        if not isinstance(self._whom, Whom):
            raise TypeError(self._whom.text)
        return self._whom

    @property
    def before(self) -> Policy | None:
        """The entry as it is in the file; None: there is none yet."""
        entry = self.whom.entry
        return entry if entry in self.shelf.now.policies else None

    def edit(self) -> Edit | Missing:
        """What the fields ask for."""
        raise NotImplementedError

    def fields(self) -> Sequence[Widget]:
        return [] if isinstance(self._whom, Refusal) else self.form()

    def form(self) -> Sequence[Widget]:
        """The rows, where there is something to keep."""
        return []

    def tell(self) -> None:
        if not isinstance(self._whom, Refusal):
            self.note_all()

    def note_all(self) -> None:
        """What stands beside the fields."""

    def wish(self) -> Wish:
        self._worked = None
        if isinstance(self._whom, Refusal):
            self._worked = self._whom
            return ()
        edit = self.edit()
        if isinstance(edit, Missing):
            return edit
        self._worked = work_out(self.desk.graph, self.shelf.rules, self.shelf.now, edit)
        return self._worked.intents if isinstance(self._worked, Keeping) else ()

    def planned(self, wish: Sequence[Intent]) -> Plan | Refusal:
        if isinstance(self._worked, Refusal):
            return self._worked
        plan = super().planned(wish)
        if isinstance(plan, Refusal) or self._worked is None:
            return plan
        return replace(plan, means=(*self._worked.means, *plan.means))

    @property
    def keeping(self) -> Keeping | None:
        return self._worked if isinstance(self._worked, Keeping) else None

    def title_of(self, plan: Plan) -> str:  # noqa: ARG002 # whatever it does to links
        worked = self._worked
        if not isinstance(worked, Keeping) or worked.edit is None:
            return self.heading
        verb = worked.edit.part if worked.edit.keeps else f"un{worked.edit.part}"
        return f"{verb} {display_name(worked.edit.entry.name)}"


class PinDialog(KeepDialog):
    """The host end's name and MAC, at every start."""

    VERB = "Pin"

    def __init__(self, desk: Desk, shelf: Shelf, whom: Whom | Refusal, offered: str = "") -> None:
        """`offered`: the name that it begins with, where none is kept."""
        super().__init__(desk, shelf, whom, f"Pin the host end of {_called(whom)}")
        self._offered = offered

    def form(self) -> Sequence[Widget]:
        was = self.whom.entry.pin
        host = None if self.whom.cable is None else self.whom.cable.host
        is_now = [] if host is None else [Told("is", host.name, f"{host.mac or ''}")]
        choice = [Choice("want", "name, MAC", (KEEP, LEAVE), KEEP)] if was is not None else []
        mac = DERIVED if was is None else was.mac or ""
        return [
            *is_now,
            *choice,
            Text("name", "name", (was.name or "") if was else self._offered, placeholder="as its runtime gives it"),
            Text("mac", "MAC", mac, placeholder="as it comes"),
        ]

    @property
    def _leaves(self) -> bool:
        return self.whom.entry.pin is not None and self.choice("want") == LEAVE

    def note_all(self) -> None:
        for field in ("name", "mac"):
            self.query_one(f"#{field}", Text).display = not self._leaves
        name, aim = self.text("name"), self._aim()
        problem = template_problem(name) if name else None
        becomes = (aim.name if aim is not None and aim.name is not None else "") if name else ""
        self.note("name", Note(problem, "caution") if problem else Note(becomes or "e.g. {owner}-{link}"))
        mac = self.text("mac")
        if mac and mac != DERIVED and canonical_mac(mac) is None:
            self.note("mac", Note(f"no MAC: one, or {DERIVED}", "caution"))
        else:
            self.note("mac", Note((aim.link_local if aim is not None else None) or f"{DERIVED}: made up once, stays"))

    def _pin(self) -> Pin | None:
        name, mac = self.text("name") or None, self.text("mac") or None
        if mac is not None and mac != DERIVED:
            mac = canonical_mac(mac)
            if mac is None:
                return None
        return Pin(name, mac) if (name or mac) and (name is None or template_problem(name) is None) else None

    def _aim(self) -> Pinned | None:
        """What the host end will be."""
        pin, match, cable = self._pin(), self.whom.entry.match, self.whom.cable
        if pin is None:
            return None
        bridge = match.bridge or (cable.bridge.name if cable is not None and cable.bridge is not None else "")
        where = Whereabouts(match.owner or "", match.link or "", match.runtime or "", match.netns or "", bridge)
        return pinned(pin, where, self.shelf.seed)

    def edit(self) -> Edit | Missing:
        entry = self.whom.entry
        if self._leaves:
            return Edit("pin", entry, without_part(entry, "pin"), self.whom.cable)
        pin = self._pin()
        if pin is None:
            return Missing("Type the name, or the MAC, that its host end shall have at every start.")
        return Edit("pin", self.before, replace(entry, pin=pin), self.whom.cable)


class GuardDialog(KeepDialog):
    """What it may send as; or a few services, and nothing else."""

    VERB = "Guard"

    def __init__(self, desk: Desk, shelf: Shelf, whom: Whom | Refusal) -> None:
        super().__init__(desk, shelf, whom, f"Guard {_called(whom)}")

    def form(self) -> Sequence[Widget]:
        entry, cable = self.whom.entry, self.whom.cable
        guard, seal = entry.guard or GuardRule(), entry.seal or SealRule()
        is_kept = entry.sends is not None
        addresses = (*guard.ipv4, *guard.ipv6) if is_kept else addresses_now(self.desk.graph, cable)
        mac = cable.inside.mac if cable is not None and cable.inside is not None else None
        return [
            Choice("want", "as", (GUARD, SEAL, *((NOTHING,) if is_kept else ())), SEAL if entry.seal else GUARD),
            Text(
                "mac", "its MAC", (entry.sends.mac if entry.sends else None) or "", placeholder=f"as now: {mac or '?'}"
            ),
            Text("addresses", "addresses", " ".join(addresses), placeholder="its link-local alone"),
            Text("to", "reaches", seal.to or "", offers=self._hosts(), placeholder=_host_called(cable)),
            Text("tcp", "TCP ports", " ".join(map(str, seal.tcp)), placeholder="873 3128"),
            Text("udp", "UDP ports", " ".join(map(str, seal.udp)), placeholder="none"),
            Switches("and", "and", SWITCHES, [name for name, _ in SWITCHES if getattr(guard, name)]),
        ]

    def _hosts(self) -> Find:
        graph = self.desk.graph
        return finder(bridges(graph, [graph.home] if graph.home is not None else []))

    def note_all(self) -> None:
        want = self.choice("want")
        shown = {GUARD: ("mac", "addresses", "and"), SEAL: ("mac", "to", "tcp", "udp"), NOTHING: ()}[want]
        for name in ("mac", "addresses", "to", "tcp", "udp", "and"):
            row = self.query_one(f"#{name}")
            if row.display != (name in shown):
                row.display = name in shown
        verb = {GUARD: "Guard", SEAL: "Seal", NOTHING: "Unguard" if self.whom.entry.seal is None else "Unseal"}[want]
        self.heading = f"{verb} {self.whom.called}"
        said = {GUARD: "forges nothing", SEAL: "reaches these alone", NOTHING: "no rules"}
        self.note("want", Note(said[want]))
        mac = self.text("mac")
        self.note(
            "mac", Note("no MAC", "caution") if mac and canonical_mac(mac) is None else Note(link_local(mac) or "")
        )
        self.note("addresses", Note("of both kinds"))
        for name in ("tcp", "udp"):
            is_bad = _ports(self.text(name)) is None
            self.note(name, Note("1 to 65535", "caution") if is_bad else Note("of the host's link-local"))
        self.note("to", Note("a bridge, or its host end"))

    @property
    def verb(self) -> str:
        return self.heading.partition(" ")[0]

    def edit(self) -> Edit | Missing:
        entry, want, text = self.whom.entry, self.choice("want"), self.text("mac")
        mac = canonical_mac(text) if text else None
        if text and mac is None and want != NOTHING:
            return Missing("What is typed as MAC is none.")
        match want:
            case "guard":
                made: Policy | Missing = self._guarded(entry, mac)
            case "seal":
                made = self._sealed(entry, mac)
            case _:
                part: Part = "guard" if entry.seal is None else "seal"
                return Edit(part, entry, without_part(entry, part), self.whom.cable)
        if isinstance(made, Missing):
            return made
        return Edit("guard" if want == GUARD else "seal", self.before, made, self.whom.cable)

    def _guarded(self, entry: Policy, mac: str | None) -> Policy | Missing:
        words = self.text("addresses").replace(",", " ").split()
        rule = GuardRule(
            mac,
            tuple(word for word in words if ":" not in word),
            tuple(word for word in words if ":" in word),
            "dhcp" in self.switched("and"),
            "locked" in self.switched("and"),
        )
        problem = guard_problem(Guard(("x",), mac or ANY_MAC, rule.ipv4, rule.ipv6))
        return Missing(problem) if problem is not None else replace(entry, guard=rule, seal=None)

    def _sealed(self, entry: Policy, mac: str | None) -> Policy | Missing:
        tcp, udp = _ports(self.text("tcp")), _ports(self.text("udp"))
        if tcp is None or udp is None or not (tcp or udp):
            return Missing("Type the ports of the host that it shall reach.")
        ipv6 = own_link_locals(self.desk.graph, self.whom.cable) or (entry.seal.ipv6 if entry.seal else ())
        return replace(entry, seal=SealRule(self.text("to") or None, tcp, udp, mac, ipv6), guard=None)


class LetGoDialog(KeepDialog):
    """`x` on the policy: a pin, a guard or a seal is kept no longer."""

    VERB = "Remove"

    def __init__(self, desk: Desk, shelf: Shelf, whom: Whom, part: Part) -> None:
        super().__init__(desk, shelf, whom, f"Remove the {part} of {whom.called}")
        self._part: Part = part

    def edit(self) -> Edit | Missing:
        entry = self.whom.entry
        return Edit(self._part, entry, without_part(entry, self._part), self.whom.cable)


class ApplyDialog(KeepDialog):
    """`A` on the policy: everything that is not as the policy asks."""

    VERB = "Apply"

    def __init__(self, desk: Desk, shelf: Shelf) -> None:
        super().__init__(desk, shelf, Refusal("", ""), "Apply what has drifted")

    def fields(self) -> Sequence[Widget]:
        return []

    def tell(self) -> None:
        """There is nothing to be typed."""

    def wish(self) -> Wish:
        self._worked = work_out(self.desk.graph, self.shelf.rules, self.shelf.now, None)
        return self._worked.intents if isinstance(self._worked, Keeping) else ()


def whom_of_link(graph: Inventory, shelf: Shelf, link: LinkId, part: Part) -> Whom | Refusal:
    """The container's cable that this is an end of, and its entry; or why nothing can be kept of it.

    An entry that was written with other words, and keeps the same of it already, is the one that is meant.
    """
    now = shelf.now
    seen = graph.link(link)
    where = graph.address(link) or "it"
    if seen is None:
        return Refusal("gone", "it is gone")
    cable = cable_at(graph, link, now.held)
    if cable is None:
        return no_cable(graph, seen)
    match = selector_of(cable)
    if match is None:
        why = "its container has no name that is proved, and no `ip netns` name"
        return Refusal("no-name", f"{where}: nothing would recognise it at its next start: {why}")
    inside = cable.inside
    called = graph.address(cable.host.id if inside is None else inside.id) or where
    entry = entry_for(now.policies, match)
    held = None if entry in now.policies else holding_entry(graph, now.policies, now.held, shelf.seed, cable, part)
    return Whom(held[0] if held else entry, cable, display_name(called))


def whom_of_entry(graph: Inventory, now: Now, name: str, link: LinkId | None) -> Whom | None:
    """An entry of the file, and the cable that it is about just now; None: it is not there any more."""
    entry = next((policy for policy in now.policies if policy.name == name), None)
    if entry is None:
        return None
    cable = cable_at(graph, link, now.held) if link is not None else None
    return Whom(entry, cable, display_name(entry.name))


def _called(whom: Whom | Refusal) -> str:
    return "it" if isinstance(whom, Refusal) else whom.called


def _host_called(cable: Cable | None) -> str:
    """Whose services are meant where nothing else is said."""
    if cable is None:
        return "the bridge that it is in"
    return display_name((cable.bridge or cable.host).name)


def _ports(text: str) -> tuple[int, ...] | None:
    words = text.replace(",", " ").split()
    if not all(word.isascii() and word.isdecimal() and len(word) <= 5 and 1 <= int(word) <= 65535 for word in words):
        return None
    return tuple(sorted({int(word) for word in words}))
