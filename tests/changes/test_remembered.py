"""Names that runtimes will look for again."""

from pathlib import Path

from backend.journal import Journal
from backend.remembered import configured_names, host_names, renamed_by_us
from model.identity import LinkId, NamespaceId
from model.intents import Rename
from model.operations import Handle, MoveLink, RenameLink
from model.plan import Fate, Outcome, Plan, Remembered

HOME, AWAY = NamespaceId("n1"), NamespaceId("n2")


def test_a_link_is_remembered_by_the_first_name_that_it_had(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "this-boot")
    change = journal.plan("rename", Plan(Rename(LinkId(HOME, 7), "b"), ()))
    moved = Handle(AWAY, "c")
    for number, outcome in enumerate(
        (
            Outcome(RenameLink(Handle(HOME, "a", 7), "b"), Fate.DONE),
            Outcome(RenameLink(Handle(HOME, "b", 7), "c"), Fate.DONE),
            Outcome(RenameLink(Handle(HOME, "x", 8), "y"), Fate.FAILED),
            Outcome(MoveLink(Handle(HOME, "c", 7), AWAY, "c"), Fate.DONE, ((moved, LinkId(AWAY, 3)),)),
        )
    ):
        journal.step(change, number, outcome)
    assert renamed_by_us(journal) == (Remembered(HOME, "a", of=LinkId(AWAY, 3)),)
    assert renamed_by_us(Journal(tmp_path, "another-boot")) == ()
    journal.step(change, 4, Outcome(RenameLink(Handle(HOME, "later", 9), "z"), Fate.DONE))
    assert Remembered(HOME, "later", of=LinkId(HOME, 9)) in renamed_by_us(journal)
    journal.path.unlink()
    assert renamed_by_us(journal) == ()


def test_an_lxc_configuration_tells_its_host_ends() -> None:
    text = "lxc.net.0.type = veth\nlxc.net.0.veth.pair=one\n  lxc.net.12.veth.pair = two \n#lxc.net.3.veth.pair = no\n"
    assert configured_names(text) == ("one", "two")


def test_lxd_tells_its_host_ends_and_nonsense_is_passed_over() -> None:
    web = {
        "name": "web",
        "project": "shop",
        "config": {"volatile.eth0.host_name": "veth1", "user.x": "m"},
    }
    assert list(host_names({"metadata": [web, "nonsense", {"name": 3}]})) == [("shop", "web", "veth1")]
    assert list(host_names(None)) == []
