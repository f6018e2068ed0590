"""An attempt at a step as an explicit machine: stages and the table of transitions.

*Making* goes from `Preparing` over `Running` and `Ended` to a result. *Judging* works on the result, a value that names
trees and is tied to no lane. A transition that is not in `TRANSITIONS` is a defect and is refused before anything
changes. Beside its stage an attempt has what may happen at any time: an effect under way, a person's answer, a lost
service, the end of an engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any

from surefoot.core.attempt_result import Result, Transplant
from surefoot.core.conversation import Conversation
from surefoot.core.event_words import Applied, Diagnosis, Ending
from surefoot.core.events import (
    ArtifactsKept,
    AttemptFailed,
    ChangesObserved,
    Checkpointed,
    MergeRefused,
    MutantsTried,
    PlanEdited,
    ProbeAnswered,
    QuietNoticed,
)
from surefoot.core.ids import BlobId
from surefoot.core.ladder_table import Rung
from surefoot.core.permission import Permission
from surefoot.core.record import fields_of, record
from surefoot.core.session import Session
from surefoot.core.tool_table import SEES_UNNOTED
from surefoot.core.verdicts import CheckRecord

_SEEN_MAX = 500


@record
class Stage:
    """Where an attempt is."""


@record
class Preparing(Stage):
    """The body has not begun: a lane, a checkpoint, checks before, consent."""

    probe: ProbeAnswered | None = None
    """What the probe said, until that has been acted on."""
    settled: Applied | None = None
    """What a person said of an effect that the probe found."""


@record
class Running(Stage):
    """The body is under way."""

    begun_by: int | None
    """The token of the engine under which the body began; 0: a person did it; None: there was nothing to run."""
    settled: Applied | None = None
    """What became of an effect in doubt."""
    probe: ProbeAnswered | None = None
    """What the probe said, until that has been acted on."""


@record
class Ended(Running):
    """The body has ended, or its effect is known to be there; what it wrote is not known yet."""

    ending: Ending | None = None
    evidence: BlobId | None = None
    outputs: Mapping[str, str] = field(default_factory=dict[str, str])
    unexpected: tuple[str, ...] = ()
    """Keys of outputs that are not what the step expects, or missing."""


@record
class Judging(Ended):
    """There is a result: it is merged, checked and shown."""

    result: Result
    refused: MergeRefused | None = None
    """Why it does not go with the head, until that has been acted on."""
    kept: ArtifactsKept | None = None
    """What was kept for later steps."""
    mutants: MutantsTried | None = None
    """Which small changes of it the checks of the step noticed, where that was tried."""


@record
class Parked(Judging):
    """The result waits for its train, or is judged in one; the lane it was made in is free."""


@record
class Committing(Judging):
    """The result passed, and is written as a commit."""

    parent: str


@record
class Committed(Committing):
    """The commit is durable; the step is verified next."""

    commit: str


Reached = Preparing | Running | Ended | Judging | Parked | Committing | Committed
"""The stages in which an attempt can fail."""


@record
class Failed(Stage):
    """The attempt has failed; the lane has to be put back."""

    failure: AttemptFailed
    before: Reached


@record
class Restored(Failed):
    """The lane is as it was, or there is none: what follows from the failure is decided."""


AnyStage = Reached | Failed | Restored

TRANSITIONS: Mapping[type[Stage], Mapping[type[Stage], str]] = {
    Preparing: {
        Preparing: "probe_answered, question_answered (whether the effect is there)",
        Running: "body_started",
        Ended: "question_answered (done by hand), patch_applied (a person's, in place of the body)",
        Judging: "changes_observed (the body is a question, or its effect was there), checkpointed (it is known)",
        Failed: "attempt_failed",
        Restored: "attempt_failed (without a checkpoint), effect_failed (checkpoint)",
    },
    Running: {
        Running: "probe_answered, question_answered (about an effect in doubt)",
        Ended: "body_finished, tool_call_finished (the last), conversation_stopped",
        Failed: "attempt_failed",
        Restored: "attempt_failed (without a checkpoint)",
    },
    Ended: {
        Ended: "probe_answered, question_answered, patch_applied",
        Judging: "changes_observed",
        Failed: "attempt_failed",
        Restored: "attempt_failed (without a checkpoint)",
    },
    Judging: {
        Judging: "merged, merge_refused, artifacts_kept, probe_answered, question_answered",
        Ended: "patch_applied, question_answered (changed by hand): looked at again",
        Parked: "result_parked",
        Committing: "commit_requested",
        Failed: "attempt_failed",
    },
    Parked: {
        Parked: "train_formed, merged, merge_refused, train_split",
        Committing: "commit_requested",
        Restored: "attempt_failed",
    },
    Committing: {
        Committing: "commit_requested (anew)",
        Committed: "commit_written",
        Judging: "results_taken_back (what it is to stand on, too)",
        Parked: "train_split",
        Failed: "attempt_failed",
        Restored: "attempt_failed (in a train)",
    },
    Committed: {
        Committed: "probe_answered",
        Judging: "results_taken_back (what it stands on, too)",
        Parked: "train_split",
        Failed: "attempt_failed",
        Restored: "attempt_failed (in a train)",
    },
    Failed: {Restored: "lane_restored"},
    Restored: {},
}
"""Which stage may follow which, and by what. From every stage the attempt may be over: `step_verified`, `step_skipped`,
`step_failed`, `retry_scheduled`, `rolled_back`, and whatever takes it back."""


def _fields_of(stage: Stage, kind: type[Stage] | None = None) -> dict[str, Any]:
    """Return what a later stage keeps of this one: the fields of `kind`."""
    return {name: getattr(stage, name) for name in fields_of(kind or type(stage))}


@record(frozen=False)
class Place:
    """The lane that an attempt works in."""

    lane: str
    generation: int
    """How often the branch had gone back when the lane was taken."""
    number: int = 0
    """Which checkpoint of the lane it works from, counted from 1; 0: none."""
    checkpoint: Checkpointed | None = None
    """None while it is taken."""
    tree: str | None = None
    """The tree that the files of the lane are; None: nobody knows."""
    is_spoiled: bool = False
    """Whether the body changed what `prepare` had made, until that was made anew."""
    is_off_branch: bool = False
    """Whether the branch has gone back behind the commit of the checkpoint, and the attempt goes on all the same."""


@record(frozen=False)
class People:
    """What people have said about an attempt, and what is open with them."""

    question: str | None = None
    answer: str | None = None
    """The answer to the last question, until it has been acted on."""
    approved: str | None = None
    """Digest of what was approved for this attempt's body."""
    taken_by: str | None = None
    """Who does by hand what the body would do, or changes what it did, until they are done."""
    by_hand: str | None = None
    """Who has done so."""
    patch: BlobId | None = None
    """What a person wants for the result, until it is there."""
    is_patched: bool = False
    """Whether the result is what a person made of it."""
    start: BlobId | None = None
    """The patch from which a person wants the attempt to begin, until the lane holds it."""
    has_given_up: bool = False
    """Whether they gave back undone what they had taken over after a failure."""
    is_overdue: bool = False
    edited: PlanEdited | None = None
    """The plan that a person wants instead of the one they were shown."""


@record(frozen=False)
class Attempt:
    """The current attempt at a step."""

    stage: AnyStage = field(default_factory=Preparing)
    place: Place | None = None
    checks: list[CheckRecord] = field(default_factory=list[CheckRecord])
    people: People = field(default_factory=People)
    conversation: Conversation | None = None
    permissions: list[Permission] = field(default_factory=list[Permission])
    """What an agent of others has asked for, in order."""
    session: Session | None = None
    """What is said with an agent of others."""
    lack: str | None = None
    """Why a placeholder of the step stands for nothing, so that its body cannot run."""
    open: str | None = None
    """The request of the effect that is under way."""
    interrupt_requested: bool = False
    interrupted: Diagnosis | None = None
    """Set when what was under way will never answer, until that has been acted on."""
    broken: str | None = None
    """Why the workspace failed the attempt, until that has been acted on."""
    probed_before: bool = False
    """Whether the probe has said, before the body, that the effect is not there."""
    based_at: int = 0
    """Position in the journal at which its base was fixed."""
    quiet: QuietNoticed | None = None
    """What under way gives no sign, and for how long; None: nothing is known to be quiet."""
    quiet_at: int = 0
    """Position in the journal at which that was noticed."""
    is_stalled: bool = False
    """Whether it was interrupted for that: the attempt fails."""
    observed_at: int = 0
    """Position in the journal at which its changes were last looked at; 0: they were not."""
    transplant: Transplant | None = None
    """The result that it judges again, once it has a lane; there is no body then."""
    is_choice: bool = False
    """Whether its result is that of an earlier attempt, which was chosen from several; there is no body then."""
    lost_service: tuple[Diagnosis, str] | None = None
    """Set when a service the attempt needs did not become ready, or has ended."""
    failed_at: int = 0
    """Position in the journal at which it failed."""
    rung: Rung | None = None
    """What follows its failure; None: that is not decided yet, or no ladder decides it."""

    # --- the way from stage to stage

    def move(self, to: AnyStage) -> None:
        """Enter a stage that may follow the present one."""
        assert type(to) in TRANSITIONS[type(self.stage)], f"{type(to).__name__} after {type(self.stage).__name__}"
        self.stage = to

    def begin(self, begun_by: int) -> None:
        """Let the body run."""
        self.move(Running(begun_by=begun_by))

    def end(
        self,
        ending: Ending,
        evidence: BlobId | None = None,
        outputs: Mapping[str, str] | None = None,
        unexpected: tuple[str, ...] = (),
    ) -> None:
        """Note how the body ended."""
        now = self.stage
        begun_by = now.begun_by if isinstance(now, Running) and now.begun_by is not None else 0
        self.move(
            Ended(
                begun_by=begun_by,
                settled=self.settled,
                ending=ending,
                evidence=evidence,
                outputs=outputs or {},
                unexpected=unexpected,
            )
        )

    def settle(self, settled: Applied) -> None:
        """Note what became of an effect in doubt, or that it is there without the body."""
        now = self.stage
        assert not isinstance(now, Failed)
        is_there = settled is Applied.APPLIED and type(now) is Running
        self.move(
            Ended(begun_by=self.begun_by, settled=settled) if is_there else replace(now, settled=settled, probe=None)
        )

    def probed(self, answer: ProbeAnswered) -> None:
        """Note what the probe said."""
        now = self.stage
        assert not isinstance(now, Failed)
        if not self.body_started:
            self.probed_before = answer.answer is not Applied.APPLIED
        self.move(replace(now, probe=answer))

    def observe(self, observed: ChangesObserved) -> None:
        """Note what the body wrote: that is the result."""
        now, checkpoint = self.stage, self.checkpoint
        assert checkpoint is not None
        ended = now if isinstance(now, Ended) else Ended(begun_by=None, settled=self.settled)
        result = Result(
            made_on=checkpoint.commit,
            made_on_tree=checkpoint.tree,
            generation=self.generation,
            base=checkpoint.commit,
            base_tree=checkpoint.tree,
            tree=observed.tree,
            changed=observed.changed,
            observed=observed,
            outputs=ended.outputs,
            claim=None if self.conversation is None else self.conversation.claim,
        )
        self.move(Judging(**_fields_of(ended), result=result))

    def park(self, environment: str) -> None:
        """Let go of the lane: the result waits for its train."""
        now, place = self.stage, self.place
        assert isinstance(now, Judging)
        assert place is not None
        result = replace(
            now.result, environment=environment, generation=place.generation, is_off_branch=place.is_off_branch
        )
        self.move(replace(Parked(**_fields_of(now, Judging)), result=result, refused=None))
        self.place = None

    def ride(self, lane: str) -> None:
        """Be judged in a judging lane."""
        assert isinstance(self.stage, Parked)
        self.place = Place(lane=lane, generation=self.stage.result.generation)

    def leave_train(self) -> None:
        """Wait for another train, as the result was made."""
        now = self.stage
        assert isinstance(now, Judging)
        parked = Parked(**_fields_of(now, Judging))
        self.move(replace(parked, result=now.result.as_made(), refused=None))
        self.place = None

    def judge_again(self) -> None:
        """Let what all results of a train share be asked anew, though the commit may be written or on its way."""
        if type(self.stage) is not Parked:
            assert isinstance(self.stage, Judging)
            self.move(Parked(**_fields_of(self.stage, Judging)))

    def branch_went_back(self, generation: int) -> None:
        """Go on although the branch has gone back behind what this rests on: nothing of that was consumed."""
        if type(self.stage) in (Committing, Committed):
            self.move(Judging(**_fields_of(self.stage, Judging)))
        if self.place is not None:
            self.place.generation, self.place.is_off_branch = generation, True
        elif isinstance(self.stage, Parked):
            result = replace(self.stage.result, generation=generation, is_off_branch=True)
            self.move(replace(self.stage, result=result))

    def go_on_from(self, commit: str) -> None:
        """Note that the result before this one is the head of the run branch now."""
        now = self.stage
        assert isinstance(now, Judging)
        self.move(replace(now, result=replace(now.result, base=commit)))

    def take_up(self, transplant: Transplant, before: Judging) -> None:
        """Begin with a result that there is already."""
        self.transplant = transplant
        self.move(before)

    def take_chosen(self, before: Judging, checks: list[CheckRecord]) -> None:
        """Begin with the result of an earlier attempt, which was chosen, and with what its checks said."""
        self.checks, self.is_choice = checks, True
        self.move(before)

    def look_again(self) -> None:
        """Forget what is known of a result that a person has changed: it is looked at and checked anew."""
        now = self.stage
        if isinstance(now, Judging):
            self.move(Ended(**_fields_of(now, Ended)))
        for one in self.checks:
            one.forget_after()

    def judge(self, **changes: Result | MergeRefused | ArtifactsKept | MutantsTried | None) -> None:
        """Note what judging the result has brought."""
        assert isinstance(self.stage, Judging)
        self.move(replace(self.stage, **changes))

    def commit_to(self, parent: str) -> None:
        """Write the result as a commit on `parent`."""
        now = self.stage
        assert isinstance(now, Judging)
        self.move(Committing(**_fields_of(now, Judging), parent=parent))

    def committed(self, commit: str) -> None:
        """Note that the commit is durable."""
        now = self.stage
        assert isinstance(now, Committing)
        self.move(Committed(**_fields_of(now), commit=commit))

    def fail(self, failure: AttemptFailed) -> None:
        """Note that the attempt has failed; where there is a checkpoint the lane has to be put back to it."""
        assert not isinstance(self.stage, Failed)
        after = Restored if self.checkpoint is None else Failed
        self.move(after(failure=failure, before=self.stage))
        self.people.answer = self.broken = self.interrupted = None

    def restored_lane(self) -> None:
        """Note that the lane is as it was."""
        assert isinstance(self.stage, Failed)
        self.move(Restored(failure=self.stage.failure, before=self.stage.before))

    def close(self) -> None:
        """Note that nothing is under way any more."""
        self.open, self.interrupt_requested = None, False

    def forget_lane(self) -> None:
        """Let nobody rely on what the files of the lane are."""
        if self.place is not None:
            self.place.tree = None

    def free_lane(self) -> None:
        """Go on without the lane; a checkpoint is taken anew."""
        self.place, self.probed_before = None, False

    # --- what is known

    @property
    def reached(self) -> Reached:
        """The stage; for an attempt that has failed, the one in which it failed."""
        return stage.before if isinstance(stage := self.stage, Failed) else stage

    @property
    def lane(self) -> str | None:
        """The lane it works in."""
        return None if self.place is None else self.place.lane

    @property
    def checkpoint(self) -> Checkpointed | None:
        """The checkpoint it began with."""
        return None if self.place is None else self.place.checkpoint

    @property
    def lane_tree(self) -> str | None:
        """The tree that the files of the lane are; None: nobody knows."""
        return None if self.place is None else self.place.tree

    @property
    def is_spoiled(self) -> bool:
        """Whether the body changed what `prepare` had made, until that was made anew."""
        return self.place is not None and self.place.is_spoiled

    @property
    def generation(self) -> int:
        """How often the branch had gone back when the lane was taken in which it is made."""
        if self.place is not None:
            return self.place.generation
        return 0 if self.result is None else self.result.generation

    @property
    def is_parked(self) -> bool:
        """Whether there is a result, and the lane it was made in is free."""
        return self.result is not None and self.checkpoint is None

    @property
    def body_started(self) -> bool:
        """Whether the body has begun."""
        return isinstance(reached := self.reached, Running) and reached.begun_by is not None

    @property
    def begun_by(self) -> int:
        """The token of the engine under which the body began; 0: it has not, or a person did it."""
        return (reached.begun_by or 0) if isinstance(reached := self.reached, Running) else 0

    @property
    def settled(self) -> Applied | None:
        """What became of an effect in doubt."""
        return self.reached.settled

    @property
    def probe(self) -> ProbeAnswered | None:
        """What the probe said, until that has been acted on."""
        return self.reached.probe

    @property
    def ending(self) -> Ending | None:
        """How the body ended."""
        return reached.ending if isinstance(reached := self.reached, Ended) else None

    @property
    def evidence(self) -> BlobId | None:
        """The whole output of the body."""
        return reached.evidence if isinstance(reached := self.reached, Ended) else None

    @property
    def outputs(self) -> Mapping[str, str]:
        """What the body put out."""
        return reached.outputs if isinstance(reached := self.reached, Ended) else {}

    @property
    def unexpected(self) -> tuple[str, ...]:
        """Keys of outputs that are not what the step expects."""
        return reached.unexpected if isinstance(reached := self.reached, Ended) else ()

    @property
    def result(self) -> Result | None:
        """What making the step came to."""
        return reached.result if isinstance(reached := self.reached, Judging) else None

    @property
    def changes(self) -> ChangesObserved | None:
        """What was found in the lane after the body."""
        return None if self.result is None else self.result.observed

    @property
    def is_merged(self) -> bool:
        """Whether the result was brought onto a later head than that of its checkpoint."""
        return self.result is not None and self.result.is_merged

    @property
    def parent(self) -> str | None:
        """The head that the commit is made for."""
        return reached.parent if isinstance(reached := self.reached, Committing) else None

    @property
    def is_restored(self) -> bool:
        """Whether the attempt has failed and its lane is as it was."""
        return isinstance(self.stage, Restored)

    @property
    def refused(self) -> MergeRefused | None:
        """Why the result does not go with the head, until that has been acted on."""
        return reached.refused if isinstance(reached := self.reached, Judging) else None

    @property
    def kept(self) -> ArtifactsKept | None:
        """What was kept of what the body made for later steps."""
        return reached.kept if isinstance(reached := self.reached, Judging) else None

    @property
    def mutants(self) -> MutantsTried | None:
        """Which small changes of the result its checks noticed, where that was tried."""
        return reached.mutants if isinstance(reached := self.reached, Judging) else None

    @property
    def commit(self) -> str | None:
        """The durable commit."""
        return reached.commit if isinstance(reached := self.reached, Committed) else None

    @property
    def failure(self) -> AttemptFailed | None:
        """Why the attempt has failed."""
        return stage.failure if isinstance(stage := self.stage, Failed) else None

    @property
    def checkpoint_number(self) -> int:
        """Which checkpoint of its lane it works from, counted from 1; 0: none."""
        return 0 if self.place is None else self.place.number

    @property
    def base(self) -> str | None:
        """The commit that the result is, or will be, held against."""
        if self.result is not None:
            return self.result.base
        return None if self.checkpoint is None else self.checkpoint.commit

    @property
    def base_tree(self) -> str | None:
        """The tree of that commit."""
        if self.result is not None:
            return self.result.base_tree
        return None if self.checkpoint is None else self.checkpoint.tree

    @property
    def tree(self) -> str | None:
        """The tree with the result, on the head it goes onto."""
        return None if self.result is None else self.result.tree

    @property
    def changed(self) -> tuple[str, ...]:
        """The paths the result changes."""
        return () if self.result is None else self.result.changed

    @property
    def absent(self) -> tuple[str, ...]:
        """Names of code in the claim of its agent that stand in no file."""
        return () if self.changes is None else self.changes.absent

    @property
    def saw(self) -> tuple[str, ...] | None:
        """The files that its agent read; None: it has none, or nobody knows them all."""
        said = self.conversation
        if said is None or self.session is not None or len(said.seen) > _SEEN_MAX:
            return None
        tools = {call.asked.tool for turn in said.turns for call in turn.calls}
        return None if tools & SEES_UNNOTED else tuple(said.seen)

    @property
    def is_busy(self) -> bool:
        """Whether an effect is under way for the attempt."""
        return self.open is not None or (self.conversation is not None and self.conversation.is_open)

    def permission(self, call: str) -> Permission | None:
        """Return what an agent of others has asked for under that name."""
        return next((one for one in self.permissions if one.asked.call == call), None)

    @property
    def has_begun(self) -> bool:
        """Whether more than looking and asking was done, or something is under way."""
        return self.body_started or self.settled is not None or self.open is not None
