"""Random topologies: bridges joined to a tree, containers with all flags, macvlans in all modes on any parent.

No loop is built, and no hairpin at both ends of a cable: frames would go round for ever.
"""

import random

from tests.reach.blueprint import Blueprint

_MODES = ("bridge", "bridge", "vepa", "private", "source")
_STATES = ("disabled", "listening", "learning")


def random_plan(seed: int) -> Blueprint:
    """The same one for the same seed."""
    dice = random.Random(seed)
    plan = Blueprint()
    bridges = [plan.bridge(f"br{number}", stp=dice.random() < 0.06) for number in range(dice.randint(1, 3))]
    for number, bridge in enumerate(bridges[1:], 1):
        _join(plan, dice, f"j{number}", dice.choice(bridges[:number]), bridge)
    boxes = [plan.box(f"c{number}", dice.choice(bridges), **_flags(dice)) for number in range(dice.randint(1, 5))]
    _maybe(dice, 0.15, lambda: plan.tap("tap0", dice.choice(bridges)))
    if dice.random() < 0.6:
        _nic(plan, dice, dice.choice(bridges))
    if dice.random() < 0.35:
        _children(plan, dice, "mb", dice.choice(bridges), dice.randint(1, 3))
    if dice.random() < 0.35:
        _children(plan, dice, "mc", dice.choice(boxes), dice.randint(1, 2))
    _maybe(dice, 0.1, lambda: plan.tunnel(bridges[0]))
    for name, piece in plan.pieces.items():
        chance = 0.04 if piece.kind == "bridge" else 0.05
        _maybe(dice, chance, lambda name=name: plan.down(name))
        _maybe(dice, 0.2, lambda piece=piece: _tell(plan, dice, piece.name, boxes))
    _maybe(dice, 0.3, lambda: _take_mac_of_port(plan, dice))
    return plan


def _take_mac_of_port(plan: Blueprint, dice: random.Random) -> None:
    """A bridge, as it does by itself, or somebody in a box has the MAC of a port."""
    ports = [piece for piece in plan.pieces.values() if piece.master and piece.kind in ("veth", "tun")]
    port = dice.choice(ports)
    if port.master is not None and dice.random() < 0.7:
        plan.pieces[port.master].mac = port.mac
        return
    told = {whose for _, whose in plan.told}  # the kernel refuses a static entry for a port's own MAC
    boxes = [piece for piece in plan.pieces.values() if piece.name.startswith("c") and piece.name not in told]
    if boxes:
        dice.choice(boxes).mac = port.mac


def _maybe(dice: random.Random, chance: float, do: object) -> None:
    if dice.random() < chance:
        assert callable(do)
        do()


def _flags(dice: random.Random, *, hairpin: float = 0.1) -> dict[str, object]:
    """Mostly the defaults."""
    chances = (
        ("isolated", 0.3, True),
        ("hairpin", hairpin, True),
        ("learning", 0.15, False),
        ("flood", 0.15, False),
        ("mcast_flood", 0.1, False),
        ("bcast_flood", 0.1, False),
        ("locked", 0.1, True),
    )
    flags: dict[str, object] = {word: value for word, chance, value in chances if dice.random() < chance}
    if dice.random() < 0.06:
        flags["state"] = dice.choice(_STATES)
    return flags


def _join(plan: Blueprint, dice: random.Random, name: str, one: str, other: str) -> None:
    """A cable between two bridges. Hairpin at both of its ends would be an endless storm."""
    plan.cable(f"{name}a", f"{name}b")
    plan.plug(f"{name}a", one, **(_flags(dice, hairpin=0.1) if dice.random() < 0.3 else {}))
    plan.plug(f"{name}b", other, **(_flags(dice, hairpin=0) if dice.random() < 0.3 else {}))


def _nic(plan: Blueprint, dice: random.Random, bridge: str) -> None:
    """A parent whose cable ends at a switch: one of its own, or a bridge that is there."""
    switch = bridge
    if dice.random() < 0.6:
        switch = plan.bridge("switch")
        plan.box("station", switch)
    plan.cable("nic", "nicfar")
    flags = _flags(dice, hairpin=0.5) if dice.random() < 0.5 else {"hairpin": dice.random() < 0.5}
    plan.plug("nicfar", switch, **flags)
    kind = dice.random()
    if kind < 0.2:
        is_port = dice.random() < 0.5
        plan.child("thru", "nic", "passthru", kind="macvlan" if is_port else dice.choice(("macvlan", "macvtap")))
        if is_port:  # a macvtap can be none
            plan.bridge("brt")
            plan.box("t1", "brt")
            plan.plug("thru", "brt")
        return
    _children(plan, dice, "m", "nic", dice.randint(1, 5))
    if kind < 0.4:
        plan.bridge("brm")
        plan.box("u1", "brm")
        plan.child("mport", "nic", dice.choice(("bridge", "private", "vepa")))
        plan.plug("mport", "brm")


def _children(plan: Blueprint, dice: random.Random, word: str, parent: str, count: int) -> None:
    ends = [name for name, piece in plan.pieces.items() if piece.master is None]
    for number in range(count):
        mode = dice.choice(_MODES)
        sources = dice.sample(ends, min(len(ends), dice.randint(0, 2))) if mode == "source" else []
        below = dice.choice([f"{word}{one}" for one in range(number)]) if number and dice.random() < 0.2 else parent
        child = plan.child(f"{word}{number}", below, mode, *sources, kind=dice.choice(("macvlan", "macvtap")))
        if dice.random() < 0.5:
            plan.pieces[child].space = plan.pieces["c0"].space
        ends.append(child)


def _tell(plan: Blueprint, dice: random.Random, port: str, boxes: list[str]) -> None:
    """Let a table say where a box is; mostly it is right."""
    piece = plan.pieces[port]
    if not piece.master or piece.kind in ("macvlan", "macvtap"):
        return
    whose = port[1:] if port[1:] in boxes and dice.random() < 0.8 else dice.choice(boxes)
    if (piece.master, whose) not in {(plan.pieces[at].master, of) for at, of in plan.told}:
        plan.tell(port, whose)
