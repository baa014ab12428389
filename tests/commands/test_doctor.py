"""`jackfield doctor`: its words, its JSON, its exit status, and hostile names in all of them."""

import shlex
from collections.abc import Callable
from dataclasses import replace

from model.facts import Fact, NamespaceRead, NamespaceSeen, OwnersSeen
from model.findings.observed import Observed
from model.identity import LinkId, NamespaceId
from model.link import Link
from model.namespace import Namespace
from tests.commands.sample import Said
from tests.commands.test_json_contract import ID, MAYBE_TEXT, TEXT, YES_NO, Shape, assert_shape
from tests.findings.bench import HOME, Host
from tests.hostile import LINK_NAMES, TEXTS
from tests.model.made import container
from tests.yamato import yamato

Say = Callable[..., Said]

DOCTOR: Shape = {"schema": TEXT, "kind": TEXT, "complete": YES_NO, "unread": (list,), "findings": (list,)}
FINDING: Shape = {
    "code": TEXT, "severity": TEXT, "subject": TEXT, "address": TEXT, "text": TEXT, "explanation": TEXT,
    "fix": MAYBE_TEXT, "subjects": (list,), "fixes": (list,),
}  # fmt: skip


def two_with_one_mac(*names: str) -> list[Fact]:
    host = Host()
    br0 = host.bridge("br0", "10.0.0.1/24")
    for name in names or ("web", "db"):
        host.cable(name, host.box(name), on=br0, far={"mac": "02:16:3e:00:00:01"})
    return host.facts()


def test_a_healthy_host_has_nothing_wrong(say: Say) -> None:
    host = Host()
    host.cable("web", host.box("web"), on=host.bridge("br0", "10.0.0.1/24"))
    said = say("doctor", facts=host.facts())
    assert (said.status, said.out, said.err) == (0, "", "jackfield: nothing is wrong\n")


def test_a_finding_is_a_sentence_about_an_address_and_a_command(say: Say) -> None:
    said = say("doctor", facts=two_with_one_mac())
    assert said.status == 1
    finding, fix = said.out.splitlines()
    assert finding.startswith("error    db/eth0 has the MAC of web/eth0, 02:16:3e:00:00:01, on the same segment: ")
    assert fix == "  fix: jackfield mac db/eth0 02:16:3e:00:00:02"
    assert said.err == "jackfield: 1 error\n"


def test_warnings_alone_are_no_failure(say: Say) -> None:
    said = say("doctor", facts=yamato())
    assert said.status == 0
    assert said.err == "jackfield: 3 warnings, 5 notes\n"
    assert "  fix: jackfield up shop-cache-1/eth0" in said.out.splitlines()


def test_the_json_has_every_promised_key(say: Say) -> None:
    (document,) = say("doctor", "--json", facts=yamato()).lines
    assert_shape(document, DOCTOR)
    assert (document["schema"], document["kind"], document["complete"]) == ("jackfield/1", "doctor", True)
    for finding in document["findings"]:
        assert_shape(finding, FINDING)
        assert finding["severity"] in ("error", "warning", "note")
        assert ID.fullmatch(finding["subject"])
        assert finding["subjects"][0] == finding["subject"]
        assert finding["text"].startswith(finding["address"])
        assert finding["fix"] in [*finding["fixes"], None]
    severities = [finding["severity"] for finding in document["findings"]]
    assert severities == sorted(severities, key=["error", "warning", "note"].index)


def test_what_could_not_be_read_is_said(say: Say) -> None:
    host = Host()
    host.bridge("br0")
    observed = Observed(unread=("whether bridges keep their MACs: no",))
    said = say("doctor", "--json", facts=host.facts(), observed=observed)
    (document,) = said.lines
    assert said.err == "jackfield: not looked at: whether bridges keep their MACs: no\n"
    assert document["complete"] is False
    assert document["unread"] == ["whether bridges keep their MACs: no"]


def test_hostile_names_harm_neither_terminal_nor_shell_nor_json(say: Say) -> None:
    facts = hostile_host()
    said = say("doctor", facts=facts)
    assert said.status == 1
    assert all(char.isprintable() or char == "\n" for char in said.out)
    fixes = [line.removeprefix("  fix: ") for line in said.out.splitlines() if line.startswith("  fix: ")]
    assert len(fixes) >= len(LINK_NAMES)
    for fix in fixes:
        words = shlex.split(fix.partition("   and ")[0])
        assert words[0] == "jackfield"
        assert not any(word.startswith("-") for word in words)
    (document,) = say("doctor", "--json", facts=facts).lines
    assert len(document["findings"]) >= len(LINK_NAMES)


def hostile_host() -> list[Fact]:
    """On each of these bridges two containers with one MAC, by every name that is hard to bear."""
    facts: list[Fact] = []
    home = [Link(LinkId(HOME, 1), "lo", "loopback")]
    spaces: list[Fact] = []
    for number, name in enumerate(LINK_NAMES):
        host = Host()
        bridge = host.bridge(name, "10.0.0.1/24")
        for end in (1, 2):
            host.cable(f"v{number}.{end}", HOME, on=bridge)
        moved: dict[LinkId, LinkId] = {}
        for old, link in host.links.items():
            inside = link.name == "eth0"
            space = NamespaceId(f"n{number}x{old.ifindex}") if inside else HOME
            moved[old] = LinkId(space, old.ifindex + 100 * (number + 1))
        for old, link in host.links.items():
            peer = moved[link.peer] if isinstance(link.peer, LinkId) else None
            new = replace(link, id=moved[old], peer=peer, master=link.master and moved[bridge].ifindex)
            if link.name == "eth0":
                new = replace(new, name=name, mac=f"02:16:3e:00:00:{number:02x}")
                space = new.id.namespace
                spaces += [
                    NamespaceSeen(Namespace(space, names=(TEXTS[number],))),
                    NamespaceRead(space, (new,), ()),
                    OwnersSeen(space, (container(TEXTS[-number], 9000 + new.id.ifindex),)),
                ]
            else:
                home.append(new)
    facts += [NamespaceSeen(Namespace(HOME, 1, home=True)), NamespaceRead(HOME, tuple(home), ()), *spaces]
    return facts
