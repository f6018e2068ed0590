"""What the report says of the candidates of a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from surefoot.core.candidates import Agreement, Candidate, agreement_of
from surefoot.core.step_state import StepState

if TYPE_CHECKING:  # shapes take long to make, and only say what is meant
    from surefoot.core.report_shape import CandidateShape


def candidates_of(node: StepState) -> list[CandidateShape]:
    """Return the candidates of a step, with those that each agrees with."""
    found = agreement_of(node.spec, node.candidates)
    return [_candidate(node, one, found) for one in node.candidates]


def _candidate(node: StepState, one: Candidate, found: Agreement) -> CandidateShape:
    kept, compare = one.kept, node.spec.compare
    pairs = zip(node.spec.checks, one.records, strict=False)
    return {
        "candidate": one.number,
        "attempt": one.attempt,
        "tree": one.tree,
        "base": one.base,
        "proof": one.proof,
        "checks": [
            {"name": check.name, "verdict": "not_asked" if record.after is None else record.after.value}
            for check, record in pairs
        ],
        "compare": None
        if compare is None
        else {
            "run": compare.run,
            "digest": kept.shown or None,
            "exit_code": kept.exit_code,
            "output": kept.output,
            "flaw": kept.flaw,
        },
        "lines": kept.lines,
        "changed": list(one.observed.changed),
        "patch": kept.patch,
        "chosen": one.number == node.chosen,
        "why": node.why_chosen if one.number == node.chosen else "",
        "agrees_with": list(found.with_which(one.number)),
        "differences": [
            {"candidate": d.candidate, "line": d.line, "here": d.here, "there": d.there} for d in kept.differences
        ],
    }
