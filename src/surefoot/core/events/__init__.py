"""What happens in a run, as frozen, versioned records.

Owns every word the journal can hold. *Facts* say what happened and are never dropped; *decisions* say what shall happen
and are valid only at the position they were decided at. An event never refers to an object that is not plain data.
Must never import a library or read a clock: `at` (seconds since the epoch) comes in.

An event's `kind` is its class name in snake case. A change of an event's fields raises its `version`; readers of an
older version are kept in `surefoot.journal.codec`. Read `surefoot.core.state` next.
"""

from __future__ import annotations

from surefoot.core.events.attempt import (
    ApprovalRecorded,
    ArtifactsAsked,
    ArtifactsKept,
    AttemptFailed,
    BodyFinished,
    BodyStarted,
    ChangesObserved,
    CheckAnswered,
    CheckAsked,
    CheckpointAsked,
    Checkpointed,
    CheckpointFailed,
    CommitAsked,
    CommitWritten,
    EffectBroken,
    InspectionAsked,
    InterruptAsked,
    Interrupted,
    LaneRestored,
    MergeAsked,
    Merged,
    MergeRefused,
    PlaceAsked,
    Placed,
    ProbeAnswered,
    ProbeAsked,
    QuestionAnswered,
    QuestionAsked,
    RestoreAsked,
    RetryDue,
    RetryScheduled,
    RolledBack,
    StepFailed,
    StepSkipped,
    StepStarted,
    StepVerified,
    VerdictReused,
)
from surefoot.core.events.lane import (
    LaneFailed,
    LaneReady,
    LaneRequested,
    ServiceAsked,
    ServiceEnded,
    ServiceFailed,
    ServiceReady,
    ServiceStopAsked,
)
from surefoot.core.events.run import (
    CancelRequested,
    EngineStarted,
    EngineStopped,
    ExpansionAsked,
    ExpansionFailed,
    GroupExpanded,
    OptionsGiven,
    PauseRequested,
    PhaseEntered,
    RefsAsked,
    RefsMoved,
    RunCreated,
    RunEnded,
    RunPaused,
    RunRestored,
    RunResumed,
    StepsReset,
)
from surefoot.core.events.shape import (
    ACCEPTANCE as ACCEPTANCE,
)
from surefoot.core.events.shape import (
    CheckEvent as CheckEvent,
)
from surefoot.core.events.shape import (
    Event,
)
from surefoot.core.events.shape import (
    StepEvent as StepEvent,
)

EVENTS: tuple[type[Event], ...] = (
    RunCreated,
    EngineStarted,
    EngineStopped,
    OptionsGiven,
    PhaseEntered,
    PauseRequested,
    RunPaused,
    RunResumed,
    CancelRequested,
    RunEnded,
    LaneRequested,
    LaneReady,
    LaneFailed,
    ExpansionAsked,
    GroupExpanded,
    ExpansionFailed,
    ServiceAsked,
    ServiceReady,
    ServiceFailed,
    ServiceStopAsked,
    ServiceEnded,
    StepStarted,
    CheckpointAsked,
    Checkpointed,
    CheckpointFailed,
    CheckAsked,
    CheckAnswered,
    VerdictReused,
    QuestionAsked,
    QuestionAnswered,
    ApprovalRecorded,
    ProbeAsked,
    ProbeAnswered,
    BodyStarted,
    BodyFinished,
    InterruptAsked,
    Interrupted,
    InspectionAsked,
    ChangesObserved,
    MergeAsked,
    Merged,
    MergeRefused,
    PlaceAsked,
    Placed,
    EffectBroken,
    ArtifactsAsked,
    ArtifactsKept,
    CommitAsked,
    CommitWritten,
    StepVerified,
    AttemptFailed,
    RestoreAsked,
    LaneRestored,
    RetryScheduled,
    RetryDue,
    StepFailed,
    StepSkipped,
    RolledBack,
    RefsAsked,
    RefsMoved,
    StepsReset,
    RunRestored,
)
"""Every event there is."""

BY_KIND: dict[str, type[Event]] = {kind.kind: kind for kind in EVENTS}
"""The event classes by the journal's word."""
