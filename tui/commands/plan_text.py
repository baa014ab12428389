"""A plan for people: MEANS and WILL RUN on stderr, so that stdout has nothing but the result."""

from collections.abc import Iterable, Sequence

from model.plan import Consent, Fate, Meaning, Outcome, Plan, Refusal, Sign
from tui.commands.printing import Paper

SIGNS = {Sign.GAIN: "+", Sign.MIND: "!", Sign.DEPENDS: "?", Sign.LOSS: "-"}


def print_plan(paper: Paper, title: str, plan: Plan, commands: Sequence[str], *, is_so: bool = True) -> None:
    """What it means, and what will be run; no commands: they are shown one by one, as they are done."""
    paper.remark(title)
    if plan.consent is not Consent.NONE:
        for why in plan.why_consent:
            paper.remark(f"  ! {why}")
    print_means(paper, plan)
    if not plan.steps and is_so:
        paper.remark("nothing to do: it is so already")
    if commands:
        paper.remark("WILL RUN")
    for line in commands:
        paper.remark(f"  {line}")


def print_means(paper: Paper, plan: Plan) -> None:
    """Each in a sentence, with its sign."""
    means = [*plan.means, *(Meaning(Sign.LOSS, f"does not come back: {thing}") for thing in plan.lost)]
    if means:
        paper.remark("MEANS")
    for meaning in means:
        paper.remark(f"  {SIGNS[meaning.sign]} {meaning.text}")


def print_refusal(paper: Paper, refusal: Refusal) -> None:
    """Why not, and what to do instead."""
    paper.note(f"refused: {refusal.text}")
    if refusal.kernel:
        paper.remark(f"  the kernel was not asked; it would answer: {refusal.kernel}")
    for way in refusal.instead:
        paper.remark(f"  instead: {way}")


def print_outcome(paper: Paper, outcome: Outcome, lines: Iterable[str]) -> None:
    """What became of one request."""
    sign = {Fate.DONE: "done", Fate.FAILED: "FAILED"}.get(outcome.fate, "not tried")
    for line in lines:
        paper.remark(f"  {sign:<9}  {line}")
    words = "; ".join(text for text in (outcome.note, outcome.error, outcome.kernel) if text)
    if words:
        paper.remark(f"             {words}")
