"""Names that rules of udev gave: told of virtual links whose name is the rule's, and of nothing else."""

from pathlib import Path

from backend.udev import named_by_rules
from model.identity import LinkId, NamespaceId
from model.link import Link

HOME = NamespaceId("n1")
RULE = "/etc/systemd/network/10-lab.link"


def record(root: Path, ifindex: int, file: str = RULE) -> None:
    """As systemd-udevd writes it (/run/udev/data/nIFINDEX)."""
    database = root / "run/udev/data"
    database.mkdir(parents=True, exist_ok=True)
    (database / f"n{ifindex}").write_text(f"I:1234\nE:ID_NET_DRIVER=veth\nE:ID_NET_LINK_FILE={file}\nG:systemd\n")


def rule(root: Path, text: str) -> None:
    path = root / RULE.lstrip("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def named(root: Path, *links: Link) -> dict[LinkId, str]:
    return named_by_rules(links, root / "run/udev/data", root)


def veth(name: str, ifindex: int = 7, kind: str = "veth") -> Link:
    return Link(LinkId(HOME, ifindex), name, kind)


def test_a_link_that_a_rule_named_is_told_with_the_rules_file(tmp_path: Path) -> None:
    record(tmp_path, 7)
    rule(tmp_path, "[Match]\nMACAddress=02:00:00:00:00:01\nName=old\n\n[Link]\nDescription=x\nName = lan0 \n")
    assert named(tmp_path, veth("lan0")) == {LinkId(HOME, 7): RULE}


def test_a_link_that_was_renamed_since_is_none(tmp_path: Path) -> None:
    record(tmp_path, 7)
    rule(tmp_path, "[Link]\nName=lan0\n")
    assert named(tmp_path, veth("tinder0")) == {}


def test_a_rule_that_names_nothing_is_none(tmp_path: Path) -> None:
    record(tmp_path, 7)
    rule(tmp_path, "[Match]\nName=lan0\n[Link]\nNamePolicy=keep kernel\n")
    assert named(tmp_path, veth("lan0")) == {}


def test_hardware_is_meant_to_be_named_so(tmp_path: Path) -> None:
    record(tmp_path, 7)
    rule(tmp_path, "[Link]\nName=lan0\n")
    assert named(tmp_path, veth("lan0", kind="device")) == {}


def test_without_a_record_without_the_rules_file_or_with_bytes_that_are_no_text_there_is_none(tmp_path: Path) -> None:
    record(tmp_path, 8)
    (tmp_path / "run/udev/data/n9").write_bytes(b"\xff\xfe\0E:ID_NET_LINK_FILE\n=\n")
    assert named(tmp_path, veth("a"), veth("b", 8), veth("c", 9)) == {}
