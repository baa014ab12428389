"""veth or macvlan: the table that operators ask for, as it was measured."""

from model.comparison import Forging, Wiring, comparison
from model.verdict import Reachable

YES, NO = Reachable.YES, Reachable.NO


def test_the_table_is_what_was_measured() -> None:
    assert {row.wiring: (row.host, row.siblings, row.outside) for row in comparison()} == {
        Wiring.VETH: (YES, YES, YES),
        Wiring.VETH_ISOLATED: (YES, NO, YES),
        Wiring.MACVLAN_PRIVATE: (NO, NO, YES),
        Wiring.MACVLAN_VEPA: (NO, NO, YES),
        Wiring.MACVLAN_BRIDGE: (NO, YES, YES),
        Wiring.MACVLAN_PASSTHRU: (NO, None, YES),
    }


def test_only_a_port_that_is_outside_of_the_container_can_be_guarded() -> None:
    forging = {row.wiring: row.forges for row in comparison()}
    assert forging[Wiring.VETH] is Forging.UNLESS_GUARDED
    assert all(forging[wiring] is Forging.ALWAYS for wiring in Wiring if wiring.startswith("macvlan"))
