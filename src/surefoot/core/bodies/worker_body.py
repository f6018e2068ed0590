"""Bodies that an agent of others carries out."""

from __future__ import annotations

from dataclasses import replace
from typing import Self

from surefoot.core.agent_programs import PREFIX, command_of
from surefoot.core.bodies.body import AgentLimits, Body, ShellCommand
from surefoot.core.record import record


@record
class WorkerBody(Body):
    """Work for an agent of others: a program of its own with a model of its own, which asks us for permissions."""

    kind = "worker"
    lead = "an agent of others: "
    by_model = True
    starts_program = True
    reaches_provider = True

    instructions: str
    """What to do, in words."""
    worker: str
    """`acp:NAME` or `acp:COMMAND`."""
    turns_max: int = 60
    """The attempt ends after so many tool calls of the agent."""
    limits: AgentLimits = AgentLimits()
    """What an attempt may use, as far as the agent says what it uses."""

    @property
    def text(self) -> str:
        """The instructions."""
        return self.instructions

    @property
    def worker_named(self) -> str:
        """The agent."""
        return self.worker

    @property
    def commands(self) -> tuple[ShellCommand, ...]:
        """The command that is the agent, where the plan itself has one: nobody has said yet that it is known."""
        command = command_of(self.worker)
        return (ShellCommand(command, "bash"),) if command else ()

    def with_command(self, command: str) -> Self:
        """Return the body with another command for the agent."""
        return replace(self, worker=f"{PREFIX}{command}")

    def with_instruction(self, instruction: str) -> Self:
        """Return the same work with other instructions."""
        return replace(self, instructions=instruction)

    @property
    def own_limits(self) -> AgentLimits:
        """Its limits."""
        return self.limits
