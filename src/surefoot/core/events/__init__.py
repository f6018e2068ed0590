"""What happens in a run, as frozen, versioned records: those of runs and steps, and those of all effects.

*Facts* say what happened and are never dropped; *decisions* say what shall happen and are valid only at the position
they were decided at. `at` (seconds since the epoch) comes in. An event's `kind` is its class name in snake case.
"""

from __future__ import annotations

from surefoot.core.event import ACCEPTANCE as ACCEPTANCE
from surefoot.core.event import CheckEvent as CheckEvent
from surefoot.core.event import Event as Event
from surefoot.core.event import StepEvent as StepEvent
from surefoot.core.events.agent_events import CastingGiven as CastingGiven
from surefoot.core.events.agent_events import FindingReported as FindingReported
from surefoot.core.events.agent_events import LimitReached as LimitReached
from surefoot.core.events.agent_events import LimitsRaised as LimitsRaised
from surefoot.core.events.agent_events import ModelChanged as ModelChanged
from surefoot.core.events.agent_events import PlanAdopted as PlanAdopted
from surefoot.core.events.agent_events import PlanEdited as PlanEdited
from surefoot.core.events.agent_events import TalkStopped as TalkStopped
from surefoot.core.events.question_events import ApprovalRecorded as ApprovalRecorded
from surefoot.core.events.question_events import QuestionAnswered as QuestionAnswered
from surefoot.core.events.question_events import QuestionAsked as QuestionAsked
from surefoot.core.events.run_events import CancelRequested as CancelRequested
from surefoot.core.events.run_events import EngineStarted as EngineStarted
from surefoot.core.events.run_events import EngineStopped as EngineStopped
from surefoot.core.events.run_events import OptionsGiven as OptionsGiven
from surefoot.core.events.run_events import PauseRequested as PauseRequested
from surefoot.core.events.run_events import PhaseEntered as PhaseEntered
from surefoot.core.events.run_events import PolicyGiven as PolicyGiven
from surefoot.core.events.run_events import RunCreated as RunCreated
from surefoot.core.events.run_events import RunEnded as RunEnded
from surefoot.core.events.run_events import RunPaused as RunPaused
from surefoot.core.events.run_events import RunRestored as RunRestored
from surefoot.core.events.run_events import RunResumed as RunResumed
from surefoot.core.events.run_events import StepsReset as StepsReset
from surefoot.core.events.step_events import AttemptFailed as AttemptFailed
from surefoot.core.events.step_events import InterruptAsked as InterruptAsked
from surefoot.core.events.step_events import RolledBack as RolledBack
from surefoot.core.events.step_events import StepFailed as StepFailed
from surefoot.core.events.step_events import StepSkipped as StepSkipped
from surefoot.core.events.step_events import StepStarted as StepStarted
from surefoot.core.events.step_events import StepVerified as StepVerified
from surefoot.effects import EFFECTS
from surefoot.effects.artifacts.contract import ArtifactsAsked as ArtifactsAsked
from surefoot.effects.artifacts.contract import ArtifactsKept as ArtifactsKept
from surefoot.effects.body.contract import BodyFinished as BodyFinished
from surefoot.effects.body.contract import BodyStarted as BodyStarted
from surefoot.effects.check.contract import CheckAnswered as CheckAnswered
from surefoot.effects.check.contract import CheckAsked as CheckAsked
from surefoot.effects.check.contract import VerdictReused as VerdictReused
from surefoot.effects.checkout.contract import PlaceAsked as PlaceAsked
from surefoot.effects.checkout.contract import Placed as Placed
from surefoot.effects.checkpoint.contract import CheckpointAsked as CheckpointAsked
from surefoot.effects.checkpoint.contract import Checkpointed as Checkpointed
from surefoot.effects.commit.contract import CommitAsked as CommitAsked
from surefoot.effects.commit.contract import CommitWritten as CommitWritten
from surefoot.effects.conversation.contract import TalkOpened as TalkOpened
from surefoot.effects.effect import EffectCancelled as EffectCancelled
from surefoot.effects.effect import EffectFailed as EffectFailed
from surefoot.effects.group.contract import ExpansionAsked as ExpansionAsked
from surefoot.effects.group.contract import GroupExpanded as GroupExpanded
from surefoot.effects.inspection.contract import ChangesObserved as ChangesObserved
from surefoot.effects.inspection.contract import InspectionAsked as InspectionAsked
from surefoot.effects.lane.contract import LaneReady as LaneReady
from surefoot.effects.lane.contract import LaneRequested as LaneRequested
from surefoot.effects.merge.contract import MergeAsked as MergeAsked
from surefoot.effects.merge.contract import Merged as Merged
from surefoot.effects.merge.contract import MergeRefused as MergeRefused
from surefoot.effects.model_request.contract import TurnAnswered as TurnAnswered
from surefoot.effects.model_request.contract import TurnAsked as TurnAsked
from surefoot.effects.model_request.contract import TurnFailed as TurnFailed
from surefoot.effects.patch.contract import EditApplied as EditApplied
from surefoot.effects.patch.contract import EditAsked as EditAsked
from surefoot.effects.probe.contract import ProbeAnswered as ProbeAnswered
from surefoot.effects.probe.contract import ProbeAsked as ProbeAsked
from surefoot.effects.publish.contract import RefsAsked as RefsAsked
from surefoot.effects.publish.contract import RefsMoved as RefsMoved
from surefoot.effects.restore.contract import LaneRestored as LaneRestored
from surefoot.effects.restore.contract import RestoreAsked as RestoreAsked
from surefoot.effects.service.contract import ServiceAsked as ServiceAsked
from surefoot.effects.service.contract import ServiceEnded as ServiceEnded
from surefoot.effects.service.contract import ServiceReady as ServiceReady
from surefoot.effects.service.contract import ServiceStopAsked as ServiceStopAsked
from surefoot.effects.timer.contract import DeadlineSet as DeadlineSet
from surefoot.effects.timer.contract import QuestionExpired as QuestionExpired
from surefoot.effects.timer.contract import RetryDue as RetryDue
from surefoot.effects.timer.contract import RetryScheduled as RetryScheduled
from surefoot.effects.timer.contract import TurnDelayed as TurnDelayed
from surefoot.effects.timer.contract import TurnDue as TurnDue
from surefoot.effects.tool_call.contract import CallFinished as CallFinished
from surefoot.effects.tool_call.contract import CallSettled as CallSettled
from surefoot.effects.tool_call.contract import CallStarted as CallStarted

EVENTS: tuple[type[Event], ...] = (
    RunCreated,
    EngineStarted,
    EngineStopped,
    OptionsGiven,
    PolicyGiven,
    PhaseEntered,
    PauseRequested,
    RunPaused,
    RunResumed,
    CancelRequested,
    RunEnded,
    StepsReset,
    RunRestored,
    StepStarted,
    InterruptAsked,
    StepVerified,
    AttemptFailed,
    StepFailed,
    StepSkipped,
    RolledBack,
    QuestionAsked,
    QuestionAnswered,
    ApprovalRecorded,
    CastingGiven,
    ModelChanged,
    TalkStopped,
    FindingReported,
    LimitReached,
    LimitsRaised,
    PlanEdited,
    PlanAdopted,
    *dict.fromkeys(kind for effect in EFFECTS for kind in effect.events),
    EffectFailed,
    EffectCancelled,
)
"""Every event there is."""

BY_KIND: dict[str, type[Event]] = {kind.kind: kind for kind in EVENTS}
"""The event classes by the journal's word."""
