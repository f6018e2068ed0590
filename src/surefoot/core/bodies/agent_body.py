"""Bodies that a model carries out."""

from __future__ import annotations

from dataclasses import replace
from typing import Self

from surefoot.core.agent_types import Role
from surefoot.core.bodies.body import AgentLimits, Body
from surefoot.core.bodies.worker_body import WorkerBody
from surefoot.core.record import record


@record
class AgentBody(Body):
    """Work for a model, which is told what to do and carries it out with tools."""

    kind = "agent"
    lead = "an agent: "
    by_model = True

    instructions: str
    """What to do, in words."""
    role: Role = Role.WORKER
    """Who does it; plan files have workers alone."""
    model: str | None = None
    """`provider:name`; None: the one that plays the role."""
    turns_max: int = 60
    """The attempt ends after this many replies."""
    limits: AgentLimits = AgentLimits()
    """What all attempts together may use."""

    @property
    def text(self) -> str:
        """The instructions."""
        return self.instructions

    @property
    def played_by(self) -> str:
        """The model that it names, or its role."""
        return self.model or self.role.cast.value

    @property
    def named_model(self) -> str | None:
        """The model that it names."""
        return self.model

    def given_to(self, worker: str) -> AgentBody | WorkerBody:
        """Return the same work for an agent of others; one that names a model, or has another duty, stays."""
        if self.model is not None or self.role is not Role.WORKER:
            return self
        return WorkerBody(instructions=self.instructions, worker=worker, turns_max=self.turns_max, limits=self.limits)

    def with_instruction(self, instruction: str) -> Self:
        """Return the same work with other instructions."""
        return replace(self, instructions=instruction)

    @property
    def own_limits(self) -> AgentLimits:
        """Its limits."""
        return self.limits
