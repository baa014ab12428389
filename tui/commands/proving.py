"""`guard X --prove`: harmless forgeries from inside a container, with the operator's consent; what became of them."""

import os

from backend.host import Host
from backend.nft import NftProblem
from backend.proof import Port, Proof, prove
from model.guard import Guard
from model.identity import LinkId
from model.json_form import SCHEMA, Json
from model.link import Link
from model.names import display_name
from model.plan_form import error_form
from tui.commands.carrying import Manner
from tui.commands.exits import Exit
from tui.commands.graph import graph_of
from tui.commands.printing import Paper


def prove_port(host: Host, paper: Paper, manner: Manner, link: LinkId, guard: Guard) -> Exit:
    """Ask, try, and tell. Exit status 1: a forgery arrived, or ordinary traffic did not."""
    graph = graph_of(host)
    outside, inside = graph.link(link), graph.peer(link)
    if outside is None or not isinstance(inside, Link):
        return _not_tried(paper, manner, Exit.UNKNOWABLE, "no-container", "the container's end cannot be seen")
    where = graph.address(inside.id) or str(inside.id)
    if not manner.yes:
        if not paper.can_ask:
            return _not_tried(
                paper, manner, Exit.REFUSED, "consent", "--prove sends frames from inside: --yes allows it"
            )
        paper.remark("It sends some 50 harmless forged frames, three times, to addresses that nobody has. Takes 3 s.")
        if paper.ask(f"Type {display_name(where)} to send them from there: ") not in (where, display_name(where)):
            return _not_tried(paper, manner, Exit.REFUSED, "consent", "refused: that was not its name")
    try:
        there = host.open_namespace(inside.id.namespace)
    except FileNotFoundError:
        return _not_tried(paper, manner, Exit.UNKNOWABLE, "no-container", f"{where}: its namespace cannot be entered")
    try:
        proof = prove(Port(outside.name, link.ifindex, inside.id.ifindex, there), guard)
    finally:
        os.close(there)
    if isinstance(proof, NftProblem):
        return _not_tried(paper, manner, Exit.UNKNOWABLE, proof.code, proof.text)
    _tell(paper, manner, proof)
    return Exit.OK if proof.holds else Exit.UNKNOWABLE if not proof.passed and not proof.held_back else Exit.NO


def _tell(paper: Paper, manner: Manner, proof: Proof) -> None:
    if manner.as_json:
        paper.json(
            {"schema": SCHEMA, "kind": "proof", "holds": proof.holds, "outcomes": _outcomes(proof), "error": None}
        )
        return
    forged = sum(one.trial.forged for one in proof.outcomes)
    ordinary = len(proof.outcomes) - forged
    for sign, ones in (("PASSED", proof.passed), ("HELD BACK", proof.held_back), ("NEVER CAME", proof.never_came)):
        for one in ones:
            paper.remark(f"  {sign:<10}  {one.trial.what}")
    came = forged - sum(one.trial.forged for one in proof.never_came)
    paper.note(f"proved: {came - len(proof.passed)} of {forged} forgeries stopped, "
               f"{ordinary - len(proof.held_back)} of {ordinary} ordinary frames passed")  # fmt: skip


def _outcomes(proof: Proof) -> list[Json]:
    return [
        {
            "what": one.trial.what,
            "forged": one.trial.forged,
            "came": one.came,
            "arrived": one.arrived,
            "elsewhere": one.elsewhere,
            "as_it_should_be": one.as_it_should_be,
        }
        for one in proof.outcomes
    ]


def _not_tried(paper: Paper, manner: Manner, status: Exit, code: str, text: str) -> Exit:
    if manner.as_json:
        error = error_form(code, text)
        paper.json({"schema": SCHEMA, "kind": "proof", "holds": None, "outcomes": [], "error": error})
    paper.note(text)
    return status
