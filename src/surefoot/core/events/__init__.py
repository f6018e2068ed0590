"""Events: frozen, versioned records of what happens in a run.

*Facts* say what happened and are never dropped; *decisions* say what shall happen and are valid only at the position
they were decided at. `at` (seconds since the epoch) comes in. An event's `kind` is its class name in snake case.
"""

from __future__ import annotations

from surefoot.core.event import ACCEPTANCE as ACCEPTANCE
from surefoot.core.event import CheckEvent as CheckEvent
from surefoot.core.event import Event as Event
from surefoot.core.event import StepEvent as StepEvent
from surefoot.core.events.agent_events import ConversationStopped as ConversationStopped
from surefoot.core.events.agent_events import FindingReported as FindingReported
from surefoot.core.events.agent_events import LimitReached as LimitReached
from surefoot.core.events.agent_events import LimitsRaised as LimitsRaised
from surefoot.core.events.agent_events import MessageSent as MessageSent
from surefoot.core.events.agent_events import ModelChanged as ModelChanged
from surefoot.core.events.agent_events import ModelsConfigured as ModelsConfigured
from surefoot.core.events.agent_events import MonitorsConfigured as MonitorsConfigured
from surefoot.core.events.agent_events import PlanAdopted as PlanAdopted
from surefoot.core.events.agent_events import PlanEdited as PlanEdited
from surefoot.core.events.agent_events import RecoveriesConfigured as RecoveriesConfigured
from surefoot.core.events.amendment_events import AmendmentAccepted as AmendmentAccepted
from surefoot.core.events.amendment_events import AmendmentProposed as AmendmentProposed
from surefoot.core.events.amendment_events import AmendmentRefused as AmendmentRefused
from surefoot.core.events.amendment_events import ConstraintAdded as ConstraintAdded
from surefoot.core.events.amendment_events import PlanAmended as PlanAmended
from surefoot.core.events.amendment_events import PlanStopped as PlanStopped
from surefoot.core.events.amendment_events import ReplanWanted as ReplanWanted
from surefoot.core.events.amendment_events import StockTaken as StockTaken
from surefoot.core.events.blame_events import BlameEnded as BlameEnded
from surefoot.core.events.blame_events import BlameOutcome as BlameOutcome
from surefoot.core.events.blame_events import BlameRequested as BlameRequested
from surefoot.core.events.dead_letter_events import DeadLetterClosed as DeadLetterClosed
from surefoot.core.events.dead_letter_events import DeadLetterTakenUp as DeadLetterTakenUp
from surefoot.core.events.invalidation_events import ResultsTakenBack as ResultsTakenBack
from surefoot.core.events.invalidation_events import StepsFoundWrong as StepsFoundWrong
from surefoot.core.events.question_events import ApprovalRecorded as ApprovalRecorded
from surefoot.core.events.question_events import QuestionAnswered as QuestionAnswered
from surefoot.core.events.question_events import QuestionAsked as QuestionAsked
from surefoot.core.events.run_events import AbsenceNoted as AbsenceNoted
from surefoot.core.events.run_events import ApprovalsGiven as ApprovalsGiven
from surefoot.core.events.run_events import ApproverConfigured as ApproverConfigured
from surefoot.core.events.run_events import CancelRequested as CancelRequested
from surefoot.core.events.run_events import EngineStarted as EngineStarted
from surefoot.core.events.run_events import EngineStopped as EngineStopped
from surefoot.core.events.run_events import ForkedFrom as ForkedFrom
from surefoot.core.events.run_events import PauseRequested as PauseRequested
from surefoot.core.events.run_events import PhaseEntered as PhaseEntered
from surefoot.core.events.run_events import PolicyConfigured as PolicyConfigured
from surefoot.core.events.run_events import RunCreated as RunCreated
from surefoot.core.events.run_events import RunEnded as RunEnded
from surefoot.core.events.run_events import RunPaused as RunPaused
from surefoot.core.events.run_events import RunRestored as RunRestored
from surefoot.core.events.run_events import RunResumed as RunResumed
from surefoot.core.events.run_events import StepsInvalidated as StepsInvalidated
from surefoot.core.events.sample_events import SampleReviewed as SampleReviewed
from surefoot.core.events.sample_events import SamplesConfigured as SamplesConfigured
from surefoot.core.events.sample_events import SampleTaken as SampleTaken
from surefoot.core.events.session_events import PermissionAnswered as PermissionAnswered
from surefoot.core.events.session_events import PermissionAsked as PermissionAsked
from surefoot.core.events.session_events import SessionOpened as SessionOpened
from surefoot.core.events.session_events import SessionPrompted as SessionPrompted
from surefoot.core.events.session_events import SessionReported as SessionReported
from surefoot.core.events.session_events import SessionTurnCancelled as SessionTurnCancelled
from surefoot.core.events.session_events import SessionTurnEnded as SessionTurnEnded
from surefoot.core.events.step_events import AttemptFailed as AttemptFailed
from surefoot.core.events.step_events import CandidateChosen as CandidateChosen
from surefoot.core.events.step_events import CandidatesDropped as CandidatesDropped
from surefoot.core.events.step_events import InterruptRequested as InterruptRequested
from surefoot.core.events.step_events import QuietNoticed as QuietNoticed
from surefoot.core.events.step_events import RecoveryChosen as RecoveryChosen
from surefoot.core.events.step_events import RolledBack as RolledBack
from surefoot.core.events.step_events import StepFailed as StepFailed
from surefoot.core.events.step_events import StepSkipped as StepSkipped
from surefoot.core.events.step_events import StepStarted as StepStarted
from surefoot.core.events.step_events import StepVerified as StepVerified
from surefoot.core.events.train_events import ResultParked as ResultParked
from surefoot.core.events.train_events import TrainFormed as TrainFormed
from surefoot.core.events.train_events import TrainSplit as TrainSplit
from surefoot.core.events.undo_events import LandingRequested as LandingRequested
from surefoot.core.events.undo_events import LandingTakenBack as LandingTakenBack
from surefoot.core.events.undo_events import RunLanded as RunLanded
from surefoot.core.events.undo_events import RunUndone as RunUndone
from surefoot.core.events.undo_events import UndoRequested as UndoRequested
from surefoot.effects import EFFECTS
from surefoot.effects.approver.contract import ApproverAnswered as ApproverAnswered
from surefoot.effects.approver.contract import ApproverAsked as ApproverAsked
from surefoot.effects.artifacts.contract import ArtifactsKept as ArtifactsKept
from surefoot.effects.artifacts.contract import ArtifactsRequested as ArtifactsRequested
from surefoot.effects.body.contract import BodyFinished as BodyFinished
from surefoot.effects.body.contract import BodyStarted as BodyStarted
from surefoot.effects.candidate.contract import CandidateKept as CandidateKept
from surefoot.effects.candidate.contract import CandidateRequested as CandidateRequested
from surefoot.effects.check.contract import CheckAnswered as CheckAnswered
from surefoot.effects.check.contract import CheckRequested as CheckRequested
from surefoot.effects.check.contract import VerdictReused as VerdictReused
from surefoot.effects.checkout.contract import CheckoutRequested as CheckoutRequested
from surefoot.effects.checkout.contract import TreeCheckedOut as TreeCheckedOut
from surefoot.effects.checkpoint.contract import Checkpointed as Checkpointed
from surefoot.effects.checkpoint.contract import CheckpointRequested as CheckpointRequested
from surefoot.effects.commit.contract import CommitRequested as CommitRequested
from surefoot.effects.commit.contract import CommitWritten as CommitWritten
from surefoot.effects.conversation.contract import ConversationStarted as ConversationStarted
from surefoot.effects.effect import EffectCancelled as EffectCancelled
from surefoot.effects.effect import EffectFailed as EffectFailed
from surefoot.effects.group.contract import GroupExpanded as GroupExpanded
from surefoot.effects.group.contract import GroupExpansionRequested as GroupExpansionRequested
from surefoot.effects.inquiry.contract import Inquired as Inquired
from surefoot.effects.inquiry.contract import InquiryRequested as InquiryRequested
from surefoot.effects.inquiry.contract import InquiryReused as InquiryReused
from surefoot.effects.inspection.contract import ChangesObserved as ChangesObserved
from surefoot.effects.inspection.contract import InspectionRequested as InspectionRequested
from surefoot.effects.lane.contract import LaneReady as LaneReady
from surefoot.effects.lane.contract import LaneRequested as LaneRequested
from surefoot.effects.look.contract import LookedAgain as LookedAgain
from surefoot.effects.look.contract import LookRequested as LookRequested
from surefoot.effects.merge.contract import Merged as Merged
from surefoot.effects.merge.contract import MergeRefused as MergeRefused
from surefoot.effects.merge.contract import MergeRequested as MergeRequested
from surefoot.effects.model_request.contract import ModelRequested as ModelRequested
from surefoot.effects.model_request.contract import ModelRequestFailed as ModelRequestFailed
from surefoot.effects.model_request.contract import ModelResponded as ModelResponded
from surefoot.effects.mutation.contract import MutantsTried as MutantsTried
from surefoot.effects.mutation.contract import MutationRequested as MutationRequested
from surefoot.effects.patch.contract import PatchApplied as PatchApplied
from surefoot.effects.patch.contract import PatchRequested as PatchRequested
from surefoot.effects.probe.contract import ProbeAnswered as ProbeAnswered
from surefoot.effects.probe.contract import ProbeRequested as ProbeRequested
from surefoot.effects.publish.contract import BranchUpdated as BranchUpdated
from surefoot.effects.publish.contract import BranchUpdateRequested as BranchUpdateRequested
from surefoot.effects.restore.contract import LaneRestored as LaneRestored
from surefoot.effects.restore.contract import RestoreRequested as RestoreRequested
from surefoot.effects.service.contract import ServiceEnded as ServiceEnded
from surefoot.effects.service.contract import ServiceReady as ServiceReady
from surefoot.effects.service.contract import ServiceRequested as ServiceRequested
from surefoot.effects.service.contract import ServiceStopRequested as ServiceStopRequested
from surefoot.effects.timer.contract import DeadlineSet as DeadlineSet
from surefoot.effects.timer.contract import ModelRequestDelayed as ModelRequestDelayed
from surefoot.effects.timer.contract import ModelRequestDue as ModelRequestDue
from surefoot.effects.timer.contract import QuestionExpired as QuestionExpired
from surefoot.effects.timer.contract import RetryDue as RetryDue
from surefoot.effects.timer.contract import RetryScheduled as RetryScheduled
from surefoot.effects.tool_call.contract import ToolCallFinished as ToolCallFinished
from surefoot.effects.tool_call.contract import ToolCallResolved as ToolCallResolved
from surefoot.effects.tool_call.contract import ToolCallStarted as ToolCallStarted

EVENTS: tuple[type[Event], ...] = (
    RunCreated,
    EngineStarted,
    AbsenceNoted,
    EngineStopped,
    ApprovalsGiven,
    ApproverConfigured,
    PolicyConfigured,
    PhaseEntered,
    PauseRequested,
    RunPaused,
    RunResumed,
    CancelRequested,
    RunEnded,
    StepsInvalidated,
    DeadLetterTakenUp,
    DeadLetterClosed,
    RunRestored,
    StepsFoundWrong,
    ResultsTakenBack,
    StepStarted,
    InterruptRequested,
    QuietNoticed,
    StepVerified,
    AttemptFailed,
    RecoveryChosen,
    StepFailed,
    StepSkipped,
    RolledBack,
    CandidateChosen,
    CandidatesDropped,
    ResultParked,
    TrainFormed,
    TrainSplit,
    QuestionAsked,
    QuestionAnswered,
    ApprovalRecorded,
    ModelsConfigured,
    MonitorsConfigured,
    RecoveriesConfigured,
    SamplesConfigured,
    SampleTaken,
    SampleReviewed,
    ModelChanged,
    ConversationStopped,
    FindingReported,
    LimitReached,
    LimitsRaised,
    MessageSent,
    PlanEdited,
    PlanAdopted,
    AmendmentProposed,
    PlanAmended,
    AmendmentAccepted,
    AmendmentRefused,
    ConstraintAdded,
    ReplanWanted,
    PlanStopped,
    StockTaken,
    LandingRequested,
    RunLanded,
    LandingTakenBack,
    UndoRequested,
    RunUndone,
    BlameRequested,
    BlameEnded,
    SessionOpened,
    SessionReported,
    SessionTurnEnded,
    SessionPrompted,
    SessionTurnCancelled,
    PermissionAsked,
    PermissionAnswered,
    *dict.fromkeys(kind for effect in EFFECTS for kind in effect.events),
    EffectFailed,
    EffectCancelled,
)

BY_KIND: dict[str, type[Event]] = {kind.kind: kind for kind in EVENTS}
