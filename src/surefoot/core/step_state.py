"""The state of a step: what folding the journal of its run gives.

A step is `pending` until its needs are satisfied and it is started; it ends `verified`, `unproved` (done by an agent,
with nothing but its claim), `skipped`, `failed`, `blocked` or `cancelled`. A started step can be `running`, `waiting`
(for a person) or `in_doubt`. An active step has `work`: what is known of its current attempt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import TypedDict

from surefoot.core.agent_types import Claim, Lesson, Reached, Usage
from surefoot.core.approval import Precondition
from surefoot.core.attempt import Attempt
from surefoot.core.attempt_result import Transplant, Tried
from surefoot.core.candidates import Candidate
from surefoot.core.conversation import Conversation
from surefoot.core.event_words import Applied
from surefoot.core.events import ArtifactsKept, AttemptFailed, MutantsTried, RecoveryChosen
from surefoot.core.ids import BlobId, StepId
from surefoot.core.ladder_table import RUNGS, Rung
from surefoot.core.placeholders import Reference
from surefoot.core.plan import Step
from surefoot.core.policy_types import Effect, Tier, effect_with
from surefoot.core.record import record
from surefoot.core.session import SessionLeft
from surefoot.core.system_steps import candidate_made_by, is_system_step
from surefoot.core.verdicts import CheckRecord
from surefoot.effects.effect import AtStep


class StepStatus(StrEnum):
    """Where a step stands."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    IN_DOUBT = "in_doubt"
    VERIFIED = "verified"
    UNPROVED = "unproved"
    FAILED = "failed"
    BLOCKED = "blocked"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


DONE = frozenset({StepStatus.VERIFIED, StepStatus.UNPROVED})
"""The step was carried out, and its result stays."""
SATISFIED = DONE | {StepStatus.SKIPPED}
FINAL = SATISFIED | {StepStatus.FAILED, StepStatus.BLOCKED, StepStatus.CANCELLED}


@record(frozen=False, kw_only=False)
class AskedQuestion:
    """A question that was put and has no passed verdict yet."""

    tree: str
    environment: str
    step: StepId | None
    """The step it is put for just now; None: the answer was none that holds for others, so that each asks itself."""


@record
class WantedAttempt:
    """How a person wants the next attempt at a failed step to be."""

    by: str
    is_by_hand: bool = False
    """Whether they do it themselves."""
    result: BlobId | None = None
    """The patch that they want as its result."""
    start: BlobId | None = None
    """The patch from which it is to begin: what the failed attempt had changed."""


class InLane(TypedDict):
    """The fields of every command of an attempt."""

    step: StepId
    attempt: int
    lane: str | None


@record(frozen=False, kw_only=False)
class StepState:
    """One node: a step, or a group until (and after) its expansion."""

    spec: Step
    order: tuple[int, int]
    needs: tuple[StepId, ...]
    dependants: tuple[StepId, ...] = ()
    group: StepId | None = None
    members: tuple[StepId, ...] | None = None
    expected_s: float = 0.0
    """How long it should take; 0 where one step runs at a time."""
    rank_s: float = 0.0
    """How long it should take from its start to the end of the plan; 0 where one step runs at a time."""
    status: StepStatus = StepStatus.PENDING
    reason: str | None = None
    attempt: int = 0
    failures: int = 0
    """Counted attempts that failed since the step was last set to pending."""
    crashes: int = 0
    """Engines that died in a row while this step was under way."""
    losses: int = 0
    """Results in a row that came too late for the head of the run branch."""
    train: int | None = None
    """The number of the train in which it was verified; None: it was judged alone."""
    missing: int = 0
    """Needs that are not satisfied yet."""
    open_members: int = 0
    """For groups: members that are not final."""
    blocked_by: tuple[StepId, ...] = ()
    held_by: StepId | None = None
    """A failed step that keeps this one from running although it does not depend on it."""
    due: float | None = None
    """When the next attempt may start."""
    proof: str | None = None
    commit: str | None = None
    head_after: str | None = None
    """The head of the run branch once the step was verified."""
    tree_after: str | None = None
    verified_seq: int = 0
    """Position in the journal at which it was verified."""
    undeclared: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    """Deprecations and warnings that its body printed last."""
    left: tuple[str, ...] = ()
    """Paths it made where git ignores them and that it declares nowhere."""
    keys: tuple[str, ...] = ()
    """Paths it changed in which something has the form of a key."""
    applied: bool | None = None
    """For outside effects: whether it is known to have happened."""
    applied_before: bool = False
    """For outside effects: whether it had happened before the step was set to pending again."""
    applied_seq: int = 0
    """Position in the journal at which its outside effect was last known to have happened."""
    is_undone: bool = False
    """Whether that effect was taken back since."""
    started_at: float | None = None
    ended_at: float | None = None
    last_failure: AttemptFailed | None = None
    put_back: tuple[str, ...] = ()
    """Paths that the last failed attempt had changed."""
    left_changes: BlobId | None = None
    """The same as a patch, where it was kept."""
    session_left: SessionLeft | None = None
    away_s: float = 0.0
    """For how long nobody had worked on the session of an agent of others when an engine took it up again."""
    """The session of the last attempt with an agent of others, where it can be gone on with."""
    wanted: WantedAttempt | None = None
    """How a person wants the next attempt to be, until one counts."""
    body_evidence: BlobId | None = None
    edit: tuple[str, str] | None = None
    """The command a person wants in place of the plan's, and who."""
    reworded: tuple[str, str] | None = None
    """The instruction a person wants an agent to have in place of the plan's, and who."""
    preconditions: tuple[Precondition, ...] = ()
    """What it rested on when a person was last shown it."""
    tier: Tier | None = None
    """How much say a person had before its body last began."""
    rule: str = ""
    raised_by: str = ""
    """The rule by which its effect counts as irreversible whatever is declared; empty: the declared one counts."""
    reached: tuple[Reached, ...] = ()
    """The commands of its agents that reached others, or may have, in all attempts."""
    denied: dict[str, str] = field(default_factory=dict[str, str])
    """What a person has refused to an agent of others, by the digest of what was shown, and in which words."""
    granted: dict[str, int] = field(default_factory=dict[str, int])
    """How often something was granted to an agent of others that reaches others, or cannot be told beforehand."""
    has_run: bool = False
    was_probed: bool = False
    probed_before: bool = False
    """Whether its probe was asked before an attempt that came too late: that is made again without asking it."""
    records: tuple[CheckRecord, ...] = ()
    """The last attempt's answers, once it is over."""
    waits: tuple[StepId, ...] = ()
    """Steps that have to end before it starts, though it needs none of them: one reads what the other writes."""
    references: tuple[Reference, ...] = ()
    """What of earlier outputs stands in the step as the plan has it; `spec` has it replaced once it was started."""
    item: str | None = None
    lessons: tuple[Lesson, ...] = ()
    recoveries: tuple[RecoveryChosen, ...] = ()
    """The rungs that were climbed for it, in order."""
    climbed_before: int = 0
    """How many of them belong to what it was before it was last set to pending."""
    tried: tuple[Tried, ...] = ()
    """What its last attempts came to that were judged and failed."""
    usage: Usage = field(default_factory=Usage)
    usage_before: Usage = field(default_factory=Usage)
    """What of it does not count against its own limits: it was taken up again after that."""
    claim: Claim | None = None
    outputs: Mapping[str, str] = field(default_factory=dict[str, str])
    kept: ArtifactsKept | None = None
    """What it made for later steps, once it is verified."""
    mutants: MutantsTried | None = None
    """Which small changes of its last result its checks noticed, where that was tried."""
    changed: tuple[str, ...] = ()
    """The paths that its verified result changes."""
    saw: tuple[str, ...] | None = None
    """The files that its agent read; None: it has none, or nobody knows them all."""
    based_at: int = 0
    """Position in the journal at which the base of its last attempt was fixed."""
    made_at: int = 0
    """Position in the journal at which its result was first verified; a transplant leaves it as it is."""
    put_on: tuple[str, str] | None = None
    """The commit that its own was put on, and that one's tree."""
    candidates: tuple[Candidate, ...] = ()
    """With `best_of`: the results of the attempts so far, until the step is done again."""
    beside: tuple[int, ...] = ()
    """The numbers of candidates that are being made beside its own attempt, each in a lane of its own."""
    chosen: int | None = None
    """The number of the candidate whose result is to be that of the step."""
    is_agreed: bool = False
    """Whether all candidates agree with it."""
    why_chosen: str = ""
    chosen_by: str = ""
    """The person who chose it; empty: nobody."""
    candidates_made: int = 0
    """How many candidates were kept since the step was last set to pending, those dropped included."""
    transplant: Transplant | None = None
    """Its result, while that is off the branch and to be brought there again."""
    tainted_by: tuple[StepId, ...] = ()
    """The way of the taint for which it was last done again: from the step found wrong to the one it consumed."""
    is_taken_back: bool = False
    """Whether it is to be done again because its result was wrong or tainted."""
    work: Attempt | None = None

    @property
    def place(self) -> tuple[float, tuple[int, int]]:
        """Return what says who goes first: the longer way to the end, then the order of the plan."""
        return (-self.rank_s, self.order)

    @property
    def effect(self) -> Effect:
        """Return the effect class that counts: never milder than what was recognised in the step's commands."""
        return effect_with(self.spec.effect, self.raised_by)

    @property
    def is_system_step(self) -> bool:
        """Tell whether it is done for the run as a whole, beside the plan."""
        return is_system_step(self.spec.id)

    def at(self, now: float) -> AtStep:
        """Return what every event of its attempt says."""
        return {"at": now, "step": self.spec.id, "attempt": self.attempt}

    @property
    def climbed(self) -> tuple[RecoveryChosen, ...]:
        """Return the rungs that were climbed for it since it was last set to pending."""
        return self.recoveries[self.climbed_before :]

    @property
    def helped_by(self) -> frozenset[Rung]:
        """Return what its present attempt is helped by: what a rung gives stays for the attempts that follow."""
        return frozenset(one.rung for one in self.climbed)

    @property
    def recovery(self) -> RecoveryChosen | None:
        """Return the rung that led to its present attempt; None: none did, or a person's word did."""
        tries = (one for one in reversed(self.climbed) if one.attempt == self.attempt - 1)
        return next((one for one in tries if RUNGS[one.rung].tries_again), None)

    @property
    def next_attempt(self) -> int:
        """Number the next attempt."""
        return self.failures + self.candidates_made + 1

    @property
    def is_candidate(self) -> bool:
        """Tell whether its attempt, or the next one, makes one of several candidates: not what a person made."""
        if self.spec.best_of < 2 or self.chosen is not None or self.transplant is not None:
            return False
        if self.is_system_step and self.made_beside is None:
            return False
        people = None if self.work is None else self.work.people
        if people is None:
            return self.wanted is None or (not self.wanted.is_by_hand and self.wanted.result is None)
        return people.taken_by is None and people.by_hand is None and people.patch is None and not people.is_patched

    @property
    def candidate_number(self) -> int:
        """Return which candidate its attempt makes; 0: none."""
        if self.made_beside is not None:
            return self.made_beside[1]
        return self.free_candidate_numbers[0] if self.is_candidate else 0

    @property
    def made_beside(self) -> tuple[StepId, int] | None:
        """Return the step beside whose attempt it makes a candidate, and which one; None: it is no such step."""
        return candidate_made_by(self.spec.id)

    @property
    def free_candidate_numbers(self) -> list[int]:
        """Return the numbers of the candidates of which none is made or being made beside it, one more at least."""
        taken = {*self.beside, *(one.number for one in self.candidates)}
        return [number for number in range(1, max(self.spec.best_of, *taken, 1) + 2) if number not in taken]

    @property
    def chosen_candidate(self) -> Candidate | None:
        """Return the candidate whose result is that of the step."""
        return next((one for one in self.candidates if one.number == self.chosen), None)

    @property
    def is_choice_due(self) -> bool:
        """Tell whether no further candidate is made: there are all, or too many attempts have failed."""
        if not self.candidates or self.chosen is not None or self.beside:
            return False
        return len(self.candidates) >= self.spec.best_of or self.failures >= self.spec.retry.maximum_attempts

    def drop_candidates(self) -> None:
        """Forget what was made of it so far."""
        self.candidates, self.beside, self.chosen, self.is_agreed = (), (), None, False
        self.why_chosen = self.chosen_by = ""

    @property
    def conversation(self) -> Conversation | None:
        """The conversation of its attempt."""
        return None if self.work is None else self.work.conversation

    @property
    def in_lane(self) -> InLane:
        """What every command of its attempt says."""
        lane = None if self.work is None else self.work.lane
        return {"step": self.spec.id, "attempt": self.attempt, "lane": lane}

    @property
    def is_group(self) -> bool:
        """Tell whether the node is a group."""
        return self.spec.for_each is not None

    @property
    def is_body_known(self) -> bool:
        """Tell whether the end of an effect or a conversation, or an answer, is known: the rest is done again."""
        work = self.work
        if work is None:
            return False
        if work.is_parked:
            return True
        if not self.spec.body.acts:
            return work.people.answer is not None
        if work.conversation is not None:
            return work.ending is not None
        return self.effect.is_outside and (work.ending is not None or work.settled == Applied.APPLIED)

    @property
    def is_in_doubt(self) -> bool:
        """Tell whether an outside effect began and is not known to have ended well."""
        work = self.work
        if work is not None and work.conversation is not None and work.conversation.doubtful is not None:
            return True
        if work is None or not self.effect.is_outside or not work.body_started or work.settled is not None:
            return False
        return work.interrupted is not None or (work.ending is not None and work.ending.status != "ok")

    @property
    def is_reaching_out(self) -> bool:
        """Tell whether its body may be at work outside the workspace, so that it has to come to its own end."""
        work = self.work
        if work is None:
            return False
        is_outside = work.body_started and self.effect.is_outside
        return is_outside or (work.conversation is not None and work.conversation.is_reaching)

    @property
    def has_reached_out(self) -> bool:
        """Tell whether an effect of the step is outside the workspace, or may be, where no restore undoes it."""
        is_known = bool(self.applied or self.applied_before) or self.is_in_doubt
        return is_known or any(one.applied is not False for one in self.reached)
