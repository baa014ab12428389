"""Keys, types and exit codes exactly as they were promised: other programs rely on them."""

import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from model.facts import AddressSeen, LinkGone, LinkSeen, NamespaceGone, OwnersSeen, Resynced, Visibility
from model.identity import LinkId
from model.link import Link
from tests.commands.sample import INSIDE_END, Said, hostile_link, raised, sample_host
from tests.model.follower import Follower, picture
from tests.model.made import BOX, HOME, WEB, ipv4

Say = Callable[..., Said]
Shape = dict[str, Any]

ID = re.compile(r"[^:]+:\d+")
TEXT, MAYBE_TEXT, NUMBER, MAYBE_NUMBER, YES_NO = (str,), (str, type(None)), (int,), (int, type(None)), (bool,)

SNAPSHOT: Shape = {
    "schema": TEXT, "kind": TEXT, "host": TEXT, "boot_id": MAYBE_TEXT, "complete": YES_NO, "namespaces": (list,),
    "links": (list,), "warnings": (list,),
}  # fmt: skip
NAMESPACE: Shape = {
    "id": TEXT, "inode": MAYBE_NUMBER, "name": TEXT, "names": (list,), "home": YES_NO, "readable": YES_NO,
    "found_by": (list,), "owners": (list,),
}  # fmt: skip
OWNER: Shape = {
    "runtime": TEXT, "name": TEXT, "id": TEXT, "image": MAYBE_TEXT, "pid": NUMBER, "labels": (dict,),
}  # fmt: skip
LINK: Shape = {
    "id": TEXT, "namespace": TEXT, "address": TEXT, "ifindex": NUMBER, "name": TEXT, "name_hex": MAYBE_TEXT,
    "altnames": (list,), "alias": MAYBE_TEXT, "kind": TEXT, "mac": MAYBE_TEXT, "mtu": NUMBER, "up": YES_NO,
    "carrier": YES_NO, "operstate": TEXT, "master": MAYBE_TEXT, "peer": MAYBE_TEXT, "peer_state": MAYBE_TEXT,
    "parent": MAYBE_TEXT, "parent_state": MAYBE_TEXT, "addresses": (list,), "link_local": MAYBE_TEXT, "detail": (dict,),
    "port": (dict, type(None)), "held_by": (dict, type(None)),
}  # fmt: skip
WARNING: Shape = {"code": TEXT, "subject": MAYBE_TEXT, "text": TEXT}
WHO: Shape = {"schema": TEXT, "kind": TEXT, "query": TEXT, "complete": YES_NO, "matches": (list,)}
MATCH: Shape = {
    "link": MAYBE_TEXT, "address": TEXT, "namespace": TEXT, "owners": (list,), "peer": (dict, type(None)),
    "peer_state": MAYBE_TEXT, "attached_to": MAYBE_TEXT,
}  # fmt: skip
CHANGE: Shape = {
    "schema": TEXT, "kind": TEXT, "seq": NUMBER, "at": TEXT, "what": TEXT, "subject": MAYBE_TEXT, "address": TEXT,
    "before": (object,), "after": (object,), "by": (dict,),
}  # fmt: skip


def assert_shape(value: dict[str, Any], shape: Shape) -> None:
    for key, types in shape.items():
        assert key in value, key
        assert isinstance(value[key], types), (key, value[key])


def by_id(snapshot: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {link["id"]: link for link in snapshot["links"]}


def test_a_snapshot_has_every_promised_key(say: Say) -> None:
    said = say("snapshot", "--json")
    (snapshot,) = said.lines
    assert said.status == 0
    assert said.err == ""
    assert_shape(snapshot, SNAPSHOT)
    assert (snapshot["schema"], snapshot["kind"], snapshot["complete"]) == ("jackfield/1", "snapshot", True)
    for namespace in snapshot["namespaces"]:
        assert_shape(namespace, NAMESPACE)
        for owner in namespace["owners"]:
            assert_shape(owner, OWNER)
    for link in snapshot["links"]:
        assert_shape(link, LINK)
        assert ID.fullmatch(link["id"])
        assert link["id"] == f"{link['namespace']}:{link['ifindex']}"
    for warning in snapshot["warnings"]:
        assert_shape(warning, WARNING)
    assert [(warning["code"], warning["subject"]) for warning in snapshot["warnings"]] == [("peer-unknown", "n1:9")]


def test_a_snapshot_says_what_is_plugged_into_what(say: Say) -> None:
    (snapshot,) = say("snapshot", "--json").lines
    assert [(one["id"], one["name"], one["names"], one["home"]) for one in snapshot["namespaces"]] == [
        ("n1", "host", ["host"], True),
        ("n2", "tinderbox", [], False),
        ("n3", "web", ["web"], False),
    ]
    assert snapshot["namespaces"][1]["owners"][0]["labels"] == {"role": "cc"}
    links = by_id(snapshot)
    host_end = links["n1:7"]
    assert (host_end["peer"], host_end["peer_state"], host_end["master"]) == ("n2:2", "known", "n1:3")
    assert (links["n1:9"]["peer"], links["n1:9"]["peer_state"]) == (None, "unknown")
    assert (links["n1:3"]["peer"], links["n1:3"]["peer_state"]) == (None, None)
    assert (links["n3:2"]["parent"], links["n3:2"]["parent_state"]) == ("n1:2", "known")
    assert links["n3:2"]["detail"] == {"mode": "vepa", "sources": []}
    assert links["n2:2"]["addresses"] == ["192.168.1.50/24"]
    assert links["n2:2"]["address"] == "tinderbox/eth0"
    assert links["n1:2"]["link_local"] == "fe80::216:3eff:fe00:2"
    assert links["n1:8"]["held_by"]["pid"] == 77


def test_names_that_are_no_utf8_keep_all_their_bytes(say: Say) -> None:
    (snapshot,) = say(
        "snapshot", "--json", facts=[*sample_host(), hostile_link("\udcff\udcfe"), hostile_link("é\x1b", 21)]
    ).lines
    links = by_id(snapshot)
    assert (links["n1:20"]["name"], links["n1:20"]["name_hex"]) == ("\\xff\\xfe", "fffe")
    assert links["n1:20"]["address"] == "host/hex:fffe"
    assert (links["n1:21"]["name"], links["n1:21"]["name_hex"]) == ("é\x1b", None)


def test_a_partial_view_says_so_on_stderr_and_in_the_document(say: Say) -> None:
    partial = [*sample_host(), Visibility(complete=False, missing=("not root: others are hidden",))]
    for command in (["snapshot", "--json"], ["who", "lo", "--json"], ["watch", "--json", "--seconds", "0"]):
        said = say(*command, facts=partial)
        assert said.status == 0
        assert said.lines[0]["complete"] is False
        assert said.err == "jackfield: partial: not root: others are hidden\n"


def test_who_answers_for_both_ends(say: Say) -> None:
    said = say("who", "veth8pUZr", "--json")
    (answer,) = said.lines
    assert_shape(answer, WHO)
    (match,) = answer["matches"]
    assert_shape(match, MATCH)
    assert (match["link"], match["address"], match["namespace"]) == ("n1:7", "host/veth8pUZr", "n1")
    assert (match["attached_to"], match["peer_state"], match["owners"]) == ("host/br0", "known", [])
    assert (match["peer"]["link"], match["peer"]["address"]) == ("n2:2", "tinderbox/eth0")
    assert match["peer"]["owners"][0]["name"] == "tinderbox"
    (match,) = say("who", "tinderbox", "--json").lines[0]["matches"]
    assert (match["link"], match["peer"]["link"]) == ("n2:2", "n1:7")
    assert match["owners"][0]["runtime"] == "lxc"


def test_who_does_not_know_is_exit_3_with_an_empty_document(say: Say) -> None:
    said = say("who", "nobody\x1b[31m", "--json")
    assert said.status == 3
    assert said.lines[0]["matches"] == []
    assert "nobody\\x1b[31m" in said.err
    assert "\x1b" not in said.err


def test_a_watch_is_a_snapshot_then_changes_then_the_live_graph(say: Say) -> None:
    later = [
        [LinkSeen(renamed()), AddressSeen(INSIDE_END.id, ipv4("192.168.1.51"))],
        [LinkGone(INSIDE_END.id, LinkId(WEB, 5))],
        [LinkSeen(moved_to_web())],
        [OwnersSeen(BOX, ()), NamespaceGone(BOX)],
    ]
    said = say("watch", "--json", "--seconds", "0", later=later)
    assert said.status == 0
    first, *changes, last = said.lines
    assert first["kind"] == "snapshot"
    assert "final" not in first
    assert last["kind"] == "snapshot"
    assert last["final"] is True
    follower = Follower(first)
    for number, change in enumerate(changes, 1):
        assert_shape(change, CHANGE)
        assert change["seq"] == number
        assert datetime.fromisoformat(change["at"]).utcoffset() == timedelta(0)
        assert change["by"] == {"who": "unknown", "pid": None, "comm": None}
        follower.follow(change)
    assert follower.picture() == picture(last)
    moved = next(change for change in changes if change["what"] == "moved")
    assert (moved["subject"], moved["before"]["id"], moved["after"]["id"]) == ("n3:5", "n2:2", "n3:5")
    assert (moved["before"]["address"], moved["after"]["address"]) == ("tinderbox/net0", "web/net0")


def test_a_whole_snapshot_follows_a_resync(say: Say) -> None:
    said = say("watch", "--json", "--seconds", "0", later=[[Resynced("20 events were lost", 12.0)]])
    assert [(line["kind"], line.get("what")) for line in said.lines] == [
        ("snapshot", None),
        ("change", "resynced"),
        ("snapshot", None),
        ("snapshot", None),
    ]


def test_sequence_numbers_have_no_gaps_under_a_filter(say: Say) -> None:
    later = [[LinkSeen(renamed()), AddressSeen(LinkId(HOME, 3), ipv4("10.9.9.9"))], [OwnersSeen(BOX, ())]]
    said = say("watch", "--json", "--seconds", "0", "--filter", "owner:tinderbox", later=later)
    changes = [line for line in said.lines if line["kind"] == "change"]
    assert [change["what"] for change in changes] == ["renamed", "owner-removed"]
    assert [change["seq"] for change in changes] == [1, 2]


def test_who_did_it_is_told_where_the_kernel_tells(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    pid = os.getpid()
    monkeypatch.setattr("os.getpid", lambda: -5)
    seen = AddressSeen(INSIDE_END.id, ipv4("10.0.0.1"), by_pid=pid)
    said = say("watch", "--json", "--seconds", "0", later=[[seen]])
    assert said.lines[1]["by"]["who"] == "process"
    assert said.lines[1]["by"]["pid"] == pid
    assert isinstance(said.lines[1]["by"]["comm"], str)


def test_who_was_named_when_it_came_is_told_though_it_has_ended(say: Say) -> None:
    seen = AddressSeen(INSIDE_END.id, ipv4("10.0.0.1"), by_pid=2**22 + 1, by_comm="dhclient\udcff")
    said = say("watch", "--json", "--seconds", "0", later=[[seen]])
    assert said.lines[1]["by"] == {"who": "process", "pid": 2**22 + 1, "comm": "dhclient\\xff"}


@pytest.mark.parametrize("pid", [0, 1, 2])
def test_a_port_id_of_a_containers_first_process_names_nobody(say: Say, pid: int) -> None:
    """It is the pid in the requester's own pid namespace: 1 is no init of ours, and 2 no kthreadd."""
    seen = AddressSeen(INSIDE_END.id, ipv4("10.0.0.1"), by_pid=pid)
    said = say("watch", "--json", "--seconds", "0", later=[[seen]])
    assert said.lines[1]["by"] == {"who": "unknown", "pid": None, "comm": None}


@pytest.mark.parametrize("command", [["snapshot"], ["who", "lo"], ["watch", "--seconds", "0"]])
def test_documents_are_ascii_and_one_a_line(say: Say, command: list[str]) -> None:
    names = ["x\x1b[31m", "a\nb", "\u202e", "ブリッジ", "\udcff", "br[/x]"]
    facts = [*sample_host(), *(hostile_link(name, 20 + number) for number, name in enumerate(names))]
    said = say(*command, "--json", facts=facts)
    assert said.out.isascii()
    assert all(json.loads(line)["schema"] == "jackfield/1" for line in said.out.splitlines())
    assert all(32 <= ord(char) < 127 or char == "\n" for char in said.out)


def renamed() -> Link:
    return replace(raised(INSIDE_END), name="net0")


def moved_to_web() -> Link:
    return replace(renamed(), id=LinkId(WEB, 5))
