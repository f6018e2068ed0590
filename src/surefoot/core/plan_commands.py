"""The commands that a plan runs beside the bodies of its steps.

A new kind of command in a plan has to be added here: whoever weighs, shows or reports such commands reads this list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import ClassVar

from surefoot.core.ids import StepId
from surefoot.core.plan import LOOPBACK, Check, Network, Plan, Step
from surefoot.core.policy_types import CommandFacts
from surefoot.core.raw import WRITTEN, Raw
from surefoot.core.record import record


class CommandKind(StrEnum):
    """What a plan runs a command for."""

    PREPARE = "prepare"
    SERVICE = "service"
    READY = "ready"
    STOP = "stop"
    OBSERVE = "observe"
    ACCEPT = "accept"
    ITEMS = "items"
    CHECK = "check"
    PROBE = "probe"
    COMPARE = "compare"


_WHERE: Mapping[CommandKind, str] = {
    CommandKind.PREPARE: "prepare",
    CommandKind.SERVICE: "service {name}",
    CommandKind.READY: "`ready` of service {name}",
    CommandKind.STOP: "`stop` of service {name}",
    CommandKind.OBSERVE: "`observe` of {name}",
    CommandKind.ACCEPT: "acceptance check {name!r}",
    CommandKind.ITEMS: "items of {step}",
    CommandKind.CHECK: "check {name!r} of {step}",
    CommandKind.PROBE: "probe of {step}",
    CommandKind.COMPARE: "`compare` of {step}",
}


@record
class PlanCommand:
    """A command that a plan runs beside the bodies of its steps."""

    raw: ClassVar[Raw] = WRITTEN

    kind: CommandKind
    text: str
    """What is run or requested, as a person reads it."""
    name: str = ""
    """The service, resource or check it belongs to."""
    step: StepId | None = None
    """The step it belongs to; None: the plan as a whole."""
    network: Network = False
    confine: bool = True
    """Whether it runs in the sandbox."""
    is_shell: bool = True
    """Whether the text is a shell command; else it names a function, or says what is requested."""
    does: CommandFacts | None = None
    """What it does, as far as its text tells. Known of requests; shell commands are read by who can."""

    @property
    def where(self) -> str:
        """Say where the plan has it."""
        return _WHERE[self.kind].format(name=self.name, step=self.step)

    @property
    def reaches_out(self) -> bool:
        """Tell whether it is given a way to what lies outside the lane."""
        return bool(self.network) or not self.confine


def commands_around(plan: Plan) -> Iterator[tuple[PlanCommand, Mapping[str, str]]]:
    """Yield what runs before a step could ask about it, each with the variables it is given."""
    if plan.prepare is not None:
        prepare = plan.prepare
        yield PlanCommand(kind=CommandKind.PREPARE, text=prepare.run, network=prepare.network), plan.env
    for service in plan.services:
        texts = {CommandKind.SERVICE: service.run, CommandKind.READY: service.ready, CommandKind.STOP: service.stop}
        for kind, text in texts.items():
            if text is not None:
                command = PlanCommand(kind=kind, name=service.name, text=text, network=service.network)
                yield command, {**plan.env, **service.env}
    for name, text in plan.limits.observed.items():
        yield PlanCommand(kind=CommandKind.OBSERVE, name=name, text=text, network=True, confine=False), plan.env
    for check in plan.accept:
        yield from _of_check(check, None, plan.env)
    for step in plan.steps:
        if step.for_each is not None and step.for_each.lines is not None:
            text = step.for_each.lines
            command = PlanCommand(kind=CommandKind.ITEMS, text=text, step=step.id, network=step.network)
            yield command, {**plan.env, **step.env}


def commands_of_step(step: Step, env: Mapping[str, str]) -> Iterator[tuple[PlanCommand, Mapping[str, str]]]:
    """Yield what runs with a step beside its body, each with its variables; `env` are those of the plan."""
    known = {**env, **step.env}
    for check in step.checks:
        yield from _of_check(check, step.id, known)
    command = probe_command(step)
    if command is not None:
        yield command, known
    if step.compare is not None:
        yield PlanCommand(kind=CommandKind.COMPARE, text=step.compare.run, step=step.id), known


def commands_of_plan(plan: Plan) -> Iterator[tuple[PlanCommand, Mapping[str, str]]]:
    """Yield all that a plan runs beside bodies, each with its variables."""
    yield from commands_around(plan)
    for step in plan.steps:
        yield from commands_of_step(step, plan.env)


def open_commands(plan: Plan) -> tuple[PlanCommand, ...]:
    """Return what a plan runs beside bodies with a way out of the sandbox."""
    return tuple(command for command, _ in commands_of_plan(plan) if command.reaches_out)


def _of_check(
    check: Check, step: StepId | None, env: Mapping[str, str]
) -> Iterator[tuple[PlanCommand, Mapping[str, str]]]:
    text = check_text(check)
    if text is not None:
        command = PlanCommand(
            kind=CommandKind.ACCEPT if step is None else CommandKind.CHECK,
            name=check.name,
            text=text,
            step=step,
            network=check.network,
            confine=check.confine,
            is_shell=check.ask.calls is None,
        )
        yield command, {**env, **check.env}


def check_text(check: Check) -> str | None:
    """Return the command or the function that a check runs; None where it runs nothing."""
    return check.ask.runs or check.ask.calls


def probe_command(step: Step) -> PlanCommand | None:
    """Return what the probe of a step runs or requests; None: nothing, or the step has no probe."""
    asked = None if step.probe is None else step.probe.ask.request
    if asked is None:
        return None
    does = None
    if asked.host is not None:
        does = CommandFacts(commands=(asked.words,) if asked.words else (), hosts=(asked.host,) if asked.host else ())
    return PlanCommand(
        kind=CommandKind.PROBE,
        text=asked.text,
        step=step.id,
        network=step.network if asked.network is None else asked.network,
        confine=asked.confine,
        is_shell=asked.is_shell,
        does=does,
    )


def ways_out(of: Step | Check | PlanCommand) -> tuple[str, ...]:
    """Say what a body, or a command beside one, is given that lies outside the lane; nothing, as a rule."""
    networks = {True: "uses the network", LOOPBACK: "uses servers on this machine's loopback"}
    sockets = of.sockets if isinstance(of, Step) else ()
    home = of.home if isinstance(of, Step) else ()
    return (
        *([networks[of.network]] if of.network else []),
        *(["has the network, to reach its provider"] if isinstance(of, Step) and of.body.reaches_provider else []),
        *([f"uses sockets of the host: {', '.join(sockets)}"] if sockets else []),
        *([f"reads places of your home: {', '.join(home)}"] if home else []),
        *([] if of.confine else ["runs outside the sandbox"]),
    )
