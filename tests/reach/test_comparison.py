"""veth or macvlan: the table that operators ask for, as it was measured."""

from pathlib import Path

import pytest

from model.comparison import Forging, Wiring, comparison
from model.verdict import Reachable
from tui.__main__ import main
from tui.commands.exits import Exit

README = Path(__file__).parents[2] / "README.md"

YES, NO = Reachable.YES, Reachable.NO


def test_the_table_is_what_was_measured() -> None:
    assert {row.wiring: (row.host, row.siblings, row.outside) for row in comparison()} == {
        Wiring.VETH: (YES, YES, YES),
        Wiring.VETH_ISOLATED: (YES, NO, YES),
        Wiring.MACVLAN_PRIVATE: (NO, NO, YES),
        Wiring.MACVLAN_VEPA: (NO, NO, YES),
        Wiring.MACVLAN_BRIDGE: (NO, YES, YES),
        Wiring.MACVLAN_PASSTHRU: (NO, None, YES),
        Wiring.MACVLAN_SOURCE: (NO, NO, NO),
    }


def test_the_manual_has_the_table_that_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reach", "--explain"]) == Exit.OK
    printed = [f"    {line}".rstrip() for line in capsys.readouterr().out.splitlines()]
    assert "\n".join(printed) in README.read_text(encoding="utf-8")


def test_only_a_port_that_is_outside_of_the_container_can_be_guarded() -> None:
    forging = {row.wiring: row.forges for row in comparison()}
    assert forging[Wiring.VETH] is Forging.UNLESS_GUARDED
    assert all(forging[wiring] is Forging.ALWAYS for wiring in Wiring if wiring.startswith("macvlan"))
