"""Lines that meet: from the four arms of a cell to the character that draws them."""

import unicodedata
from functools import cache
from typing import Final, NamedTuple

NONE, LIGHT, HEAVY, DOUBLE = range(4)
_WEIGHTS: Final = {"LIGHT": LIGHT, "HEAVY": HEAVY, "DOUBLE": DOUBLE, "SINGLE": LIGHT}
_SIDES: Final = {"UP": (0,), "DOWN": (1,), "LEFT": (2,), "RIGHT": (3,), "VERTICAL": (0, 1), "HORIZONTAL": (2, 3)}


class Arms(NamedTuple):
    """How heavy the line is to each side."""

    up: int = NONE
    down: int = NONE
    left: int = NONE
    right: int = NONE

    def __or__(self, other: object) -> "Arms":
        """Both together: at each side the one given later, where it has any."""
        if not isinstance(other, Arms):
            return NotImplemented
        return Arms(*(theirs or mine for mine, theirs in zip(self, other, strict=True)))


NO_ARMS: Final = Arms()


@cache
def box(arms: Arms) -> str:
    """The character for these arms; where Unicode has none, the nearest that keeps the directions."""
    if arms == NO_ARMS:
        return " "
    up, down, left, right = arms
    vertical, horizontal = max(up, down), max(left, right)
    for nearest in (
        arms,
        Arms(*(vertical if arm else 0 for arm in (up, down)), *(horizontal if arm else 0 for arm in (left, right))),
        Arms(*(vertical if arm else 0 for arm in (up, down)), *(min(arm, LIGHT) for arm in (left, right))),
        Arms(*(min(arm, LIGHT) for arm in (up, down)), *(horizontal if arm else 0 for arm in (left, right))),
    ):
        if nearest in _BOXES:
            return _BOXES[nearest]
    return _BOXES[Arms(*(min(arm, LIGHT) for arm in arms))]


@cache
def ascii_box(arms: Arms) -> str:
    """The same with letters: `#` and `H` are rails, `=` is heavy."""
    vertical, horizontal = max(arms.up, arms.down), max(arms.left, arms.right)
    if vertical in (HEAVY, DOUBLE):
        return "#" if vertical == HEAVY else "H"
    if vertical and horizontal:
        return "+"
    if vertical:
        return "|"
    return " " if not horizontal else "-" if horizontal == LIGHT else "="


def _read_boxes() -> dict[Arms, str]:
    """Unicode's own names of its box drawing characters say which arms they have."""
    found: dict[Arms, str] = {}
    for code in range(0x2500, 0x2580):
        words = unicodedata.name(chr(code)).removeprefix("BOX DRAWINGS ").split()
        if set(words) <= {*_WEIGHTS, *_SIDES, "AND"}:
            found.setdefault(_arms_named(words), chr(code))
    found[Arms(down=LIGHT, right=LIGHT)], found[Arms(down=LIGHT, left=LIGHT)] = "╭", "╮"
    found[Arms(up=LIGHT, right=LIGHT)], found[Arms(up=LIGHT, left=LIGHT)] = "╰", "╯"
    return found


def _arms_named(words: list[str]) -> Arms:
    """`LIGHT`, then sides, holds for all after it; `UP HEAVY AND DOWN LIGHT` names the weight after the side."""
    arms = [NONE] * 4
    leads = words[0] in _WEIGHTS
    weight, sides = LIGHT, list[int]()
    for word in words:
        if word in _WEIGHTS:
            weight = _WEIGHTS[word]
            if not leads:
                for side in sides:
                    arms[side] = weight
                sides = []
        elif word in _SIDES:
            if leads:
                for side in _SIDES[word]:
                    arms[side] = weight
            else:
                sides += _SIDES[word]
    return Arms(*arms)


_BOXES: Final = _read_boxes()
_ARMS: Final = {char: arms for arms, char in _BOXES.items()}


def arms_of(char: str) -> Arms | None:
    """Which way the lines of a character go; None: it is no line."""
    return _ARMS.get(char)
