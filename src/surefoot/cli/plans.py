"""Plans before they run: the output of `check`, and what is shown when a run starts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from surefoot.api.preview import look_over
from surefoot.cli.exits import FOUND_NOTHING, FOUND_PROBLEMS
from surefoot.cli.lookup import root_of
from surefoot.cli.optional_file import refuse_two_drawings
from surefoot.cli.options import Given
from surefoot.cli.screen import Screen
from surefoot.core.event_words import Finding, Severity
from surefoot.core.ids import StepId
from surefoot.core.money import money
from surefoot.core.plan import LOOPBACK, Effect, Limits, Plan, Step
from surefoot.core.plan_commands import ways_out
from surefoot.core.review import Review
from surefoot.core.short_text import counted, listed
from surefoot.core.system_steps import is_system_step
from surefoot.errors import PlanInvalid, UsageError
from surefoot.garbage import uncollected
from surefoot.planfile import load_plan
from surefoot.views.lines import EMPTY, Line, Style, block, duration, one_line, said_once
from surefoot.views.plan_order import SCHEMA, chain, check_document, folded, problems_of, summary
from surefoot.views.report_sections import style_of

if TYPE_CHECKING:
    from surefoot.views.graph.picture import Picture

_STEPS_MOST = 15
"""A plan of more steps is shown in short when it starts."""
_CHECKED_MOST = 100
"""So many steps are listed one by one by `check`."""
_ALWAYS_TOLD = frozenset({"shared-reads", "shared-file"})
"""Notes that say which step waits for which."""
_NAMED_MOST = 8
"""So many steps of one fate are named."""
_STYLES: dict[Effect, Style] = {Effect.IRREVERSIBLE: "bad", Effect.IDEMPOTENT: "warn"}


def check(given: Given, screen: Screen) -> int:
    """Look a plan over and tell what was found.

    Raises:
        UsageError: there is no such file, or the image cannot be written.
    """
    # What draws graphs is loaded where one is drawn: the start of each run shows its plan, too.
    from surefoot.cli.drawings import drawings
    from surefoot.views.graph.picture import picture_of

    path = given.plan
    refuse_missing(path)
    refuse_two_drawings(given.svg, is_mermaid=given.mermaid, is_json=screen.is_json)
    try:
        loaded = load_plan(path)
    except PlanInvalid as error:
        problems = problems_of(error)
        if screen.is_json:
            found = [{"kind": "invalid", "severity": "problem", "text": text, "step": None} for text in problems]
            screen.document({"schema": SCHEMA, "plan": str(path), "valid": False, "findings": found})
        screen.show([Line(text, hang=4) for text in problems])
        screen.show([Line(f"{counted(len(problems), 'problem')}: the plan cannot run.", "bad")])
        return FOUND_PROBLEMS
    with uncollected():
        reviewed = look_over(loaded.plan, root_of(given.repo), loaded.places, path, loaded.graph)
        picture = picture_of(loaded.plan, loaded.graph, reviewed)
        caption = summary(loaded.plan, reviewed) if given.svg is not None else ""
        drawn = drawings(given, picture, one_line(loaded.plan.goal), caption)
        if screen.is_json:
            screen.document({**check_document(path, loaded.plan, loaded.graph, reviewed), **drawn})
        elif drawn:
            screen.text("".join(drawn.values()))
        else:
            screen.show(check_lines(path, loaded.plan, reviewed, picture, screen))
            if given.svg is not None:
                screen.show([Line(f"Drew the graph into {given.svg}.")])
    return FOUND_PROBLEMS if reviewed.has_problems else FOUND_NOTHING


def refuse_missing(path: Path) -> None:
    """Refuse a plan file that is not there.

    Raises:
        UsageError: there is no such file.
    """
    if not path.is_file():
        raise UsageError(f"there is no plan {str(path)!r}; `surefoot init {path}` writes one to begin with")


def check_lines(path: Path, plan: Plan, reviewed: Review, picture: Picture, screen: Screen) -> Iterator[Line]:
    """Yield all that `check` says about a plan that can run."""
    from surefoot.cli import sequence

    yield Line(f"{path}: {one_line(plan.goal)}", "head", hang=2)
    yield EMPTY
    yield from finding_lines(folded(reviewed.findings))
    if len(plan.steps) > 1:
        yield from sequence.graph_lines(picture, screen.width, is_ascii=not screen.draws_lines)
    yield from _order_lines(plan, reviewed, _CHECKED_MOST)
    yield from sequence.together_lines(plan, reviewed)
    yield from _path_lines(reviewed)
    yield from _open_lines(reviewed, _CHECKED_MOST)
    yield from ask_lines(reviewed)
    points = f"after {listed(reviewed.rollback_points, 12)}" if reviewed.rollback_points else "none"
    yield Line(f"Rollback points: {points}", hang=2)
    if reviewed.long_steps:
        yield Line(f"Long steps: {listed(reviewed.long_steps, 12)}", hang=2)
    yield Line("When a step fails:", "head")
    steps: dict[str, list[StepId]] = {}
    for note in reviewed.recovery:
        steps.setdefault(note.text, []).append(note.step)
    for text, names in list(steps.items())[:_CHECKED_MOST]:
        yield Line(f"  {listed(names, _NAMED_MOST)}: {text}", hang=6)
    if len(steps) > _CHECKED_MOST:
        yield Line(f"  … and {len(steps) - _CHECKED_MOST} more (--json lists them)", "dim")
    grave = sum(finding.severity is not Severity.NOTE for finding in reviewed.findings)
    yield EMPTY
    yield Line(f"{counted(grave, 'problem')} found." if grave else "No problems found.", "warn" if grave else "good")


def finding_lines(findings: Sequence[Finding], *, with_notes: bool = True) -> Iterator[Line]:
    """Yield findings, the gravest first; without notes only those that say how the engine orders steps."""
    order = (Severity.PROBLEM, Severity.WARNING, Severity.NOTE)
    many = said_once((finding.step or "", finding.text) for finding in findings)
    told: set[str] = set()
    for finding in sorted(findings, key=lambda finding: order.index(finding.severity)):
        if finding.severity is Severity.NOTE and not with_notes and finding.kind not in _ALWAYS_TOLD:
            continue
        together = many.get(finding.text, "")
        if together and finding.text in told:
            continue
        told.add(finding.text)
        where = f"{finding.place}: " if finding.place and not together else ""
        who = f"{together}: " if together else f"step {finding.step}: " if finding.step else ""
        word = finding.severity.value
        yield Line(f"{word}: {where}{who}{one_line(finding.text)}", style_of(word), hang=4, styled=len(word))


def plan_lines(plan: Plan, reviewed: Review) -> Iterator[Line]:
    """Yield what will be done, before it is: order, effects, limits, where it asks, how far back one can go."""
    yield from _order_lines(plan, reviewed, _STEPS_MOST)
    yield from _open_lines(reviewed, _STEPS_MOST)
    yield from ask_lines(reviewed)
    if reviewed.irreversible:
        yield Line(f"Cannot be undone: {listed(reviewed.irreversible, _NAMED_MOST)}", "bad", hang=2)
    limits = ", ".join(_limits_said(plan.limits))
    yield Line(f"Limits: {limits}", hang=2)
    number = len(reviewed.rollback_points)
    if number:
        steps = "the step that may" if number == 1 else f"each of the {number} steps that may"
        yield Line(f"Rollback points: after {steps} commit", hang=2)


def _limits_said(limits: Limits) -> Iterator[str]:
    yield f"{limits.parallel} steps at once" if limits.parallel > 1 else "one step at a time"
    if limits.cost_usd is not None:
        yield money(limits.cost_usd)
    if limits.tokens is not None:
        yield f"{limits.tokens} tokens"
    if limits.requests is not None:
        yield counted(limits.requests, "request")
    if limits.wall_s is not None:
        yield f"{duration(limits.wall_s)} of work"


def waits_for_yes(reviewed: Review) -> bool:
    """Tell whether something in a plan will ask, or cannot be undone."""
    return bool(reviewed.irreversible) or any(not point.is_on_failure for point in reviewed.asks)


def _open_lines(reviewed: Review, most: int) -> Iterator[Line]:
    """Yield what runs beside the bodies of steps with a way out of the sandbox, with its text."""
    found = reviewed.open_commands
    if found:
        yield Line("Beside the steps, with a way out of the sandbox", "head")
    for one in found[:most]:
        yield Line(f"  {one.where} ({', '.join(ways_out(one))}): {one_line(one.text)}", "warn", hang=6)
    if len(found) > most:
        yield Line(f"  … and {len(found) - most} more (`surefoot check --json` lists them)", "dim")


def ask_lines(reviewed: Review) -> Iterator[Line]:
    """Yield where the run will ask."""
    if not reviewed.asks:
        yield Line("No approvals needed.")
        return
    yield Line("It asks", "head")
    for point in reviewed.asks:
        step = "the first step" if is_system_step(point.step) else point.step
        when = f"when {step} has failed" if point.is_on_failure else f"before {step}"
        yield from block(f"{when}: {point.why}; {point.approve}", 2)


def _order_lines(plan: Plan, reviewed: Review, most: int) -> Iterator[Line]:
    known = {step.id: step for step in plan.steps}
    steps = [known[name] for name in reviewed.order]
    choices = {choice.step: choice for choice in reviewed.batches}
    yield Line(f"{counted(len(steps), 'step')}, in this order", "head")
    widest = max(len(step.id) for step in steps)
    for number, step in enumerate(steps[:most], start=1):
        what = f"{step.effect.value}{_said_of(step)}"
        yield Line(f"  {number:>3}  {step.id:<{min(widest, 40)}}  {what}", _STYLES.get(step.effect, ""), hang=7)
        if step.is_added:
            yield Line(f"       not asked for: {one_line(step.why)}", "warn", hang=9)
        if step.risk:
            yield Line(f"       risk: {one_line(step.risk)}", "warn", hang=9)
        if step.id in choices:
            yield Line(f"       {choices[step.id].mode}: {choices[step.id].why}", hang=9)
        if step.undo_run:
            yield Line(f"       undo: {one_line(step.undo_said)}", "dim", hang=9)
    if len(steps) > most:
        kinds = [f"{sum(s.effect is effect for s in steps[most:])} {effect}" for effect in Effect]
        yield Line(f"  … and {len(steps) - most} more ({', '.join(k for k in kinds if not k.startswith('0 '))})", "dim")
    if plan.accept:
        yield Line(f"then {counted(len(plan.accept), 'acceptance check')} in a clean lane", hang=2)


def _said_of(step: Step) -> str:
    parts = [f"{counted(len(step.checks), 'check')}"] if step.checks else []
    parts += [f"{step.best_of} attempts, compared"] if step.best_of > 1 else []
    parts += ["a group"] if step.for_each is not None else []
    parts += [{True: "network", LOOPBACK: "loopback"}[step.network]] if step.network else []
    parts += [counted(len(step.sockets), "socket")] if step.sockets else []
    parts += [f"reads {', '.join(step.home)}"] if step.home else []
    parts += ["not confined"] if not step.confine else []
    return f"  ({', '.join(parts)})" if parts else ""


def _path_lines(reviewed: Review) -> Iterator[Line]:
    path = reviewed.critical_path
    if path.seconds > 0:
        steps = chain(path.steps)
        yield Line(f"Critical path: {duration(path.seconds)}: {steps}", hang=2)
    if path.one_member:
        counts = "is" if len(path.one_member) == 1 else "are"
        text = f"  {listed(path.one_member)} {counts} counted with one member: the run finds out how many there are"
        yield Line(text, "dim", hang=4)
    if path.seconds > 0 and path.without_estimate:
        yield Line(f"  without an estimate: {listed(path.without_estimate)}", "dim", hang=4)
