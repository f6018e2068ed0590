"""A world of models and tools that say what they like: replies, faults, results, plans, claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import hypothesis.strategies as st

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import (
    Claim,
    Excerpt,
    ExcerptKind,
    Fault,
    Finish,
    ModelFacts,
    ModelRouting,
    Note,
    Price,
    Role,
    RoleModels,
    Statement,
    ToolCall,
    Understanding,
    Usage,
)
from surefoot.core.amendments import AddStep, DropStep, Operation, ReplaceStep
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.events import Event
from surefoot.core.ids import BlobId, StepId
from surefoot.core.plan import (
    AgentBody,
    AgentLimits,
    Check,
    Effect,
    Limits,
    Plan,
    Prepare,
    RetryPolicy,
    RunBody,
    Step,
)
from surefoot.core.plan_commands import PlanCommand, commands_of_plan
from surefoot.core.policy_types import CommandFacts
from surefoot.core.tool_payload import MadePlan, PlanChange, Planned, ProposedAmendment, Understood
from surefoot.core.tool_table import TOOLBOX, PlanInForce
from surefoot.effects import TOOL_CALL

HIDDEN = "nobodyknows"
"""Stands in the name and the question of every check that is held back, and in what it says."""
SHOWN = Excerpt(kind=ExcerptKind.FILE, name="a.py", text=BlobId("file"), tokens=9)
"""A file that an agent is shown whole, so that a model without native tools is asked for it whole."""
MODELS = tuple(
    ModelFacts(name=f"p:{name}", price=price, context_tokens=context, native_tools=name != "b")
    for name, price, context in (
        ("a", Price(input_usd=1.0, output_usd=2.0), None),
        ("b", None, 9_000),
        ("c", Price(input_usd=3.0, output_usd=9.0, cache_write_usd=4.0), 40_000),
    )
)
TOOLS = {
    Role.SCOUT: ("read", "search", "note", "ask", "understood", "understood"),
    Role.PLANNER: ("read", "recall", "note", "ask", "plan", "plan"),
    Role.REPLANNER: ("read", "recall", "note", "ask", "amend", "amend"),
    Role.WORKER: ("read", "edit", "run", "run", "note", "ask", "propose", "finish", "finish"),
    Role.REVIEWER: ("read", "note", "finish", "finish"),
}
"""What a role mostly calls; now and then it calls anything."""
ANYTHING = ("rm", "edit", "plan", "finish", "understood", "propose", "read")
PUSH = CommandFacts(commands=(("git", "push", "origin", "main"),))
HARMLESS = CommandFacts(commands=(("ls",),))


def with_agents(draw: st.DrawFn, plan: Plan, *, share: int = 2) -> Plan:
    """Put agents in the place of most commands, hold checks back, and set limits."""
    steps = tuple(_with_agent(draw, step, share) for step in plan.steps)
    limits = replace(
        plan.limits,
        cost_usd=draw(st.sampled_from([None, None, 0.05, 0.3])),
        tokens=draw(st.sampled_from([None, None, 25_000, 120_000])),
        requests=draw(st.sampled_from([None, None, 3, 9])),
    )
    return replace(plan, steps=steps, limits=limits, accept=_held_back(draw, plan.accept))


def _with_agent(draw: st.DrawFn, step: Step, share: int) -> Step:
    is_own = isinstance(step.body, RunBody) and draw(st.integers(0, share)) > 0
    checks = _held_back(draw, step.checks)
    if not is_own:
        return replace(step, checks=checks)
    limits = AgentLimits(
        cost_usd=draw(st.sampled_from([None, None, 0.06])),
        tokens=draw(st.sampled_from([None, None, 30_000])),
        requests=draw(st.sampled_from([None, None, 4])),
    )
    model = draw(st.sampled_from([None, None, None, "p:c", "p:unknown"]))
    body = AgentBody(instructions="do it", turns_max=draw(st.integers(2, 6)), limits=limits, model=model)
    effect = step.effect if not step.effect.is_outside else Effect.REVERSIBLE
    retry = RetryPolicy(maximum_attempts=draw(st.integers(1, 3)), retry_unknown=draw(st.booleans()))
    own = {"probe": None, "undo": "", "network": draw(st.booleans())}
    return replace(step, body=body, checks=checks, effect=effect, retry=retry, **own)


def _held_back(draw: st.DrawFn, checks: tuple[Check, ...]) -> tuple[Check, ...]:
    return tuple(_hide(check) if draw(st.booleans()) else check for check in checks)


def _hide(check: Check) -> Check:
    ask = CommandCheck(command=f"{HIDDEN} {check.name}")
    return replace(check, name=f"{HIDDEN} {check.name}", ask=ask, held_back=True)


@st.composite
def castings(draw: st.DrawFn) -> ModelRouting:
    """One to three models in a chain, perhaps a stronger one, perhaps a reviewer, perhaps little room."""
    chain = tuple(draw(st.lists(st.sampled_from(MODELS), min_size=1, max_size=3, unique=True)))
    stronger = draw(st.sampled_from([None, *MODELS]))
    models = RoleModels(chain=chain, stronger=stronger)
    roles = {role.value: models for role in Role} | {"p:c": RoleModels(chain=(MODELS[2],))}
    if draw(st.integers(0, 15)) == 0:
        del roles[Role.WORKER.value]
    room = draw(st.sampled_from([32_000, 32_000, 8_000, 2_000]))
    is_planned, is_reviewed = draw(st.booleans()), draw(st.booleans())
    return ModelRouting(roles=roles, brief_tokens_max=room, with_planner=is_planned, with_reviewer=is_reviewed)


def another_plan(draw: st.DrawFn, drawn: Plan, held: Plan) -> Plan:
    """Return what a planner may come to for a goal, with the acceptance checks that hold already."""
    accept = (*held.accept, *(check for check in drawn.accept if check.name not in {c.name for c in held.accept}))
    return replace(drawn, goal=held.goal, steps=with_agents(draw, drawn).steps, accept=accept)


# --- what models say


def reply_to(command: do.RequestModel, place: Mapping[str, Any], held: tuple[float, int], draw: st.DrawFn) -> Event:
    """Return a reply with any mix of calls, or any fault."""
    usage = _usage(held, draw)
    if draw(st.integers(0, 3)) == 0:
        fault = draw(st.sampled_from(list(Fault)))
        after = draw(st.sampled_from([None, None, 2.0, 5000.0]))
        known = draw(st.sampled_from([usage, None]))
        return ev.ModelRequestFailed(
            **place, turn=command.turn, fault=fault, text="no", retry_after_s=after, usage=known
        )
    calls = tuple(_call(command, number, draw) for number in range(1, draw(st.integers(0, 4)) + 1))
    return ev.ModelResponded(
        **place,
        turn=command.turn,
        model="m",
        reply=BlobId(f"reply-{command.turn}"),
        said="so",
        tokens=draw(st.sampled_from([10, 10, 1500])),
        calls=() if command.is_summary else calls,
        finish=draw(st.sampled_from(list(Finish))),
        usage=usage,
        duration_s=draw(st.sampled_from([1.0, 1.0, 500.0])),
    )


def _usage(held: tuple[float, int], draw: st.DrawFn) -> Usage:
    """Return what a request took: never more than was held back for it."""
    share = draw(st.sampled_from([0.0, 0.3, 1.0]))
    tokens = int(held[1] * share)
    return Usage(requests=1, input_tokens=tokens // 2, output_tokens=tokens - tokens // 2, cost_usd=held[0] * share)


def _call(command: do.RequestModel, number: int, draw: st.DrawFn) -> ToolCall:
    tool = draw(st.sampled_from((*TOOLS[command.role], *TOOLS[command.role], draw(st.sampled_from(ANYTHING)))))
    does = draw(st.sampled_from([HARMLESS, HARMLESS, PUSH])) if tool == "run" else None
    return ToolCall(
        call=f"{command.turn}.{number}",
        tool=tool,
        kind=TOOLBOX[tool].kind if tool in TOOLBOX else None,
        arguments=BlobId(f"args-{tool}-{draw(st.integers(0, 1))}"),
        summary=tool,
        does=does,
        command=draw(st.sampled_from(["one", "two"])) if tool in ("run", "ask") else "",
        options=draw(st.sampled_from([(), ("red", "blue")])) if tool == "ask" else (),
        flaw="`path` is missing" if draw(st.integers(0, 15)) == 0 else "",
        tokens=20,
    )


# --- what tools do


def result_of(command: do.UseTool, place: Mapping[str, Any], drawn: Plan, draw: st.DrawFn) -> Event:
    """Return what comes of a call: it does its work, fails, is misused, or is lost."""
    call = command.call.call
    if draw(st.integers(0, 15)) == 0:
        cancelled = TOOL_CALL.after_cancellation(command, place["at"])
        assert cancelled is not None
        return cancelled
    if draw(st.integers(0, 5)) > 0:
        return kind_result(command, place, drawn, draw)
    done = ev.ToolCallFinished(**place, call=call, ok=False, text="no", output=BlobId("no"), tokens=5)
    return replace(done, is_misuse=draw(st.booleans()), **_written(command, draw))


def kind_result(command: do.UseTool, place: Mapping[str, Any], drawn: Plan, draw: st.DrawFn) -> Event:
    """Return what a call brings that does its work."""
    done = ev.ToolCallFinished(
        **place,
        call=command.call.call,
        ok=True,
        text="ok",
        output=BlobId(f"out-{draw(st.integers(0, 2))}"),
        tokens=draw(st.sampled_from([5, 5, 2500])),
        duration_s=1.0,
    )
    return _success(command, done, drawn, draw)


def _success(command: do.UseTool, done: ev.ToolCallFinished, drawn: Plan, draw: st.DrawFn) -> Event:
    match command.call.tool:
        case "edit" | "run":
            return replace(done, exit_code=0, **_written(command, draw))
        case "read":
            return replace(done, saw={"f": "1"})
        case "note":
            return replace(done, payload=Note(text="a fact", by=command.step, call=done.call))
        case "propose":
            changes = draw(changes_of(drawn)) if draw(st.booleans()) else ()
            is_wrong = not changes and draw(st.booleans())
            return replace(done, payload=PlanChange(text="another way", is_wrong=is_wrong, operations=changes))
        case "understood":
            return _understood(command, done, drawn, draw)
        case "plan":
            assert isinstance(command.state, PlanInForce)
            plan = another_plan(draw, drawn, command.state.plan)
            return replace(done, payload=Planned(made=MadePlan(plan=plan, text=BlobId("plan")), commands=beside(plan)))
        case "amend":
            return replace(done, payload=ProposedAmendment(operations=draw(changes_of(drawn)), why="so it goes"))
        case "finish":
            return replace(done, payload=claims(draw, command.role))
        case _:
            return done


@st.composite
def changes_of(draw: st.DrawFn, drawn: Plan) -> tuple[Operation, ...]:
    """Draw changes of a plan, which may not fit it."""
    step = draw(st.sampled_from(drawn.steps))
    anew = replace(step, id=draw(st.sampled_from([step.id, StepId("anew")])), needs=())
    changes = [AddStep(step=anew), DropStep(step=step.id), ReplaceStep(step=step.id, by=anew)]
    return tuple(draw(st.lists(st.sampled_from(changes), max_size=2)))


def _written(command: do.UseTool, draw: st.DrawFn) -> dict[str, Any]:
    if command.call.tool not in ("edit", "run"):
        return {}
    tree = draw(st.sampled_from([f"talk-{command.step}-{command.call.call}", None]))
    return {"tree": tree, "changed": () if tree is None else ("f",)}


def _understood(command: do.UseTool, done: ev.ToolCallFinished, drawn: Plan, draw: st.DrawFn) -> ev.ToolCallFinished:
    prepare = draw(st.sampled_from([None, None, Prepare(run="make"), Prepare(run="make", network=True)]))
    more = tuple(check for check in drawn.accept if check.expect in (Expect.FAIL_TO_PASS, Expect.PASS_TO_PASS))
    assert isinstance(command.state, PlanInForce)
    known = {check.name for check in command.state.plan.accept}
    accept = tuple(check for check in more if check.name not in known)
    plan, made = Plan(goal="", steps=(), prepare=prepare, accept=accept), None
    if draw(st.integers(0, 3)) == 0:
        plan = another_plan(draw, drawn, command.state.plan)
        made = MadePlan(plan=plan, text=BlobId("plan"))
    found = Understood(understanding=Understanding(summary="s"), prepare=prepare, accept=accept, made=made)
    return replace(done, payload=replace(found, commands=beside(plan)))


def beside(plan: Plan) -> tuple[PlanCommand, ...]:
    """Return what a plan runs beside the bodies of its steps."""
    return tuple(one for one, _ in commands_of_plan(plan))


def claims(draw: st.DrawFn, role: Role) -> Claim:
    """Say that it is done, or that it cannot be; or that something else should follow."""
    return Claim(
        summary="done",
        changed=draw(st.sampled_from([(), ("f",), ("g",)])),
        statements=draw(st.sampled_from([(), (Statement(text="all tests pass", evidence="1.1"),)])),
        confidence=draw(st.sampled_from([None, 0.2, 0.9])),
        changes_next=draw(st.sampled_from(["", "", "something else"])),
        gives_up=draw(st.integers(0, 7)) == 0,
        objections=draw(st.sampled_from([(), ("no",)])) if role is Role.REVIEWER else (),
    )


def only_prices(limits: Limits) -> Limits:
    """Return twice as much of whatever is limited."""
    return replace(
        limits,
        cost_usd=None if limits.cost_usd is None else limits.cost_usd * 2,
        tokens=None if limits.tokens is None else limits.tokens * 2,
        requests=None if limits.requests is None else limits.requests * 2,
    )
