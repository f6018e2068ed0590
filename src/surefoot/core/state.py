"""The state of a run: what folding its journal gives.

A step is `pending` until its needs are satisfied and it is started; it ends `verified`, `unproved` (done by an agent,
with nothing but its claim), `skipped`, `failed`, `blocked` or `cancelled`. A started step can be `running`, `waiting`
(for a person) or `in_doubt`. An active step has `work`: what is known of its current attempt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from enum import StrEnum
from typing import TypedDict

from surefoot.core.agent_types import Claim, Lesson, ModelRouting, Note, Reached, Spent, ToolUse, Understanding, Usage
from surefoot.core.amendment_state import AmendmentState, PlanDoubt, PlanStop, StopStage
from surefoot.core.amendments import AmendmentOrigin
from surefoot.core.approval import Precondition
from surefoot.core.attempt import Attempt, Transplant, Tried
from surefoot.core.branch_state import BranchState, LandingState, RedTree, TrainHistory, TrainState, UndoState
from surefoot.core.candidates import Candidate
from surefoot.core.conversation import Conversation
from surefoot.core.event_words import Applied, Finding, Outcome, Phase
from surefoot.core.events import (
    ApproverAnswered,
    ArtifactsKept,
    AttemptFailed,
    DeadLetterClosed,
    MessageSent,
    MutantsTried,
    QuestionAnswered,
    QuestionAsked,
    QuestionExpired,
    RecoveryChosen,
    RunCreated,
    StepsFoundWrong,
)
from surefoot.core.ids import BlobId, StepId
from surefoot.core.inquiries import BlameState
from surefoot.core.ladder_table import RUNGS, Ladders, Rung
from surefoot.core.monitor_table import Watches
from surefoot.core.placeholders import Reference
from surefoot.core.plan import Plan, Step
from surefoot.core.policy_types import Demand, Effect, Overdue, Policy, Tier, effect_with
from surefoot.core.record import record
from surefoot.core.sample_rates import NO_SAMPLES, SampleRates
from surefoot.core.sample_state import Sample
from surefoot.core.session import SessionLeft
from surefoot.core.system_steps import SYSTEM_STEPS, candidate_made_by, is_system_step, undone_by_step
from surefoot.core.tool_payload import MadePlan, PlanChange, ProposedAmendment
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


CLEAN = "clean"
"""The name of the lane in which acceptance is asked in the end."""
JUDGE = "judge-"
"""How the names of the lanes begin in which trains are judged."""
ANY_PATH = ("**",)
"""What stands for the paths of a result that changed more than are kept."""
BLAME = "blame"
"""The lane in which a check is asked about commits of the run, in the search for the step that broke it."""
DONE = frozenset({StepStatus.VERIFIED, StepStatus.UNPROVED})
"""The step was carried out, and its result stays."""
SATISFIED = DONE | {StepStatus.SKIPPED}
FINAL = SATISFIED | {StepStatus.FAILED, StepStatus.BLOCKED, StepStatus.CANCELLED}


@record(kw_only=False)
class CachedVerdict:
    """A passed verdict, for questions that are put again."""

    tree: str
    environment: str
    evidence: BlobId | None
    results: BlobId | None
    changed_files: tuple[str, ...] = ()


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


@record(frozen=False, kw_only=False)
class LaneState:
    """One lane."""

    name: str
    environment: str = ""
    is_open: bool = False
    """Whether it is being made usable."""
    is_ready: bool = False
    needs_fresh: bool = False
    made: int = 0
    """How often it was thrown away and made anew."""
    epoch: int = 0
    """Counts the bodies that may have changed something the tree does not hold."""
    held_by: StepId | None = None
    failures: int = 0
    is_last_try: bool = False
    """Whether it is given up if it fails once more."""
    opened_at: str | None = None
    """The commit that it was last made usable at."""
    given_up: str | None = None
    """Why it is not asked for any more while this engine works; the run goes on in the other lanes."""
    kept: tuple[str, ...] = ()
    """What prepare made there that git does not ignore."""
    services: dict[str, bool] = field(default_factory=dict[str, bool])
    """What runs beside the steps of the lane, in the order of its start; False: it is being stopped."""

    @property
    def is_for_steps(self) -> bool:
        """Tell whether steps are made in it: not only acceptance, trains or commits of the past are judged there."""
        return self.name not in (CLEAN, BLAME) and not self.name.startswith(JUDGE)

    @property
    def is_stopping(self) -> bool:
        """Tell whether a service of the lane is being stopped."""
        return not all(self.services.values())

    @property
    def key(self) -> str:
        """Name what verdicts depend on beside the tree."""
        return f"{self.environment}#{self.name}.{self.made}.{self.epoch}" if self.epoch else self.environment


@record(frozen=False, kw_only=False)
class QuestionState:
    """One question and what became of it."""

    asked: QuestionAsked
    answered: QuestionAnswered | None = None
    withdrawn: str | None = None
    approved_by: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Who said yes so far, with their roles, where it takes several people."""
    role: str | None = None
    due: float | None = None
    is_timed: bool = False
    """Whether a clock runs for it."""
    is_with_approver: bool = False
    """Whether the caller's code thinks about it."""
    by_approver: ApproverAnswered | None = None
    """What the caller's code said."""
    expired: QuestionExpired | None = None
    """Set when nobody answered in time; it may be open still."""

    @property
    def is_open(self) -> bool:
        """Tell whether an answer is still wanted."""
        is_stopped = self.expired is not None and self.expired.overdue is Overdue.STOP
        return self.answered is None and self.withdrawn is None and not is_stopped

    def is_late(self, at: float) -> bool:
        """Tell whether an answer at that time, in seconds since the epoch, comes after its deadline."""
        return self.due is not None and at >= self.due and self.asked.demand.overdue is not Overdue.WAIT

    @property
    def demand(self) -> Demand:
        """Whose answer it takes now."""
        return replace(self.asked.demand, role=self.role)


@record(frozen=False, kw_only=False)
class MessageState:
    """A person's message to an agent, and who was given it."""

    sent: MessageSent
    to: list[StepId]
    """The steps whose agents it is for; empty: the next agent that talks."""
    given: dict[StepId, int] = field(default_factory=dict[StepId, int])
    """The steps whose agents had it in a request that was answered, and the turn of that request."""


@record
class PersonWord:
    """Words of a person that hold for the rest of a run."""

    by: str
    about: str
    """What they are about, as the end of the sentence `NAME, about …`."""
    text: str
    """The words themselves; empty: what is said about them is all."""
    step: StepId | None = None
    """The step that they are about."""
    call: str = ""
    """The call of an agent that they refuse: its conversation has them."""
    message: str = ""
    """The message that holds them: whom it is for has them from there."""


@record(frozen=False, kw_only=False)
class AcceptState:
    """The acceptance checks: asked before the first change and after the last."""

    records: list[CheckRecord]
    open: bool = False
    interrupt_requested: bool = False
    lane_ready: bool = False
    """Whether the clean lane for the final asking was made for the present head."""
    service_failures: int = 0
    """How often a service for these checks did not become ready, or ended while one was asked."""
    has_lost_service: bool = False


Approvers = dict[str, tuple[str, ...]]
"""Who approved, each with their roles."""

Ready = tuple[tuple[float, tuple[int, int]], StepId]
"""A node that may start, behind its place."""


@record(frozen=False, kw_only=False)
class RunState:
    """All of a run."""

    created: RunCreated
    nodes: dict[StepId, StepState]
    branch: BranchState | None
    accept: AcceptState
    phase: Phase = Phase.PLAN
    outcome: Outcome | None = None
    outcome_reason: str = ""
    seq: int = 1
    at: float = 0.0
    decided_at: float = 0.0
    """When an engine last decided something: what people say does not count."""
    active_s: float = 0.0
    cost_usd: float = 0.0
    """What models cost, and what bodies said to have cost."""
    engine_on: bool = False
    rung: str = "plain"
    as_root: bool = False
    token: int = 0
    pausing: str | None = None
    interrupting: bool = False
    is_paused: bool = False
    cancelling: str | None = None
    lane_failure: str | None = None
    yes_by: str | None = None
    approver: str = ""
    """The name of the caller's code that says go or no-go; empty: there is none."""
    allowed: dict[StepId, str] = field(default_factory=dict[StepId, str])
    """Irreversible steps approved by name, and by whom."""
    approvals: dict[StepId, dict[str, Approvers]] = field(default_factory=dict[StepId, dict[str, "Approvers"]])
    """For each step the digests of what was shown and approved, and by whom."""
    likes: dict[str, Approvers] = field(default_factory=dict[str, "Approvers"])
    """The kinds of questions that were approved together, and by whom."""
    policy: Policy = field(default_factory=Policy)
    """The rules beside those that ship."""
    routing: ModelRouting = field(default_factory=ModelRouting)
    watches: Watches = field(default_factory=Watches)
    """How closely agents are watched."""
    ladders: Ladders = field(default_factory=Ladders)
    """What follows failures."""
    sample_rates: SampleRates = NO_SAMPLES
    """How often a result that nobody was asked about is laid before a person."""
    closed_letters: dict[str, DeadLetterClosed] = field(default_factory=dict[str, DeadLetterClosed])
    """What people leave as it is, though it cannot go on by itself: by step; empty: the run."""
    samples: dict[str, Sample] = field(default_factory=dict[str, Sample])
    """Results that a person is to look at or has looked at, by their names, in order."""
    understanding: Understanding | None = None
    notes: tuple[Note, ...] = ()
    reported: tuple[Finding, ...] = ()
    """What was found on the way."""
    revision: int = 0
    adopted: Plan | None = None
    """The plan that holds, where it is not the one the run was created with."""
    proposal: MadePlan | None = None
    """The plan that was made, until it is adopted or another is wanted."""
    plan_text: BlobId | None = None
    """The plan that holds, as a plan file, where a model made it."""
    returns: int = 0
    """How often it has gone back to understand the goal: from the short way."""
    offered: ProposedAmendment | None = None
    """What the planner wants changed while steps are carried out, until it is proposed."""
    asked_about: dict[StepId, float] = field(default_factory=dict[StepId, float])
    """The failed steps that the planner was asked about, and when each had failed."""
    replans: int = 0
    """How often it was asked about failures, red acceptance checks, and plans that agents have stopped."""
    replan_origin: AmendmentOrigin = AmendmentOrigin.PLANNER
    """Where what it wants changed comes from: why it was asked last."""
    stops: list[PlanStop] = field(default_factory=list["PlanStop"])
    """The plans that somebody has stopped as wrong, in order."""
    stop_wanted: tuple[StepId, str] | None = None
    """The step whose agent says that the plan is so wrong that work on it has to stop, and why."""
    changes: tuple[tuple[StepId, PlanChange], ...] = ()
    """What agents at work want changed in the plan, each with the step of the agent, until it is proposed."""
    red_trees: dict[str, None] = field(default_factory=dict[str, None])
    """The trees whose red acceptance checks the planner was asked about."""
    limit: str | None = None
    """The limit at which the run has stopped, until somebody goes on."""
    has_shown_plan: bool = False
    """Whether the run has paused for its plan, as it was asked to."""
    spent: dict[str, Spent] = field(default_factory=dict[str, Spent])
    """What models took, by phase, step, role and model."""
    tool_use: dict[str, ToolUse] = field(default_factory=dict[str, ToolUse])
    """How models used their tools, by model and tool."""
    reserved: dict[StepId, tuple[float, int]] = field(default_factory=dict[StepId, tuple[float, int]])
    """US dollars and tokens that the requests under way may take at worst."""
    lanes: dict[str, LaneState] = field(default_factory=dict[str, LaneState])
    active: dict[StepId, None] = field(default_factory=dict[StepId, None])
    """Steps with work, in the order in which they were started."""
    queue: dict[StepId, None] = field(default_factory=dict[StepId, None])
    """Steps whose results are to be brought onto the branch, in order; only the first one's may be."""
    train: TrainState | None = None
    """The results that are judged together just now."""
    trains: list[TrainHistory] = field(default_factory=list["TrainHistory"])
    """All trains there were, in order."""
    red_tree: RedTree | None = None
    """Where the last train that was split had failed."""
    train_size: int = 2
    """How many results the next one may have where the plan does not say: doubled by success, halved by failure."""
    ready: list[Ready] = field(default_factory=list["Ready"])
    """A heap of nodes whose needs are satisfied."""
    expanding: StepId | None = None
    """The group whose items are being found."""
    expanding_in: str | None = None
    """The lane in which they are."""
    handing: dict[StepId, None] = field(default_factory=dict[StepId, None])
    """Steps that had something to hand on, in the order in which they were last verified."""
    waits: dict[StepId, bool] = field(default_factory=dict[StepId, bool])
    """Steps that wait for their next attempt; True while a clock runs for them."""
    questions: dict[str, QuestionState] = field(default_factory=dict[str, QuestionState])
    messages: dict[str, MessageState] = field(default_factory=dict[str, MessageState])
    """What people said to agents, by id, in order."""
    said: tuple[PersonWord, ...] = ()
    """What people have said in the run, whomever they answered or told, in order."""
    amendments: dict[str, AmendmentState] = field(default_factory=dict[str, AmendmentState])
    """What people and agents wanted changed in the plan, by id, in order."""
    plan_doubts: list[PlanDoubt] = field(default_factory=list["PlanDoubt"])
    """The doubts for which steps wait or waited, in order."""
    landings: list[LandingState] = field(default_factory=list[LandingState])
    """What of the run is in the user's checkout or folder, in the order in which it got there."""
    undoing: UndoState | None = None
    """Set while the run is taken back."""
    found_wrong: tuple[StepsFoundWrong, ...] = ()
    """What people say is wrong, until it is taken back."""
    undone_by: str | None = None
    """Who has taken the run back, unless it was begun again since."""
    inquiries: dict[str, BlameState] = field(default_factory=dict[str, BlameState])
    """The searches for a step after which a check fails, by their questions."""
    searching: str | None = None
    """The question of the search that is under way."""
    verdicts: dict[str, list[CachedVerdict]] = field(default_factory=dict[str, list["CachedVerdict"]])
    """The latest passed verdicts of each question, the last one last."""
    asked: dict[str, list[AskedQuestion]] = field(default_factory=dict[str, list["AskedQuestion"]])
    """The latest questions to each check that have no passed verdict."""
    overlaps: dict[str, dict[StepId, None]] = field(default_factory=dict[str, dict[StepId, None]])
    """Files that several steps changed at once without declaring it, and these steps."""
    unfinished: int = 0

    @property
    def plan(self) -> Plan:
        """The plan in force."""
        return self.created.plan if self.adopted is None else self.adopted

    @property
    def amending(self) -> AmendmentState | None:
        """The next amendment that is about to hold."""
        return next((one for one in self.amendments.values() if one.is_open), None) if self.amendments else None

    @property
    def stop(self) -> PlanStop | None:
        """The stop of the plan that is not settled."""
        last = self.stops[-1] if self.stops else None
        return None if last is None or last.stage is StopStage.SETTLED else last

    @property
    def is_about_to_change(self) -> bool:
        """Tell whether an amendment is about to hold, or results are about to be taken back."""
        return bool(self.found_wrong) or self.amending is not None

    @property
    def blaming(self) -> BlameState | None:
        """The search for a step after which a check fails that is under way."""
        return None if self.searching is None else self.inquiries[self.searching]

    @property
    def is_searching(self) -> bool:
        """Tell whether that search goes on now, before anything else."""
        is_at_rest = self.outcome is not None or (self.is_paused and self.cancelling is None)
        return self.searching is not None and is_at_rest

    @property
    def has_workspace(self) -> bool:
        """Tell whether the run works on files."""
        return self.branch is not None

    @property
    def is_short_of_lanes(self) -> bool:
        """Tell whether the run has to do with the lanes it has, because one could not be made usable."""
        return any(lane.given_up is not None and lane.is_for_steps for lane in self.lanes.values())

    @property
    def open_questions(self) -> list[QuestionState]:
        """Questions that wait for an answer."""
        return [question for question in self.questions.values() if question.is_open]

    @property
    def is_busy_itself(self) -> bool:
        """Tell whether a command is under way that belongs to no step: for a lane, a group, a service, acceptance."""
        lanes = self.lanes.values()
        return self.accept.open or self.expanding is not None or any(x.is_open or x.is_stopping for x in lanes)

    @property
    def is_busy(self) -> bool:
        """Tell whether any command is under way that a pause or an end has to wait for."""
        if self.is_busy_itself:
            return True
        works = (self.nodes[name].work for name in self.active)
        return any(work is not None and work.is_busy for work in works)

    def steps(self) -> Iterator[StepState]:
        """Yield the steps, and the groups that are not expanded, in the order of the plan."""
        for node in sorted(self.nodes.values(), key=lambda node: node.order):
            if node.members is None and not node.is_system_step:
                yield node

    def system_steps(self) -> Iterator[StepState]:
        """Yield what is done for the run as a whole, in the order of the phases."""
        for name in SYSTEM_STEPS:
            if name in self.nodes:
                yield self.nodes[name]
        yield from (node for node in self.nodes.values() if undone_by_step(node.spec.id) is not None)


def needed_by(state: RunState, node: StepState) -> set[StepId]:
    """Return what the step needs, directly or through others, with the members of groups."""
    found: set[StepId] = set()
    todo = list(node.needs)
    while todo:
        name = todo.pop()
        if name not in found and name in state.nodes:
            found.add(name)
            todo += (*state.nodes[name].needs, *(state.nodes[name].members or ()))
    return found
