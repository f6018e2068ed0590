"""What became of changes of the plan, of doubts about it, and of its stops, as the journal tells."""

from __future__ import annotations

from enum import StrEnum

from surefoot.core.events import AmendmentProposed, PlanStopped, ReplanWanted
from surefoot.core.ids import StepId
from surefoot.core.plan_commands import PlanCommand
from surefoot.core.record import record


@record(frozen=False, kw_only=False)
class AmendmentState:
    """An amendment that somebody wants, and what came of it."""

    proposed: AmendmentProposed
    proposed_seq: int = 0
    """The position of that in the journal."""
    touches: tuple[StepId, ...] = ()
    """The steps that it changes: until it holds none of them starts."""
    wideners: tuple[str, ...] = ()
    """In which ways it allowed more, or proved less, than the plan that held when it was proposed."""
    revision: int | None = None
    """The revision of the plan by which it holds."""
    refused: str | None = None
    """Why it does not hold."""
    refused_by: str = ""
    """Who has refused it; empty: it could not hold."""
    agreed_by: str | None = None
    """Who has agreed to what an agent proposes; None: nobody yet, or nobody has to."""
    is_with_planner: bool = False
    """Whether the planner was asked what becomes of it."""
    commands: tuple[PlanCommand, ...] = ()
    """What it would have run beside the bodies of steps."""

    @property
    def is_open(self) -> bool:
        """Tell whether it is about to hold."""
        return self._is_unsettled and not self.waits_for_consent

    @property
    def waits_for_consent(self) -> bool:
        """Tell whether an agent proposes it, and nobody has decided on it yet."""
        return self.proposed.asks and self.agreed_by is None and self._is_unsettled

    @property
    def _is_unsettled(self) -> bool:
        return self.revision is None and self.refused is None


@record(frozen=False, kw_only=False)
class PlanDoubt:
    """A doubt that the plan still holds, and what came of it."""

    wanted: ReplanWanted
    planner_asked: bool = False
    """Whether the planner was asked about it."""
    settled: str | None = None
    """How: by an answer, by an amendment, or because its step is done again."""


class StopStage(StrEnum):
    """How far a run is that somebody has stopped, because its plan is wrong."""

    STOPPING = "stopping"
    """What runs comes to its end; then stock is taken."""
    PLANNING = "planning"
    """The planner is asked on the stock, and nothing else goes on."""
    RESTED = "rested"
    """The run is paused: a person decides what follows."""
    SETTLED = "settled"


@record(frozen=False, kw_only=False)
class PlanStop:
    """A plan that somebody has stopped as wrong, and what came of it."""

    asked: PlanStopped
    stage: StopStage = StopStage.STOPPING
    is_asked: bool = False
    """Whether the planner is asked, or was."""
    said: str = ""
    """What the planner says, or why it has said nothing that helps."""
    settled: str = ""
    """How it was settled."""
