"""`jackfield doctor`: what is wrong on this host, or worth knowing, and the command that puts it right."""

from typing import Final

from rich.text import Text

from backend.host import Host
from model.findings.commands import command_of, sentence
from model.findings.examination import findings
from model.findings.finding import Finding, Severity
from model.findings.observed import Observed
from model.inventory import Inventory
from model.json_form import SCHEMA, Json
from model.names import json_text
from tui.commands.exits import Exit
from tui.commands.graph import graph_of
from tui.commands.printing import Paper

INKS: Final = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bright_black"}
INDENT: Final = "  "


def doctor(host: Host, paper: Paper, *, as_json: bool) -> Exit:
    """Tell all findings, the gravest first; NO where there is an error among them."""
    graph = graph_of(host)
    observed = host.observed(tuple(graph.links()), graph.home)
    found = findings(graph, observed)
    paper.note_what_is_missing(graph)
    for unread in observed.unread:
        paper.note(f"not looked at: {unread}")
    if as_json:
        paper.json(_document(graph, observed, found))
    else:
        for finding in found:
            _print(graph, paper, finding)
        paper.note(summary(found))
    return Exit.NO if any(finding.severity is Severity.ERROR for finding in found) else Exit.OK


def summary(found: tuple[Finding, ...]) -> str:
    """`1 error, 2 warnings, 3 notes`."""
    counts = [(severity, sum(one.severity is severity for one in found)) for severity in Severity]
    told = [f"{count:,} {severity}{'' if count == 1 else 's'}" for severity, count in counts if count]
    return ", ".join(told) or "nothing is wrong"


def _print(graph: Inventory, paper: Paper, finding: Finding) -> None:
    ink = INKS[finding.severity]
    line = Text(f"{finding.severity:<8} ", ink)
    line.append_text(paper.shown(graph.address(finding.subject) or "", "bold"))
    paper.line(line.append_text(paper.shown(f" {finding.text}")))
    fixes = _commands(graph, finding)
    if fixes:
        line = Text(f"{INDENT}fix: ", "bright_black").append_text(paper.shown(fixes[0]))
        if len(fixes) > 1:
            line.append(f"   and {len(fixes) - 1:,} like it: --json has all", "bright_black")
        paper.line(line)


def _commands(graph: Inventory, finding: Finding) -> list[str]:
    commands = (command_of(graph, fix) for fix in finding.all_fixes)
    return [command for command in commands if command is not None]


def _document(graph: Inventory, observed: Observed, found: tuple[Finding, ...]) -> Json:
    return {
        "schema": SCHEMA,
        "kind": "doctor",
        "complete": graph.visibility.complete and not observed.unread,
        "unread": [json_text(unread) for unread in observed.unread],
        "findings": [_form(graph, finding) for finding in found],
    }


def _form(graph: Inventory, finding: Finding) -> Json:
    fixes = [json_text(fix) for fix in _commands(graph, finding)]
    return {
        "code": finding.code,
        "severity": str(finding.severity),
        "subject": str(finding.subject),
        "address": graph.address(finding.subject),
        "text": json_text(sentence(graph, finding)),
        "explanation": json_text(finding.explanation),
        "fix": fixes[0] if fixes else None,
        "subjects": [str(subject) for subject in finding.subjects],
        "fixes": fixes,
    }
