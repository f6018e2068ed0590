"""A tool call of an agent, carried out."""

from __future__ import annotations

import json
from dataclasses import replace

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import ToolKind
from surefoot.core.amendments import steps_of
from surefoot.core.event_words import Severity
from surefoot.core.events import Event
from surefoot.core.plan import Plan
from surefoot.core.plan_commands import commands_of_plan
from surefoot.core.token_estimate import tokens_of
from surefoot.core.tool_payload import PlanChange, Planned, ProposedAmendment, Understood
from surefoot.faults import point
from surefoot.ports import CommandRequest
from surefoot.probes.subject import KEY_VARIABLE
from surefoot.threads import in_thread
from surefoot.tools import ToolContext, ToolResult, failed, use
from surefoot.workers.command import LaneCommands
from surefoot.workers.hidden_places import opened_by
from surefoot.workers.preconditions import with_facts
from surefoot.workers.preflight import missing
from surefoot.workers.run_context import RunContext

_TEXT_MAX = 600


async def use_tool(context: RunContext, command: do.UseTool) -> Event:
    """Carry out a tool call."""
    kind = command.call.kind
    assert kind is not None  # the kernel refuses what is no tool
    point(f"tool.{kind}.before")
    started = context.clock.elapsed()
    # The arguments as the model wrote them; those that hold a secret lie apart.
    private = command.call.private
    arguments = json.loads(context.private.get(private) if private else context.blobs.get(command.call.arguments))
    if kind is ToolKind.WRITE and command.lane is not None:
        context.disturb(command.lane, leaves_nothing=True)
    result = await use(command.call.tool, arguments, _context(context, command))
    if isinstance(result.payload, ProposedAmendment | PlanChange):
        plan = Plan(goal="", steps=steps_of(result.payload.operations))
        result = replace(result, payload=replace(result.payload, commands=with_facts(commands_of_plan(plan))))
    elif isinstance(result.payload, Understood | Planned):
        result = await in_thread(_looked_over, context, result, result.payload)
    tree = None
    if kind is ToolKind.WRITE and command.lane is not None:
        tree = await in_thread(context.space.tree, command.lane, exclude=command.spec.uncommitted)
    point(f"tool.{kind}.after")
    return await in_thread(_finished, context, command, result, tree, started)


def _looked_over(context: RunContext, result: ToolResult, payload: Understood | Planned) -> ToolResult:
    """Add what the commands do that would run beside bodies; tell a model what its plan needs and this machine has not.

    What surely makes a step fail refuses the plan.
    """
    if payload.made is None:  # what was found out before there is a plan
        plan = Plan(goal="", steps=(), prepare=payload.prepare, accept=payload.accept)
    else:
        plan = payload.made.plan
    result = replace(result, payload=replace(payload, commands=with_facts(commands_of_plan(plan))))
    if payload.made is None:
        return result
    found = missing(plan, context.source, context.plan_folder, context.folder, context.environ)
    lines = [f"step {one.step}: {one.text}" if one.step else one.text for one in found]
    if any(one.severity is Severity.PROBLEM for one in found):
        return failed("\n".join(["the plan cannot run on this machine; correct it and call the tool again:", *lines]))
    return replace(result, text="\n".join([result.text, *lines]))


def _finished(
    context: RunContext, command: do.UseTool, result: ToolResult, tree: str | None, started: float
) -> ev.ToolCallFinished:
    now = context.clock.now()
    text = context.masker.text(result.text)
    whole = result.evidence if result.whole is None else context.store(result.whole.encode("utf-8", "surrogatepass"))
    return ev.ToolCallFinished(
        **command.at(now),
        call=command.call.call,
        ok=result.ok,
        text=text[:_TEXT_MAX],
        output=context.store(text.encode("utf-8", "surrogatepass")),
        tokens=tokens_of(text),
        whole=whole,
        is_misuse=result.is_misuse,
        tree=tree,
        changed=result.changed,
        saw=result.saw,
        exit_code=result.exit_code,
        payload=result.payload,
        duration_s=context.clock.elapsed() - started,
        absent=result.absent,
    )


def _context(context: RunContext, command: do.UseTool) -> ToolContext:
    assert command.lane is not None
    spec = command.spec
    # What `list` and the like let git say is not meant for people.
    on_line = context.on_line if command.call.kind is ToolKind.WRITE else None
    sockets = context.sockets_of(spec)

    def hear(line: str) -> None:
        context.hear(command.step)
        if on_line is not None:
            on_line(command.step, line)

    commands = LaneCommands(
        context=context,
        lane=command.lane,
        mark=f"{command.step}/{command.attempt}/{command.call.call}",
        step=spec,
        secrets=context.secrets_of(spec),
        given=context.variables_of(sockets),
        opened=opened_by(context, spec),
        services=context.plan.services_of(spec),
        on_line=hear,
    )
    template = CommandRequest(
        env={KEY_VARIABLE: command.key} if command.key else {},
        network=spec.network,
        sockets=tuple(sockets.values()),
        confine=spec.confine,
    )
    return ToolContext(
        root=context.start(command.lane),
        folder=context.plan.folder,
        commands=commands,
        template=template,
        rung=context.rung,
        step=spec,
        role=command.role,
        call=command.call.call,
        state=command.state,
        mask=context.masker.text,
    )
