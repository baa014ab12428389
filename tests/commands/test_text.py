"""What people read: complete, aligned, and nothing that a terminal would obey."""

from collections.abc import Callable

import pytest

from model.facts import AddressSeen, LinkGone, LinkSeen, NamespaceSeen, OwnersSeen, Visibility
from model.identity import LinkId
from model.link import Link
from model.namespace import Namespace, Owner
from tests.commands.sample import Said, hostile_link, sample_host
from tests.model.made import BOX, HOME, container, ipv4

Say = Callable[..., Said]


def body(said: Said) -> list[str]:
    """The tree without its first line, the host's real name."""
    return [line.rstrip() for line in said.out.splitlines()]


def test_the_tree_reads_from_bridge_to_container(say: Say) -> None:
    lines = body(say("snapshot"))
    assert lines[0].split() == ["NAME", "KIND", "STATE", "ADDRESS", "OTHER", "END"]
    assert lines[2:] == [
        "├ eth1             parent  ○ DOWN  no address       1 child",
        "│ └ web            netns   ○ DOWN  no address       vepa",
        "├ br0              bridge  ● up    192.168.1.10/24  2 ports",
        "│ ├ tinderbox      lxc     ● up    192.168.1.50/24  veth8pUZr",
        "│ └ win11          kvm     ○ DOWN  address unknown  vnet0",
        "└ not on a bridge",
        "  └ vethZ91kQ      veth    ○ DOWN  no address       peer unknown",
    ]


def test_ascii_draws_with_ascii_only(say: Say) -> None:
    said = say("snapshot", "--ascii", facts=[*sample_host(), hostile_link("ブリッジ")])
    assert said.out.isascii()
    assert "|- br0" in said.out


def test_without_a_terminal_and_a_command_the_tree_is_printed(say: Say) -> None:
    assert say() == say("snapshot")


def test_who_answers_in_a_few_aligned_lines(say: Say) -> None:
    assert say("who", "veth8pUZr").out.splitlines() == [
        "host/veth8pUZr",
        "  owner       lxc tinderbox, pid 4242, image alpine",
        "  inside end  tinderbox/eth0",
        "  address     192.168.1.50/24",
        "  bridge      host/br0",
        "  MAC         02:00:00:00:02:02",
        "  state       up, veth, mtu 1500",
    ]


@pytest.mark.parametrize("name", ["tinderbox", "192.168.1.50", "02:00:00:00:02:02", "4242", "tinderbox/eth0"])
def test_who_takes_an_owner_an_address_a_mac_or_a_pid(say: Say, name: str) -> None:
    said = say("who", name)
    assert said.status == 0
    assert said.out.splitlines()[0] == "tinderbox/eth0"
    assert "  other end  host/veth8pUZr" in said.out.splitlines()
    assert "  bridge     host/br0" in said.out.splitlines()


def test_who_shows_the_taps_of_a_vm_and_the_end_that_is_hidden(say: Say) -> None:
    assert "  held by  qemu-system-x86 (pid 77)" in say("who", "win11").out
    assert "  other end  unknown: its namespace is hidden from us" in say("who", "vethZ91kQ").out


def test_who_takes_the_names_of_the_screens_too(say: Say) -> None:
    two = OwnersSeen(BOX, (container("d1"), container("d4")))
    said = say("who", "d1+d4/eth0", facts=[*sample_host(), two])
    assert said.status == 0
    assert "  other end  host/veth8pUZr" in said.out.splitlines()
    assert say("who", "d1+d4", facts=[*sample_host(), two]).status == 0


def test_who_says_down_where_the_screens_do(say: Say) -> None:
    assert "  state    DOWN: no carrier, tun, mtu 0" in say("who", "win11").out.splitlines()


def test_watch_tells_changes_in_a_person_s_words(say: Say) -> None:
    later = [
        [LinkSeen(Link(LinkId(HOME, 8), "vnet0", "tun", up=True)), AddressSeen(LinkId(BOX, 2), ipv4("10.0.0.1"))],
        [OwnersSeen(BOX, ()), LinkGone(LinkId(HOME, 9))],
    ]
    said = say("watch", "--seconds", "0", later=later)
    assert [line[10:] for line in said.out.splitlines()] == [
        "~ detach    host/vnet0                no longer a port of br0",
        "~ options   host/vnet0                options are gone",
        "+ address   tinderbox/eth0            10.0.0.1/24 added",
        "- container tinderbox                 lxc tinderbox has left, pid 4242",
        "- link      host/vethZ91kQ            removed, veth",
    ]
    assert said.err == "jackfield: watching 3 namespaces, 7 links; ctrl+c ends it\n"


def test_a_watch_says_when_it_sees_less_than_before(say: Say) -> None:
    blind = Visibility(complete=False, missing=("the observer stopped",))
    said = say("watch", "--json", "--seconds", "0", later=[[blind]])
    assert said.err == "jackfield: partial: the observer stopped\n"
    assert said.lines[-1]["complete"] is False


HOSTILE = [
    "x\x1b[31m",
    "a\nb",
    "\u202egnp",
    "br[/x]",
    "[red]x",
    "\udcff\udcfe",
    "\x9b31m",
    "a\u200bb",
    "#7",
    "-rf",
    "$(id)",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_never_reach_the_terminal_raw(say: Say, name: str) -> None:
    owner = Owner("docker", name, name, 9, image=name)
    facts = [
        *sample_host(),
        hostile_link(name),
        NamespaceSeen(Namespace(BOX, 1, names=(name,))),
        OwnersSeen(BOX, (owner,)),
    ]
    for command in (["snapshot"], ["who", "--", name], ["watch", "--seconds", "0"], ["who", "--", f"no{name}"]):
        said = say(*command, facts=facts, later=[[hostile_link(f"{name}2", 30)]])
        for char in said.out + said.err:
            assert char == "\n" or (char.isprintable() and char not in "\u200b\u202e"), command
    found = say("who", "--", name, facts=facts)
    assert found.status == 0
    assert name.isprintable() == (name in found.out)


def test_a_name_that_starts_with_a_dash_comes_after_two(say: Say) -> None:
    facts = [*sample_host(), hostile_link("-rf")]
    assert say("who", "-rf", facts=facts).status == 2
    assert say("who", "--", "-rf", facts=facts).out.startswith("host/-rf\n")


@pytest.mark.parametrize(
    "arguments",
    [["nothing"], ["who"], ["watch", "--seconds", "x"], ["watch", "--filter", "colour:red"], ["who", "a\x1b", "b"]],
)
def test_usage_errors_are_exit_2_on_stderr(say: Say, arguments: list[str]) -> None:
    said = say(*arguments)
    assert (said.status, said.out) == (2, "")
    assert said.err
    assert "\x1b" not in said.err


@pytest.mark.parametrize("arguments", [["-h"], ["who", "-h"], ["watch", "-h"], ["--version"]])
def test_help_and_version_are_data(say: Say, arguments: list[str]) -> None:
    said = say(*arguments)
    assert (said.status, said.err) == (0, "")
    assert "jackfield" in said.out
