"""The types of `surefoot.report/1`."""

from __future__ import annotations

from typing import TypedDict


class TestsShape(TypedDict):
    """How the tests of a suite ended."""

    passed: int
    failed: int
    skipped: int


class CheckShape(TypedDict):
    """One check's answers."""

    name: str
    expect: str
    before: str | None
    after: str | None
    verdict: str
    text: str
    expected: str
    actual: str | None
    flags: list[str]
    flaky_tests: list[str]
    changed_files: list[str]
    tests: TestsShape | None
    evidence: str | None


class ClaimShape(TypedDict):
    """What an agent says of its work."""

    summary: str
    changed: list[str]
    statements: list[dict[str, str]]
    confidence: float | None
    uncertainties: list[str]
    objections: list[str]


class MutantShape(TypedDict):
    """A small change of what a step wrote."""

    path: str
    line: int
    before: str
    after: str
    undone: bool
    """Whether lines of the step were put back as they were before it."""


class MutationShape(TypedDict):
    """Whether the checks of a step notice small changes of what it wrote."""

    tried: int
    noticed: int
    survivors: list[MutantShape]
    alike: int
    """How many no check noticed, with which `compare` of the step printed the same: they change nothing."""
    around: int
    """How many changes of other lines of the same functions were made."""
    missed_around: list[MutantShape]
    """Those of them that no check noticed, though `compare` printed something else."""
    left_out: int
    text: str
    evidence: str | None


class RecoveryShape(TypedDict):
    """A rung that was climbed after a failure."""

    attempt: int
    """The attempt that had failed."""
    diagnosis: str
    rung: str
    ladder: list[str]
    rule: str
    """`built-in` or `settings`."""
    evidence: list[int]
    """Where the failure shows: positions in the journal."""
    told: list[str]
    """The facts that the next attempt was told because of it."""


class ClosedShape(TypedDict):
    """Somebody's word that what was given up stays as it is."""

    by: str
    why: str


class EscalationShape(TypedDict):
    """A step that was given up: a person or the report has the next word."""

    escalated: bool
    step: str
    reason: str
    """Why no other attempt is made."""
    last_error: str
    attempts: int
    diagnosis: str
    recoveries: list[RecoveryShape]
    to: str
    """`person` or `report`."""
    closed: ClosedShape | None
    """Who leaves it as it is, by `surefoot dead close`; null: nobody has said so."""


class VerdictShape(TypedDict):
    """What a check said of a candidate."""

    name: str
    verdict: str


class CompareShape(TypedDict):
    """What the command `compare` has shown of a candidate."""

    run: str
    digest: str | None
    """None: nothing that could be compared."""
    exit_code: int | None
    output: str | None
    flaw: str
    """Why there is nothing that could be compared."""


class DifferenceShape(TypedDict):
    """Where what `compare` printed differs first from what it printed of an earlier candidate."""

    candidate: int
    line: int
    here: str
    there: str


class CandidateShape(TypedDict):
    """The result of one of several independent attempts at a step."""

    candidate: int
    attempt: int
    tree: str
    base: str
    proof: str | None
    """What would prove it by itself."""
    checks: list[VerdictShape]
    compare: CompareShape | None
    lines: int
    changed: list[str]
    patch: str | None
    chosen: bool
    why: str
    """Why it was chosen."""
    agrees_with: list[int]
    differences: list[DifferenceShape]


class StepShape(TypedDict):
    """One step."""

    id: str
    title: str
    risk: str
    state: str
    reason: str | None
    attempts: int
    effect: str
    optional: bool
    worker: str | None
    """The agent of others that does it, as the plan names it; None: none does."""
    proof: str | None
    mutation: MutationShape | None
    candidates: list[CandidateShape]
    train: int | None
    parked: bool
    commit: str | None
    blocked_by: list[str]
    tainted_by: list[str]
    """For what is, or was, done again because it consumed a result found wrong: the way from that step to the one that
    it consumed."""
    split_of: str | None
    """The step that was too much at once, and of which this one does a part; None: it was split off none."""
    checks: list[CheckShape]
    expected: str | None
    actual: str | None
    put_back: list[str]
    recoveries: list[RecoveryShape]
    claim: ClaimShape | None
    undeclared_writes: list[str]
    tier: str | None
    rule: str | None
    outputs: dict[str, str]
    artifacts: dict[str, object] | None
    output: str | None
    started_at: float | None
    ended_at: float | None


class QuestionShape(TypedDict):
    """One open question."""

    id: str
    step: str
    kind: str
    text: str
    options: list[str]
    role: str | None
    people: int
    approved_by: list[str]
    due: float | None
    like: str
    lane: str | None


class MessageShape(TypedDict):
    """What a person said to an agent; `given` has the turn at which each agent had it, by step."""

    id: str
    at: float
    by: str
    text: str
    to: list[str]
    given: dict[str, int]


class ConstraintShape(TypedDict):
    """Something that holds for all that the run does."""

    text: str
    deny: list[str]
    commands: list[str]


class WordShape(TypedDict):
    """What a person said with an answer; `step` is the one that it is about."""

    by: str
    about: str
    text: str
    step: str | None


class AmendmentShape(TypedDict):
    """A change of the plan that somebody wanted."""

    id: str
    at: float
    by: str
    why: str
    state: str
    """`asked` while nobody has decided on what an agent proposes; `pending`, `in force` or `refused`."""
    revision: int | None
    """Of the plan by which it holds."""
    refused: str | None
    """Why it does not hold."""
    steps: list[str]
    """Those that it changes."""
    origin: str
    """Where it comes from: `person`, `file`, `agent`, `recovery` or `planner`."""
    agreed_by: str | None
    """Who has agreed to what an agent proposes."""
    refused_by: str | None
    """Who does not want it; None: nobody, or it cannot hold."""


class StopShape(TypedDict):
    """A plan that somebody has stopped as wrong."""

    at: float
    by: str
    step: str | None
    """The step whose agent says so; null: a person does."""
    why: str
    state: str
    """`stopping`, `planning` (the planner is asked), `rested` (a person decides) or `settled`."""
    said: str
    """What the planner says."""
    settled: str
    """How it was settled."""


class StockStepShape(TypedDict):
    """How a step stands."""

    step: str
    state: str
    commit: str | None
    proof: str | None


class StockShape(TypedDict):
    """What a run has come to, whose plan has turned out wrong."""

    why: str
    done: list[StockStepShape]
    """What was carried out and stays, in the order in which it was verified."""
    left: list[StockStepShape]
    """What another plan may replace."""
    head: str | None
    """The head of the run branch."""
    tree: str | None
    learnt: list[str]
    """Failures with their causes, findings, notes, and words of people."""
    ways: list[str]
    """What people, agents and the planner have said of the right way."""


class ApproverAnswerShape(TypedDict):
    """What the caller's own code said to one approval request."""

    question: str
    step: str
    approver: str
    word: str
    counted: bool
    """Whether that was the answer; else a person is asked, or has answered."""
    reason: str
    fault: str | None
    """Why there was no answer that counts."""


class AskingShape(TypedDict):
    """How people's attention was used."""

    asked: int
    open: int
    answered: int
    by_approver: int
    beforehand: int
    expired: int
    withdrawn: int
    unchanged: int
    edited: int
    rejected: int
    taken_over: int
    reviews: int
    median_s: float | None
    longest_s: float | None
    per_verified_step: float | None
    remark: str | None
    unchanged_share: float | None


class FindingShape(TypedDict):
    """One finding."""

    kind: str
    severity: str
    text: str
    step: str | None
    place: str | None
    attempt: int | None
    diagnosis: str | None
    """The failure that it names, by the words of the page on failures."""
    evidence: list[int]
    """Where it shows: positions in the journal."""


class PointShape(TypedDict):
    """One rollback point."""

    step: str
    commit: str


class EffectShape(TypedDict):
    """One outside effect; `applied` None means that nobody knows. `command` is set for a command of an agent."""

    step: str
    effect: str
    applied: bool | None
    undo: str
    undo_command: str
    undone: bool
    command: str | None
    look: str


class LandingShape(TypedDict):
    """The work of the run in the user's checkout or folder; `landed` None: nobody knows whether it got there."""

    branch: str | None
    before: str
    landed: str | None


class UndoShape(TypedDict):
    """A run that was taken back, or is being; `leave` names the effects that stay."""

    state: str
    by: str
    leave: list[str]


class ForkShape(TypedDict):
    """The step of another run at which the run begins, and what was done by then."""

    run: str
    step: str
    commit: str
    done: list[str]


class ReachShape(TypedDict):
    """What ran with a way out of its lane; without a step it belongs to the run as a whole."""

    step: str | None
    check: str | None
    network: bool | str
    sockets: list[str]
    confined: bool
    said: str
    command: str | None


class ToolCallsShape(TypedDict):
    """How often a model called a tool, and how often wrongly."""

    model: str
    tool: str
    calls: int
    misused: int


class UsageShape(TypedDict):
    """What was spent."""

    active_s: float
    cost_usd: float
    lost_usd: float
    tokens: int
    requests: int


class SelectionShape(TypedDict):
    """How many steps of the plan were chosen for the run, and which were left out."""

    chosen: int
    of: int
    left_out: list[str]


class TrainShape(TypedDict):
    """Results that were judged together."""

    train: int
    steps: list[str]
    verified: list[str]
    split: str | None


class QueuedShape(TypedDict):
    """A step in the merge queue."""

    step: str
    why: str
    """What it waits for, or in which train it is judged."""


class ReviewShape(TypedDict):
    """What a person has found in a result."""

    ok: bool
    why: str
    by: str
    via: str
    at: float


class SampleShape(TypedDict):
    """A result that a person is to look at although nobody was asked about it, or has looked at."""

    item: str
    step: str
    attempt: int
    taken_at: float | None
    """None: no sample was taken; somebody looked at it all the same."""
    rate: float | None
    tier: str | None
    confidence: float | None
    standing: bool
    """Whether it was not taken back since."""
    review: ReviewShape | None
    """None: nobody has looked at it yet."""


class Report(TypedDict):
    """All of it."""

    schema: str
    run: str
    goal: str
    state: str
    outcome: str | None
    reason: str | None
    at_seq: int
    repository: str | None
    base: str | None
    branch: str | None
    head: str | None
    rung: str
    phase: str
    selection: SelectionShape | None
    forked_from: ForkShape | None
    counts: dict[str, int]
    proofs: dict[str, int]
    """How many steps rest on each kind of proof, the strongest first; kinds that none rests on are left out."""
    steps: list[StepShape]
    accept: list[CheckShape]
    questions: list[QuestionShape]
    messages: list[MessageShape]
    constraints: list[ConstraintShape]
    words: list[WordShape]
    amendments: list[AmendmentShape]
    stops: list[StopShape]
    stock: StockShape | None
    queue: list[QueuedShape]
    """What waits to get onto the branch, or is judged for it, in order."""
    trains: list[TrainShape]
    samples: list[SampleShape]
    landings: list[LandingShape]
    undo: UndoShape | None
    asking: AskingShape
    approver_answers: list[ApproverAnswerShape]
    findings: list[FindingShape]
    escalations: list[EscalationShape]
    rollback_points: list[PointShape]
    outside_effects: list[EffectShape]
    reach: list[ReachShape]
    look_at: list[str]
    tool_calls: list[ToolCallsShape]
    usage: UsageShape
    due: float | None
    """When the run goes on by itself, in seconds since the epoch: an attempt is made again, or a question expires."""
    next: str
