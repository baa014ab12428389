"""pin, guard, seal and their opposites on a host in memory: what is written, loaded, done, said and refused."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from backend.fake import FakeHost
from backend.nft import NftProblem
from model.ethernet import link_local
from model.facts import OwnersSeen
from model.plan import Surroundings
from tests.keep.operator import Operator, guarded_host
from tests.model.made import BOX, container
from tui.__main__ import main

BOX_MAC, BOX_IP = "02:00:00:00:02:02", "192.168.1.50"


def test_a_pin_is_written_down_and_holds_at_once(operator: Operator) -> None:
    assert operator.types("pin", "tinderbox", "--name", "tinder0", "--mac", "02:aa:00:00:00:01") == 0, operator.err
    host_end = operator.link("tinder0")
    assert host_end is not None
    assert host_end.mac == "02:aa:00:00:00:01"
    assert 'owner = "tinderbox"' in operator.text
    assert f"{link_local('02:00:00:00:01:07')} before, {link_local('02:aa:00:00:00:01')} after" in operator.err
    assert operator.host.firewall.loads == []


def test_a_pin_without_a_mac_makes_one_up_that_stays(operator: Operator) -> None:
    first = operator.told("pin", "tinderbox/eth0")
    assert operator.types("undo") == 0, operator.err
    assert operator.told("pin", "veth8pUZr")["policy"] == first["policy"]
    assert first["policy"]["link_local"][0].startswith("fe80::fc")
    assert operator.text.count("\n[[policy]]\n") == 1


def test_a_dry_run_writes_nothing_and_prints_what_works_in_a_shell(operator: Operator) -> None:
    assert operator.types("guard", "tinderbox", "--dry-run") == 0
    assert subprocess.run(["sh", "-n"], input=operator.out, text=True, check=False).returncode == 0
    shown = operator.out.splitlines()
    assert (operator.text, operator.host.firewall.loads) == ("", [])
    assert operator.types("guard", "tinderbox") == 0
    text = operator.host.firewall.text(operator.host.firewall.guards)
    flush = "ip link set dev veth8pUZr type bridge_slave fdb_flush"
    assert shown == ["nft -f - <<'END'", *text.splitlines(), "END", flush]


def test_policy_tells_that_a_port_is_to_be_locked_and_which_rules_wait(operator: Operator) -> None:
    assert operator.types("guard", "tinderbox", "--locked") == 0
    assert operator.types("pin", "gone/eth0", "--runtime", "lxc", "--name", "gone0") == 0
    assert operator.types("guard", "gone/eth0", "--runtime", "lxc", "--mac", BOX_MAC) == 0
    told = operator.told("policy")
    assert [wish["locked"] for entry in told["entries"] for wish in entry["wishes"]] == [True]
    assert told["waiting"] == [{"device": "gone0", "mac": BOX_MAC, "closed": False, "standing": "right"}]
    assert operator.types("policy") == 0
    assert f"gone0  right  {BOX_MAC}" in " ".join(operator.out.split(" "))


def test_an_entry_in_other_words_that_guards_it_is_the_one_that_is_changed(operator: Operator) -> None:
    operator.policy.parent.mkdir()
    broad = '[[policy]]\nname = "all of lxc"\nmatch = { runtime = "lxc" }\nguard = { dhcp = false }\n'
    operator.policy.write_text(broad, encoding="utf-8")
    assert operator.types("guard", "tinderbox", "--address", BOX_IP) == 0, operator.err
    assert operator.text.count("[[policy]]") == 1
    assert BOX_IP in operator.text
    assert "dhcp = false" in operator.text


def test_a_guard_takes_the_addresses_that_the_container_has_now(operator: Operator) -> None:
    assert operator.types("guard", "tinderbox") == 0
    (guard,) = operator.host.firewall.guards
    assert (guard.names, guard.mac, guard.ipv4) == (("veth8pUZr",), BOX_MAC, (BOX_IP,))
    assert f"sends as {BOX_MAC}, {BOX_IP}" in operator.err


def test_a_guarded_port_has_rules_under_its_new_name_before_it_is_renamed(operator: Operator) -> None:
    assert operator.types("guard", "tinderbox") == 0
    assert operator.types("pin", "tinderbox", "--name", "tinder0") == 0
    assert [guard.names for guard in operator.host.firewall.guards] == [("veth8pUZr", "tinder0")]
    assert operator.link("tinder0")
    assert operator.text.count("\n[[policy]]\n") == 1


def test_a_guard_that_cannot_be_loaded_is_not_written_down_either(operator: Operator) -> None:
    operator.host.firewall.refusal = NftProblem("missing", "nft was not found: install the package nftables")
    told = operator.told("guard", "tinderbox")
    assert (operator.status, told["ok"], told["error"]["code"]) == (5, False, "missing")
    assert operator.text == ""


def test_a_policy_that_cannot_be_written_leaves_the_rules_as_they_were(operator: Operator, policy_file: Path) -> None:
    policy_file.parent.parent.mkdir(parents=True, exist_ok=True)
    policy_file.parent.write_text("a file where the folder should be")
    assert operator.types("guard", "tinderbox") == 5
    assert operator.host.firewall.guards == ()
    assert "cannot be written" in operator.err


def test_a_seal_names_its_services_and_isolates_the_port(operator: Operator) -> None:
    told = operator.told("seal", "tinderbox", "--to", "br0", "--tcp", "873,3128")
    assert operator.status == 0, operator.err
    (guard,) = operator.host.firewall.guards
    assert guard.seal is not None
    assert (guard.seal.host_mac, guard.seal.tcp) == ("02:00:00:00:01:03", (873, 3128))
    host_end = operator.link("veth8pUZr")
    assert host_end is not None
    assert host_end.port is not None
    assert host_end.port.isolated
    assert told["policy"]["reach_at"] == [f"{link_local('02:00:00:00:01:03')}%eth0"]


def test_what_is_no_longer_kept_loses_its_rules_and_nothing_else(operator: Operator) -> None:
    operator.types("pin", "tinderbox", "--name", "tinder0")
    operator.types("guard", "tinderbox")
    operator.policy.write_text(f"# mine\n{operator.text}", encoding="utf-8")
    assert operator.types("unguard", "tinderbox") == 0, operator.err
    assert operator.host.firewall.guards == ()
    assert operator.link("tinder0")
    assert operator.text.startswith("# mine\n")
    assert "[policy.pin]" in operator.text or "pin = " in operator.text
    assert operator.types("unpin", "tinderbox/eth0") == 0, operator.err
    assert "\n[[policy]]\n" not in operator.text
    assert operator.types("unpin", "tinderbox") == 3


def test_a_macvlan_is_refused_with_what_to_do_instead(operator: Operator) -> None:
    told = operator.told("guard", "web/mv0")
    assert (operator.status, told["error"]["code"]) == (5, "macvlan")
    assert told["error"]["instead"] == [
        "jackfield add veth host/v-web web/eth0 --master host/br0",
        "jackfield delete web/mv0",
        "jackfield guard v-web",
    ]
    assert operator.types("guard", "web") == 5


@pytest.mark.parametrize(
    ("typed", "status", "says"),
    [
        (("pin", "nobody"), 3, "--runtime"),
        (("pin", "br0"), 5, "no end of a container's cable"),
        (("pin", "tinderbox", "--name", "br0"), 5, "has that name"),
        (("pin", "tinderbox", "--name", "{what}"), 2, "{what}"),
        (("pin", "tinderbox", "--mac", "nonsense"), 2, "no MAC address"),
        (("pin", "tinderbox", "--mac", "01:00:00:00:00:01"), 5, "no link can have this MAC"),
        (("guard", "tinderbox", "--address", "10.0.0.0/8"), 2, "--address"),
        (("seal", "tinderbox", "--to", "br0"), 2, "which services"),
        (("seal", "tinderbox", "--to", "eth1", "--tcp", "22"), 5, "does not lead to eth1"),
        (("seal", "tinderbox", "--tcp", "70000"), 2, "no port number"),
        (("--read-only", "guard", "tinderbox"), 5, "--read-only"),
        (("unseal", "tinderbox"), 3, "no seal is kept"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_nothing_changes(
    operator: Operator, typed: tuple[str, ...], status: int, says: str
) -> None:
    words = (*typed, "--policy", str(operator.policy)) if typed[0].startswith("-") else typed
    assert operator.types(*words) == status, operator.err
    assert says in operator.err
    assert operator.text == ""
    assert operator.host.firewall.loads == []


def test_a_container_that_does_not_exist_yet_is_told_its_address(operator: Operator) -> None:
    told = operator.told("pin", "squid/eth0", "--runtime", "lxc", "--name", "squid0")
    assert operator.status == 0, operator.err
    assert any("link-local address will be fe80::" in one["text"] for one in told["means"]) is False
    assert operator.told("pin", "squid/eth0", "--runtime", "lxc", "--mac", "derived")["ok"]
    assert operator.types("pin", "squid/eth0", "--runtime", "lxc") == 0
    assert "its link-local address will be fe80::" in operator.err
    assert operator.types("unpin", "squid") == 0


def test_a_container_that_nobody_proves_gets_no_policy(hire: Callable[[FakeHost], Operator]) -> None:
    forged = OwnersSeen(BOX, (replace(container("tinderbox"), proved=False),))
    operator = hire(FakeHost([*guarded_host(), forged], changes=True))
    assert operator.types("guard", "veth8pUZr") == 5
    assert "nothing would recognise it" in operator.err


def test_a_bad_file_is_not_touched_and_says_its_line(operator: Operator) -> None:
    operator.policy.parent.mkdir()
    operator.policy.write_text('[[policy]]\nname = "a"\nmatsch = 1\n', encoding="utf-8")
    before = operator.text
    assert operator.types("pin", "tinderbox") == 5
    assert "line 3" in operator.err
    assert operator.text == before
    assert operator.types("policy") == 5


def test_without_the_right_to_change_it_is_not_permitted_but_can_be_looked_at(operator: Operator) -> None:
    operator.host.around = Surroundings(may_change=False, why_not="not root")
    assert operator.types("pin", "tinderbox", "--name", "tinder0") == 4
    assert operator.text == ""
    assert operator.types("pin", "tinderbox", "--name", "tinder0", "--dry-run") == 0
    assert "ip link set dev veth8pUZr name tinder0" in operator.out


def test_the_policy_says_how_each_entry_stands(operator: Operator) -> None:
    assert operator.types("policy") == 0
    assert "nothing is kept" in operator.err
    operator.types("pin", "tinderbox", "--name", "tinder0")
    operator.types("guard", "tinderbox")
    assert operator.types("policy") == 0
    assert "right" in operator.out
    operator.host.firewall.flushed = True
    shown = operator.told("policy")
    assert [one["standing"] for one in shown["entries"][0]["wishes"]] == ["right", "due"]


def test_a_container_that_became_another_keeps_the_guard_of_who_it_was(operator: Operator) -> None:
    operator.types("guard", "tinderbox")
    assert main(["mac", "tinderbox/eth0", "02:66:00:00:00:66"], lambda: operator.host) == 0
    assert operator.types("pin", "tinderbox", "--name", "tinder0") == 0
    assert [guard.mac for guard in operator.host.firewall.guards] == [BOX_MAC]
    assert operator.types("policy") == 0
    assert f"its guard lets {BOX_MAC} pass" in operator.err


def test_undo_takes_the_entry_its_rules_and_the_name_back_and_redo_does_them_again(operator: Operator) -> None:
    assert operator.types("guard", "tinderbox") == 0, operator.err
    guarded = operator.text
    assert operator.types("pin", "tinderbox", "--name", "tinder0") == 0, operator.err
    assert operator.types("undo") == 0, operator.err
    assert operator.link("veth8pUZr") is not None
    assert operator.text == guarded
    assert [guard.names for guard in operator.host.firewall.guards] == [("tinder0", "veth8pUZr")]
    assert operator.types("redo") == 0, operator.err
    assert operator.link("tinder0") is not None
    assert "tinder0" in operator.text


def test_undo_of_a_guard_removes_its_rules_and_its_entry(operator: Operator) -> None:
    assert operator.types("guard", "tinderbox") == 0
    told = operator.told("undo")
    assert (operator.status, told["ok"]) == (0, True)
    assert operator.host.firewall.guards == ()
    assert "\n[[policy]]\n" not in operator.text
    assert operator.types("undo") == 3
    assert operator.types("redo") == 0, operator.err
    assert operator.host.firewall.guards != ()


def test_an_entry_that_was_changed_since_is_not_taken_back(operator: Operator) -> None:
    operator.types("guard", "tinderbox")
    operator.policy.write_text(operator.text.replace("192.168.1.50", "192.168.1.99"), encoding="utf-8")
    assert operator.types("undo") == 5
    assert "was changed since" in operator.err
    assert "192.168.1.99" in operator.text


def test_the_policy_may_be_named_before_the_command(operator: Operator) -> None:
    assert operator.types("--policy", str(operator.policy), "guard", "tinderbox") == 0, operator.err
    assert "tinderbox" in operator.text


def test_a_pin_offers_the_option_that_the_runtime_has_itself(operator: Operator) -> None:
    assert operator.types("pin", "tinderbox", "--name", "tinder0") == 0
    assert (
        "lxc.net.N.veth.pair = tinder0 in its configuration, as jackfield export --format lxc tinderbox" in operator.err
    )
    assert operator.types("pin", "tinderbox", "--name", "tinder0") == 0
    assert "LXC can name it so itself, from the start: lxc.net.N.veth.pair = tinder0" in operator.err
    assert operator.types("pin", "box/eth0", "--runtime", "lxc", "--name", "box0") == 0
    assert "lxc.net.N.veth.pair = box0" in operator.err
    assert operator.types("pin", "other/eth0", "--runtime", "incus", "--name", "other0", "--dry-run") == 0
    assert "incus config device set other NIC host_name=other0" in operator.err


def test_a_policy_that_may_not_be_read_is_told_and_not_taken_for_none(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(path: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    assert operator.types("guard", "tinderbox") == 0
    monkeypatch.setattr("backend.keeping.Path.stat", denied)
    monkeypatch.setattr("backend.policy_file.Path.open", denied)
    assert operator.types("policy") == 5
    assert "cannot be read: Permission denied" in operator.err
