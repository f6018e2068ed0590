"""The placeholders of a step: which there are, and what replaces them."""

from __future__ import annotations

from surefoot.core.ids import StepId
from surefoot.core.placeholders import bound, references_of
from surefoot.core.plan import Step
from surefoot.planfile import parse_plan

PLAN = """\
goal: Use what came before
steps:
  - {id: a, run: make}
  - id: "b-{item}"
    needs: [a]
    for_each: {item: {lines: "cat {steps.a.lines}"}}
    title: "T {steps.a.title}"
    run: "use {steps.a.run}"
    cwd: "{steps.a.cwd}"
    reads: ["{steps.a.reads}", "~/{steps.a.home}"]
    writes: ["{steps.a.writes}"]
    artifacts: ["{steps.a.artifacts}"]
    env: {NAME: "{steps.a.env}"}
    undo: {run: "undo {steps.a.undo}"}
    checks: [{run: "check {steps.a.check}", cwd: "{steps.a.at}"}, {file: "{steps.a.file}", contains: "{steps.a.text}"}]
    probe: {run: "probe {steps.a.probe}"}
"""


def step_of(text: str) -> Step:
    """Return the last step of a plan."""
    return parse_plan(text, "p").plan.steps[-1]


def test_every_reference_that_a_step_has_is_replaced() -> None:
    """Where references are looked for and where they are replaced are the same places."""
    step = step_of(PLAN)
    tokens = [one.token for one in references_of(step)]
    assert len(tokens) == PLAN.count("{steps.")
    assert references_of(bound(step, None, dict.fromkeys(tokens, "x"))) == ()


def test_a_step_without_the_placeholders_stays_the_very_same() -> None:
    """Nothing is made anew where nothing is replaced."""
    step = step_of(PLAN)
    assert bound(step, None, {"{steps.other.key}": "x"}) is step
    assert step.id == StepId("b-{item}")
