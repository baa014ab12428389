"""A change as JSON: the plan, what was done, or why not. Part of the contract `"schema": "jackfield/1"`."""

from dataclasses import dataclass

from model.json_form import SCHEMA, Json
from model.names import json_text
from model.plan import Outcome, Plan, Refusal


@dataclass(frozen=True, slots=True)
class Report:
    """What is told of one change."""

    plan: Plan | None = None
    commands: tuple[str, ...] = ()
    inverse: tuple[str, ...] = ()
    applied: bool = False
    """The kernel was asked for something."""
    id: str | None = None
    """In the journal: for `confirm` and `undo`."""
    confirm_by: str | None = None
    """ISO-8601, UTC: it goes back then."""
    error: Json | None = None
    rules: str | None = None
    """What nft is given, before the commands."""
    policy: Json | None = None
    """What was written into the policy."""


def plan_form(report: Report) -> Json:
    """One document. `ok`: it was done to its end, or could be."""
    means = report.plan.means if report.plan is not None else ()
    lost = report.plan.lost if report.plan is not None else ()
    return {
        "schema": SCHEMA,
        "kind": "applied" if report.applied else "plan",
        "id": report.id,
        "commands": [json_text(line) for line in report.commands],
        "inverse": [json_text(line) for line in report.inverse],
        "lost": [json_text(text) for text in lost],
        "warnings": [{"code": one.code, "text": json_text(one.text)} for one in means if one.code],
        "means": [{"sign": one.sign.value, "text": json_text(one.text)} for one in means],
        "ok": report.error is None,
        "confirm_by": report.confirm_by,
        "error": report.error,
        "rules": report.rules,
        "policy": report.policy,
    }


def error_form(code: str, text: str, kernel: str = "") -> Json:
    """Why it was not done, or not to its end."""
    return {"code": code, "text": json_text(text), "kernel": json_text(kernel)}


def refusal_form(refusal: Refusal) -> Json:
    """A refusal of ours; the kernel was not asked: `kernel` is what it would have said."""
    instead = [json_text(text) for text in refusal.instead]
    return {**error_form(refusal.code, refusal.text, refusal.kernel or ""), "instead": instead}


def failure_form(failed: Outcome) -> Json:
    """The operation that the kernel refused."""
    return error_form("kernel", failed.error or failed.kernel, failed.kernel)
