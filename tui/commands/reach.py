"""`jackfield reach`: who can talk to whom on layer 2, in classes with the same answers."""

from collections.abc import Sequence
from typing import Final

from rich.text import Text

from backend.host import Host
from backend.this_machine import netns_inode_of
from model.address_book import Ambiguous, NoSuch, the_namespace
from model.comparison import Row
from model.comparison import comparison as rows
from model.identity import LinkId, NamespaceId
from model.inventory import Inventory
from model.json_form import SCHEMA
from model.patch_map import letter_of
from model.reach_classes import Classes, Reach, Relation
from model.reach_form import is_plain, reach_form
from model.verdict import Reachable
from tui.commands.exits import Exit
from tui.commands.graph import graph_of
from tui.commands.looking_around import conditions_of
from tui.commands.path import INKS
from tui.commands.printing import Paper

MEMBERS_SHOWN: Final = 6


def reach(host: Host, paper: Paper, around: str | None, *, as_json: bool, full: bool) -> Exit:
    """Tell all classes, or those of the networks that one namespace is on."""
    graph = graph_of(host)
    paper.note_what_is_missing(graph)
    space: NamespaceId | None = None
    if around is not None:
        found = the_namespace(graph, around, netns_inode_of)
        if isinstance(found, NoSuch | Ambiguous):
            paper.note(_not_found(found))
            return Exit.NO_SUCH
        space = found
    known = Reach(graph)
    spaces = _spaces_of(graph, known.classes(space))
    conditions = conditions_of(host, spaces)
    unread = [space for space in spaces if space not in conditions.filters]
    if unread:
        paper.note(
            f"filters of {len(unread):,} of {len(spaces):,} namespaces could not be read: answers depend on them"
        )
    known.look_around(conditions)
    classes = known.classes(space)
    if as_json:
        complete = graph.visibility.complete and not unread
        paper.json(reach_form(graph, classes, complete=complete, explain=known.explain if full else None))
    else:
        _print(graph, paper, classes, known, full=full)
    return Exit.OK


def comparison(paper: Paper, *, as_json: bool) -> Exit:
    """The table of what veth and each macvlan mode reach. No host is looked at."""
    found = rows()
    if as_json:
        paper.json({"schema": SCHEMA, "kind": "comparison", "rows": [_row_form(row) for row in found]})
        return Exit.OK
    head = tuple(Text(word, "bright_black") for word in ("", "the host", "siblings", "outside", "can forge"))
    paper.rows([head, *(_row_cells(row) for row in found)])
    return Exit.OK


def _row_form(row: Row) -> dict[str, str | None]:
    return {
        "wiring": str(row.wiring),
        "host": str(row.host),
        "siblings": None if row.siblings is None else str(row.siblings),
        "outside": str(row.outside),
        "forges": str(row.forges),
    }


def _row_cells(row: Row) -> tuple[Text, ...]:
    answers = [Text("-") if one is None else Text(str(one), INKS[one]) for one in (row.host, row.siblings, row.outside)]
    return (Text(str(row.wiring)), *answers, Text(str(row.forges)))


def _not_found(answer: NoSuch | Ambiguous) -> str:
    if isinstance(answer, NoSuch):
        return f"{answer.text}: no namespace that we can see is called so"
    return f"{answer.text}: several are called so: {', '.join(answer.candidates)}"


def _spaces_of(graph: Inventory, classes: Classes) -> list[NamespaceId]:
    """The namespaces that frames of these classes may pass: where bridges and parents are, too."""
    spaces: dict[NamespaceId, None] = {}
    for one in classes.classes:
        for member in one.members:
            spaces[member.namespace] = None
            for far in graph.ends(member)[:3]:
                if isinstance(far, LinkId):
                    spaces[far.namespace] = None
    return list(spaces)


def _print(graph: Inventory, paper: Paper, classes: Classes, known: Reach, *, full: bool) -> None:
    for number, one in enumerate(classes.classes):
        paper.line(Text(f"{letter_of(number)}  ", "bold").append_text(paper.shown(_members(graph, one.members))))
        if one.reaches_nobody:
            paper.line(Text("   reach nobody" if len(one.members) > 1 else "   reaches nobody", INKS[Reachable.NO]))
        elif one.within is not None:
            _print_relation(paper, known, "each other", one.within, classes.example(number, number))
        for other in range(len(classes.classes)):
            relation = classes.between(number, other)
            if other != number and not is_plain(relation):
                _print_relation(paper, known, letter_of(other), relation, classes.example(number, other))
    if len(classes.classes) > 1:
        paper.line(paper.shown("All others: no, nothing connects them.", "bright_black"))
    if full:
        _print_pairs(graph, paper, classes, known)


def _print_relation(
    paper: Paper, known: Reach, whom: str, relation: Relation, example: tuple[LinkId, LinkId] | None
) -> None:
    line = Text(f"   {whom}: ").append(str(relation.reachable), INKS[relation.reachable])
    if relation.own is not None:
        line.append(f" (its own: {relation.own})")
    if relation.reachable is not Reachable.YES and example is not None:
        line.append_text(paper.shown(f": {known.explain(*example).text}", "bright_black"))
    paper.line(line)


def _print_pairs(graph: Inventory, paper: Paper, classes: Classes, known: Reach) -> None:
    """Every pair, one a line, for grep."""
    ends = [end for one in classes.classes for end in one.members]
    for at, one in enumerate(ends):
        for other in ends[at + 1 :]:
            relation = classes.pair(one, other)
            answer = relation.reachable if relation.own is None else known.explain(one, other).reachable
            line = Text(f"{answer:<8}", INKS[answer])
            paper.line(line.append_text(paper.shown(f"{graph.address(one)}  {graph.address(other)}")))


def _members(graph: Inventory, members: Sequence[LinkId]) -> str:
    shown = ", ".join(graph.address(member) or str(member) for member in members[:MEMBERS_SHOWN])
    left = len(members) - MEMBERS_SHOWN
    return shown if left <= 0 else f"{shown} and {left:,} more"
