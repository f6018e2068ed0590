"""The state of a run: what folding its journal gives. That of a step stands in `step_state`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field, replace

from surefoot.core.agent_types import ModelRouting, Note, Spent, ToolUse, Understanding
from surefoot.core.amendment_state import AmendmentState, PlanDoubt, PlanStop, StopStage
from surefoot.core.amendments import AmendmentOrigin
from surefoot.core.branch_state import BranchState, LandingState, RedTree, TrainHistory, TrainState, UndoState
from surefoot.core.event_words import Finding, Outcome, Phase
from surefoot.core.events import (
    ApproverAnswered,
    DeadLetterClosed,
    MessageSent,
    QuestionAnswered,
    QuestionAsked,
    QuestionExpired,
    RunCreated,
    StepsFoundWrong,
)
from surefoot.core.ids import BlobId, StepId
from surefoot.core.inquiries import BlameState
from surefoot.core.ladder_table import Ladders
from surefoot.core.monitor_table import Watches
from surefoot.core.plan import Plan
from surefoot.core.policy_types import Demand, Overdue, Policy
from surefoot.core.record import record
from surefoot.core.sample_rates import NO_SAMPLES, SampleRates
from surefoot.core.sample_state import Sample
from surefoot.core.step_state import AskedQuestion, StepState
from surefoot.core.system_steps import SYSTEM_STEPS, attempted_step, undone_by_step
from surefoot.core.tool_payload import MadePlan, PlanChange, ProposedAmendment
from surefoot.core.verdicts import CheckRecord

CLEAN = "clean"
"""The name of the lane in which acceptance is asked in the end."""
JUDGE = "judge-"
"""How the names of the lanes begin in which trains are judged."""
ANY_PATH = ("**",)
"""What stands for the paths of a result that changed more than are kept."""
BLAME = "blame"
"""The lane in which a check is asked about commits of the run, in the search for the step that broke it."""


@record(kw_only=False)
class CachedVerdict:
    """A passed verdict, for questions that are put again."""

    tree: str
    environment: str
    evidence: BlobId | None
    results: BlobId | None
    changed_files: tuple[str, ...] = ()


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
    checkpoints: int = 0
    """Counts the checkpoints that were asked for in it."""
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

    def is_for(self, step: StepId) -> bool:
        """Tell whether it is for the agent of a step: what is for a step is for all who make candidates of it."""
        return step in self.to or attempted_step(step) in self.to

    def waits_for(self, step: StepId) -> bool:
        """Tell whether it is for the agent of a step, who has not been given it yet."""
        return self.is_for(step) and step not in self.given


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
    plan_seq: int = 1
    """The position in the journal at which the plan in force came to hold."""
    at: float = 0.0
    decided_at: float = 0.0
    """When an engine last decided something: what people say does not count."""
    active_s: float = 0.0
    cost_usd: float = 0.0
    """What models cost, and what bodies said to have cost."""
    engine_on: bool = False
    rung: str = "plain"
    as_root: bool = False
    boot: str = ""
    """Names the time since the machine of the last engine was started; empty: not known."""
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


def step_beside(state: RunState, node: StepState) -> StepState | None:
    """Return the step for which a candidate is made, as long as that waits for it."""
    made = node.made_beside
    step = None if made is None else state.nodes.get(made[0])
    return step if step is not None and made is not None and made[1] in step.beside else None
