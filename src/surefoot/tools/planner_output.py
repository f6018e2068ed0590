"""A model's words in `understood` and `plan`, made into the plan of a run.

What the user gave stays: the goal word for word, and no acceptance check, scope or limit is dropped or widened. The
plan is written as a plan file and read like any other, so that what runs is what a person is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import cast

from surefoot.core.agent_types import KeyFile, Understanding
from surefoot.core.event_words import Severity
from surefoot.core.globs import is_inside
from surefoot.core.plan import EVERYTHING, Plan, Step, within
from surefoot.core.record import record
from surefoot.core.review import review
from surefoot.core.tool_payload import MadePlan, Planned, Understood
from surefoot.core.tool_table import PlanInForce
from surefoot.errors import PlanInvalid
from surefoot.planfile import ParsedPlan, parse_plan
from surefoot.planfile.plan_writer import limits_said, plan_text, record_said
from surefoot.tools.arguments import Arguments
from surefoot.tools.document import PLAN_NAME, quoted, unfolded
from surefoot.tools.masks import place_of_secret
from surefoot.tools.tool_context import ToolContext, ToolResult, failed

_NOT_YET = {"id": "later", "ask": "Stands for the steps, which are not made yet."}
_PROBLEMS_MAX = 20
_NOTHING = Arguments({})
_CARRIED_OUT = ("scope", "accept", "prepare", "steps", "requirements")
"""What of UNDERSTAND is carried out as it was written; the rest is told, with secrets masked."""


@record
class _Basis:
    """What a plan is made on: what the user gave, and what was found out."""

    plan: Plan
    """What the user gave, or the plan in force."""
    scope: tuple[str, ...]
    """Globs over all files that may be changed."""
    accept: tuple[dict[str, object], ...]
    """Acceptance checks in the form of a plan file."""
    prepare: dict[str, object] | None
    """How a lane is made usable, in the form of a plan file."""
    requirements: tuple[str, ...]


def _understanding(arguments: Arguments) -> Understanding:
    return Understanding(
        summary=arguments.text("summary"),
        files=tuple(KeyFile(path=one.text("path"), learned=one.text("learned")) for one in arguments.objects("files")),
        scope=arguments.texts("scope"),
        risks=arguments.texts("risks"),
        questions=arguments.texts("questions"),
        requirements=tuple(filter(None, (" ".join(one.split()) for one in arguments.texts("requirements")))),
    )


def understood(arguments: Arguments, context: ToolContext) -> ToolResult:
    """End UNDERSTAND with what was found out; for a small goal with a plan, too."""
    carried_out = {key: value for key, value in arguments.items() if key in _CARRIED_OUT}
    if place := place_of_secret(carried_out, context.mask):
        return failed(secret_at(place))
    understanding = _understanding(arguments)
    assert isinstance(context.state, PlanInForce)
    asked = context.state.plan
    flaw = _flaw_of_scope(understanding.scope, unfolded(asked))
    if flaw:
        return failed(flaw)
    basis = _basis(asked, understanding.scope, arguments)
    steps = arguments.objects("steps")
    if any(one.get("needs") for one in steps):
        return failed(
            "`steps` is for plans so small that no step needs another; leave `steps` out, and plan afterwards"
        )
    made = _made(basis, [step_said(one) for one in steps] or [_NOT_YET], {}, 1)
    if isinstance(made, str):
        return failed(made)
    parsed, text, remarks = made
    old = {check.name for check in asked.accept}
    said = f"taken down{_with_remarks(remarks)}"
    found = Understood(
        understanding=replace(understanding, scope=parsed.scope_write) if understanding.scope else understanding,
        accept=tuple(check for check in parsed.accept if check.name not in old),
        prepare=None if asked.prepare is not None else parsed.prepare,
        made=MadePlan(plan=parsed, text=context.commands.store(text.encode())) if steps else None,
    )
    return ToolResult(ok=True, text=said, payload=found)


def plan(arguments: Arguments, context: ToolContext) -> ToolResult:
    """End PLAN with a plan that can run."""
    if place := place_of_secret(arguments, context.mask):
        return failed(secret_at(place))
    assert isinstance(context.state, PlanInForce)
    state = context.state
    steps = [step_said(one) for one in arguments.objects("steps")]
    basis = _basis(state.plan)
    services, parallel = arguments.table("services") or _NOTHING, arguments.number("parallel", 1)
    made = _made(basis, steps, services, parallel)
    if isinstance(made, str):
        return failed(made)
    parsed, text, remarks = made
    planned = Planned(made=MadePlan(plan=parsed, text=context.commands.store(text.encode())))
    return ToolResult(ok=True, text=f"the plan can run{_with_remarks(remarks)}", payload=planned)


def secret_at(place: str) -> str:
    """Say that a secret stands in what a model wrote for a plan."""
    return (
        f"`{place}` holds the value of a secret variable, or what has the form of a key; a plan is stored and shown, "
        "so no secret may stand in it; have the step read it from a variable named in `env_from`"
    )


def _flaw_of_scope(scope: Sequence[str], asked: Plan) -> str:
    outside = [glob for glob in scope if not is_inside(glob, asked.scope_write)]
    if not outside:
        return ""
    return (
        f"`scope` reaches beyond what the user allows: {', '.join(outside)}; only {', '.join(asked.scope_write)} may "
        "be changed. Narrow it, and name what could not be done under `questions`"
    )


def _basis(plan: Plan, scope: tuple[str, ...] = (), found: Arguments = _NOTHING) -> _Basis:
    """Return what a plan is made on; `scope` and `found` are what UNDERSTAND ends with."""
    asked = unfolded(plan)
    checks = [record_said(check, "check") for check in asked.accept]
    taken = {check.name for check in asked.accept}
    checks += (_renamed(dict(one), taken) for one in found.objects("accept"))
    own = found.table("prepare")
    prepare = (
        record_said(asked.prepare, "prepare") if asked.prepare is not None else dict(own) if own is not None else None
    )
    is_whole = asked.scope_write == (EVERYTHING,)
    scope = scope or (() if is_whole else asked.scope_write)
    required = asked.requirements or tuple(found.texts("requirements"))
    return _Basis(plan=asked, scope=scope, accept=tuple(checks), prepare=prepare, requirements=required)


def _renamed(check: dict[str, object], taken: set[str]) -> dict[str, object]:
    """Return a model's check with a name that is free: it cannot know the names of those that are held back."""
    name = check.get("name")
    check = {key: value for key, value in check.items() if value is not None}
    if isinstance(name, str) and name in taken:
        number = 2
        while f"{name}-{number}" in taken:
            number += 1
        check["name"] = f"{name}-{number}"
    return check


def step_said(step: Arguments) -> dict[str, object]:
    """Return a model's step as a plan file has it."""
    said = {key: value for key, value in step.items() if value is not None and value != []}
    if said.get("network"):
        said["tier"] = "confirm"  # what a model says about the effect is not known to be so
    probe = step.table("probe")
    if probe is not None and "run" in probe:
        said["probe"] = {**probe, "confine": True}  # only a person opens the sandbox
    checks = step.objects("checks")
    if checks:
        said["checks"] = [{key: value for key, value in one.items() if value is not None} for one in checks]
    return said


def _made(
    basis: _Basis, steps: Sequence[Mapping[str, object]], services: Mapping[str, object], parallel: int
) -> tuple[Plan, str, list[str]] | str:
    """Return the plan, its text, and what to know about it; or what is wrong with it."""
    text = plan_text(_document(basis, steps, services, parallel))
    try:
        parsed = parse_plan(text, PLAN_NAME)
    except PlanInvalid as error:
        return _refusal(cast("tuple[str, ...]", error.facts["problems"]), text)
    problems = list(_beyond_models(parsed, basis))
    findings = review(parsed.plan, places=parsed.places).findings
    problems += (f"{one.place or PLAN_NAME}: {one.text}" for one in findings if one.severity is Severity.PROBLEM)
    if problems:
        return _refusal(problems, text)
    remarks = [
        f"step {one.step}: {one.text}" for one in findings if one.severity is Severity.WARNING and one.step is not None
    ]
    plan = within(parsed.plan, basis.plan.folder) if basis.plan.folder else parsed.plan
    return (
        replace(plan, policy=basis.plan.policy, constraints=basis.plan.constraints, files=basis.plan.files),
        text,
        remarks,
    )


def _document(
    basis: _Basis, steps: Sequence[Mapping[str, object]], services: Mapping[str, object], parallel: int
) -> dict[str, object]:
    asked = basis.plan
    limits = limits_said(asked.limits)
    if parallel > 1:
        limits["parallel"] = min(parallel, asked.limits.parallel) if asked.limits.parallel > 1 else parallel
    all_services = {**services, **{one.name: record_said(one, "service") for one in asked.services}}
    document: dict[str, object] = {
        "goal": asked.goal,
        "prepare": basis.prepare,
        "env": dict(asked.env),
        "services": all_services,
        "accept": list(basis.accept),
        "scope": {"write": list(basis.scope)} if basis.scope else None,
        "limits": limits,
        "requirements": list(basis.requirements),
    }
    said = {key: value for key, value in document.items() if value}
    return {**said, "steps": list(steps)}


def _beyond_models(parsed: ParsedPlan, basis: _Basis) -> Iterator[str]:
    """Yield what a plan file may say, and a model may not: what no sandbox holds."""
    for step in parsed.plan.steps:
        yield from (f"{parsed.places[step.id]}: {flaw}" for flaw in step_flaws(step))
    for service in parsed.plan.services:
        if service.network and service not in basis.plan.services:
            yield f"the service {service.name} has `network`; a model's services have that of their lane; take it out"


def step_flaws(step: Step) -> Iterator[str]:
    """Yield what a person may write in a step, and a model may not: what no sandbox holds."""
    if step.home:
        yield (
            f"`reads` names {', '.join(step.home)}, in the home of the user; only paths of the repository were "
            "expected; take it out, or have a step `ask` for what is needed"
        )
    if step.for_each is not None and step.for_each.lines is not None and step.network:
        yield (
            "the command for its items would have the step's network before a person is asked; list the items, or let "
            "another step without the network write them to a file"
        )
    elif step.probe is not None and step.probe.ask.too_open:
        yield step.probe.ask.too_open


def _refusal(problems: Sequence[str], text: str) -> str:
    more = len(problems) - _PROBLEMS_MAX
    told = quoted(problems[:_PROBLEMS_MAX], text) + (f"\nand {more} more" if more > 0 else "")
    return f"it cannot be taken like this; correct it and call the tool again:\n{told}"


def _with_remarks(remarks: Sequence[str]) -> str:
    return "".join(f"\n{remark}" for remark in remarks)
