"""Names that rules of udev gave, from its database: /run/udev/data (systemd.link(5), systemd-udevd.service(8))."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from model.identity import LinkId
from model.link import Link

DATABASE: Final = Path("/run/udev/data")
ROOT: Final = Path("/")


def named_by_rules(links: Sequence[Link], database: Path = DATABASE, root: Path = ROOT) -> dict[LinkId, str]:
    """Virtual links whose name is what the rule that was applied to them says (`Name=`), and the file of that rule.

    Hardware is meant to be named so; a policy that keeps names, as the default one does, changes none.
    """
    named = {}
    for link in links:
        if link.kind in ("device", "loopback"):
            continue
        file = _rule_of(database / f"n{link.id.ifindex}")
        if file is not None and _name_in(root / file.lstrip("/")) == link.name:
            named[link.id] = file
    return named


def _rule_of(record: Path) -> str | None:
    for line in _lines(record):
        key, _, value = line.partition("=")
        if key == "E:ID_NET_LINK_FILE":
            return value
    return None


def _name_in(file: Path) -> str | None:
    section = ""
    name = None
    for line in _lines(file):
        if line.startswith("["):
            section = line
        key, _, value = line.partition("=")
        if section == "[Link]" and key.strip() == "Name":
            name = value.strip()
    return name


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return []
