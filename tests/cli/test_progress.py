"""How a run goes, while it goes: each event has its line, or is deliberately quiet."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from surefoot.api.identity import current_user
from surefoot.cli.progress import Progress
from surefoot.cli.screen import Screen
from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import (
    Claim,
    Fault,
    GoalOptions,
    ModelFacts,
    ModelRouting,
    Note,
    RoleModels,
    ToolCall,
    ToolKind,
    Understanding,
    Usage,
)
from surefoot.core.amendments import AmendmentOrigin, Fate, StepChange
from surefoot.core.check_kinds import CommandCheck, Expect, TestsCheck
from surefoot.core.event_words import (
    Applied,
    ApproverWord,
    Diagnosis,
    Ending,
    Finding,
    Moment,
    Phase,
    QuestionKind,
    Severity,
    Status,
    Verdict,
)
from surefoot.core.events import ACCEPTANCE, Event
from surefoot.core.events.invalidation_events import Taint, TakingBack
from surefoot.core.graph_state import finish, take_ready
from surefoot.core.ids import BlobId, RunId, StepId
from surefoot.core.kernel import apply
from surefoot.core.kernel.short_way import SHORT_WAY
from surefoot.core.monitor_table import Watches
from surefoot.core.plan import Check, Constraint, Limits, Plan, Prepare, RunBody, Step
from surefoot.core.policy_types import Overdue
from surefoot.core.state import QuestionState, RunState
from surefoot.core.step_state import StepStatus
from surefoot.core.tool_payload import PlanChange, Understood
from surefoot.effects import LANE

if TYPE_CHECKING:
    from conftest import Terminal

A, B = StepId("a"), StepId("b")
STEP = {"at": 3.0, "step": A, "attempt": 1}
PLAN = Plan(
    goal="g",
    steps=(Step(id=A, body=RunBody(command="a")), Step(id=B, body=RunBody(command="b"), needs=("a",))),
    accept=(Check(name="all of it", ask=CommandCheck(command="x")),),
    prepare=Prepare(run="make"),
)
ASKED = ev.QuestionAsked(**STEP, question="r.1", about=QuestionKind.IN_DOUBT, text="Was it?")
BASELINE = ev.CheckAnswered(
    at=3.0, step=ACCEPTANCE, attempt=1, moment=Moment.BEFORE, check=0, verdict=Verdict.PASSED, text="fine"
)
FOUND = Finding(kind="ungrounded-claim", severity=Severity.WARNING, text="it claims what is not so", step=A)
RED = replace(BASELINE, moment=Moment.AFTER, verdict=Verdict.FAILED, text="\nso it goes\nmore")
FAILED = ev.AttemptFailed(**STEP, diagnosis=Diagnosis.STRUCTURAL, reason="exit status 1\nmore")
LONG = "exit status 1\none\ntwo\nthree\nfour"
EDIT = ToolCall(call="1.1", tool="edit", arguments=BlobId("x"), summary="edit src/a.py", kind=ToolKind.WRITE)
SUITE = ToolCall(call="1.2", tool="run", arguments=BlobId("x"), summary="run pytest -q", kind=ToolKind.WRITE)
LOOK = ToolCall(call="1.3", tool="read", arguments=BlobId("x"), summary="read src/a.py", kind=ToolKind.READ)
USAGE = Usage(requests=1, input_tokens=12_000, output_tokens=345, cost_usd=0.0412)
REPLY = ev.ModelResponded(
    **STEP, turn=1, model="m", reply=BlobId("x"), said="On it.\nNow", tokens=9, calls=(EDIT, SUITE, LOOK), usage=USAGE
)
UNDERSTOOD = Understood(understanding=Understanding(summary="six is used twice"))
DONE = ev.ToolCallFinished(**STEP, call="1.1", ok=True, text="done", output=BlobId("x"), tokens=9)
MODEL = ModelFacts(name="x:big")
CASTING = ModelRouting(roles={"worker": RoleModels(chain=(MODEL,)), "scout": RoleModels(chain=(MODEL,))})
OK = Ending(status=Status.OK)
REMARK = ev.BodyFinished(**STEP, ending=OK, remarks=("DeprecationWarning: x is old", "warning: y"))
CHANGES = ev.ChangesObserved(**STEP, tree="t", changed=("f",))

OPEN = do.OpenLane(lane="1", commit="c", fresh=False)
NO_ITEMS: dict[str, Any] = {"effect": "group", "diagnosis": Diagnosis.STRUCTURAL, "reason": "it is empty"}

TOLD: list[tuple[Event, str]] = [
    (ev.PhaseEntered(at=3.0, phase=Phase.VALIDATE), "validate   1 acceptance check in a clean lane"),
    (ev.LaneReady(at=3.0, lane="1", environment="e", duration_s=61), "prepared   lane 1 in 1 min 01 s"),
    (
        LANE.failed(OPEN, 3.0, Diagnosis.STRUCTURAL, "no pip"),
        "failed     lane 1 could not be prepared: no pip",
    ),
    (
        ev.EffectCancelled(at=3.0, step=ev.ACCEPTANCE, attempt=1, effect="lane", subject="1"),
        "stopped    lane 1: preparation stopped",
    ),
    (
        ev.TrainSplit(at=3.0, train=2, kept=(A,), why="check 'suite' does not pass with all 2 results"),
        "split      train 2: check 'suite' does not pass with all 2 results; now a",
    ),
    (ev.GroupExpanded(at=3.0, group=A, items=("x", "y")), "group      a: 2 steps"),
    (ev.EffectFailed(**STEP, **NO_ITEMS), "failed     a: it is empty"),
    (
        ev.StepVerified(**STEP, proof="probe", commit="123456789"),
        "verified   a  1234567  2.0 s, proved by its probe; step 0 of 2, next: a",
    ),
    (ev.StepVerified(**STEP, proof=None), "verified   a  no change  2.0 s, answered by a person; step 0 of 2, next: a"),
    (
        ev.CandidateKept(**STEP, candidate=2, lines=1, flaw="it is empty"),
        "kept       a  candidate 2 of 1: its checks passed, 1 line changed; nothing to compare: it is empty",
    ),
    (ev.CandidateChosen(**STEP, candidate=2, agreed=True, why="all agree"), "chosen     a  candidate 2: all agree"),
    (
        ev.CandidatesDropped(**STEP, reason="una wants others"),
        "again      a  its candidates are made anew: una wants others",
    ),
    (FAILED, "failed     a  attempt 1, 2.0 s, structural: exit status 1"),
    (
        replace(FAILED, is_counted=False, diagnosis=Diagnosis.CRASH),
        "stopped    a  does not count as an attempt: exit status 1",
    ),
    (REMARK, "printed    a  DeprecationWarning: x is old (and 1 other warning)"),
    (ev.LaneRestored(**STEP), "restored   a  its workspace is back where the step began"),
    (ev.RetryScheduled(**STEP, due=5.5), "again      a  in 2.5 s, attempt 1 of 3"),
    (ev.RetryScheduled(**STEP, due=3.0), "again      a  at once, attempt 1 of 3"),
    (ev.StepFailed(**STEP, reason="no", stop=True), "given up   a: no; nothing new starts"),
    (ev.StepSkipped(**STEP, reason="nothing_to_do"), "skipped    a  nothing to do"),
    (ev.StepSkipped(**STEP, reason="no"), "skipped    a: no; steps that need it go on"),
    (
        ev.RolledBack(**STEP, reason="no", to=B, commit="123456789", invalidated=(A,)),
        "rollback   a failed; the branch is back at b 1234567; to be done again: a",
    ),
    (ASKED, "asks       a  question r.1 (in doubt)"),
    (ev.QuestionAnswered(at=3.0, question="r.1", answer="applied", by="una"), "answered   a  'applied' by una"),
    (
        ev.QuestionAnswered(at=3.0, question="r.1", answer="no", by="una", reason="not\ntoday"),
        "answered   a  'no' by una: not today",
    ),
    (
        ev.QuestionAnswered(at=3.0, question="r.1", answer="yes", by="una", edit="true", like="k"),
        "answered   a  'yes', edited, and all of its kind by una",
    ),
    (
        ev.QuestionExpired(**STEP, question="r.1", overdue=Overdue.STOP),
        "expired    a  question r.1: nobody answered in time; the step is stopped",
    ),
    (ev.PatchApplied(**STEP), "edited     a  its result is a person's version"),
    (
        ev.ApproverAnswered(**STEP, question="r.1", approver="gate", word=ApproverWord.ASK, reason="late"),
        "approver   a  gate says ask: late",
    ),
    (ev.ApprovalRecorded(**STEP, by="una (--yes)", shown="d"), "approved   a  by una (--yes)"),
    (ev.ProbeAnswered(**STEP, answer=Applied.NOT_APPLIED, text="404"), "probe      a  not applied: 404"),
    (replace(CHANGES, outside=("x", "y")), "warning    a  wrote outside the scope: x, y"),
    (replace(CHANGES, undeclared=("x",)), "warning    a  wrote files it does not declare; put back: x"),
    (BASELINE, "baseline   all of it  passed"),
    (RED, "accept     all of it  failed: so it goes"),
    (ev.BranchUpdated(at=3.0, commit="c", refused="it was moved by hand"), "warning    it was moved by hand"),
    (
        ev.PauseRequested(at=3.0, by="una"),
        "pausing    asked by una: steps under way are finished, nothing new starts",
    ),
    (
        ev.PauseRequested(at=3.0, by="una", interrupt=True),
        "pausing    asked by una: steps that can be repeated are ended",
    ),
    (ev.RunPaused(at=3.0, reason="una"), "paused     by una"),
    (ev.RunResumed(at=3.0, by="una"), "resumed    by una"),
    (ev.CancelRequested(at=3.0, by="una"), "cancelled  by una"),
    (ev.ModelsConfigured(at=3.0, routing=CASTING), "models     x:big"),
    (REPLY, "turn       a  1, 12.3k tokens, $0.041, 0.0 s  On it.: edit src/a.py, run pytest -q, read src/a.py"),
    (
        ev.ModelRequestFailed(**STEP, turn=2, fault=Fault.RATE_LIMIT, text="slow down"),
        "model      a  turn 2 brought no usable reply, rate limit: slow down",
    ),
    (ev.ModelRequestDelayed(**STEP, due=15.0, reason="slow down"), "model      a  asked again in 12 s: slow down"),
    (
        ev.ModelChanged(**STEP, position=1, reason="no quota"),
        "model      a  another model is asked from here on: no quota",
    ),
    (DONE, "did        a  edit src/a.py"),
    (replace(DONE, ok=False, text="stale"), "failed     a  edit src/a.py: stale"),
    (replace(DONE, call="1.2", exit_code=1, duration_s=2.0), "did        a  run pytest -q, exit status 1, 2.0 s"),
    (replace(DONE, payload=Note(text="uses nox", by="a")), "notes      a  uses nox"),
    (replace(DONE, payload=Claim(summary="All\ngone", confidence=0.8)), "claims     a  All gone (80% sure)"),
    (replace(DONE, payload=Claim(summary="No way", gives_up=True)), "claims     a  gives up: No way"),
    (replace(DONE, payload=PlanChange(text="drop b")), "proposes   a  drop b"),
    (
        replace(DONE, payload=UNDERSTOOD),
        "understood six is used twice",
    ),
    (
        ev.ToolCallResolved(**STEP, call="1.2", text="not approved: no"),
        "refused    a  run pytest -q: not approved: no",
    ),
    (
        ev.ConversationStopped(**STEP, diagnosis=Diagnosis.STALL, reason="no end after 5 turns"),
        "stopped    a  no end after 5 turns; its checks decide about what it changed",
    ),
    (ev.SessionOpened(**STEP, agent="acme 1.0", protocol=1, session="s"), "agent      a  acme 1.0, protocol 1"),
    (ev.SessionReported(**STEP, lines=("said: hi", "plan: 0"), updates=BlobId("u")), "reports    a  said: hi, plan: 0"),
    (ev.PermissionAnswered(**STEP, call="p.1", is_allowed=True), "allowed    a  call p.1"),
    (ev.PermissionAnswered(**STEP, call="p.1", is_allowed=False, reason="no"), "refused    a  call p.1: no"),
    (ev.FindingReported(at=3.0, finding=FOUND), "warning    a  it claims what is not so"),
    (ev.LimitReached(at=3.0, limit="tokens", text="It is over"), "limit      It is over"),
    (ev.LimitReached(at=3.0, limit="plan", text="It is made"), "stops      It is made"),
    (
        ev.LimitsRaised(at=3.0, limits=Limits(cost_usd=2, tokens=9000), by="una"),
        "limits     by una: $2.00, 9,000 tokens",
    ),
    (
        ev.MessageSent(at=3.0, message="m", to=A, text="stop\nthat", by="una", is_urgent=True),
        "told       a  by una, and breaks off the turn: stop that",
    ),
    (ev.PlanEdited(**STEP, plan=PLAN, text=BlobId("x"), by="una"), "edited     the plan, by una: 2 steps"),
    (
        ev.PlanAdopted(at=3.0, revision=1, plan=PLAN, text=None, by="una"),
        "plan       the plan holds: 2 steps, by una",
    ),
    (
        ev.PlanAdopted(at=3.0, revision=2, plan=PLAN, text=None, by="una", changes=("new: c",)),
        "plan       revision 2 of the plan holds: 2 steps, by una; new: c",
    ),
    (
        ev.AmendmentProposed(at=3.0, amendment="m", operations=(), why="Another way", by="una"),
        "amend      the plan is to change, by una: Another way",
    ),
    (
        ev.PlanAmended(
            at=3.0, amendment="m", revision=1, changes=(StepChange(step=StepId("b"), fate=Fate.ADDED, why=""),)
        ),
        "plan       revision 1 of the plan holds: b added",
    ),
    (
        ev.ConstraintAdded(at=3.0, constraint=Constraint(text="Keep it", deny=("c/**",)), by="una"),
        "holds      by una: Keep it (not to be changed: c/**)",
    ),
    (
        ev.AmendmentRefused(at=3.0, amendment="m", why="there is no step 'x'"),
        "refused    the plan stays as it is: there is no step 'x'",
    ),
    (
        ev.AmendmentRefused(at=3.0, amendment="m", why="b is needed", by="una"),
        "refused    the plan stays as it is, says una: b is needed",
    ),
    (
        ev.AmendmentProposed(
            at=3.0,
            amendment="m",
            operations=(),
            why="w",
            by="the agent of step a",
            origin=AmendmentOrigin.AGENT,
            step=StepId("a"),
            asks=True,
        ),
        "amend      an agent wants the plan to change, by the agent of step a: w",
    ),
    (
        ev.AmendmentAccepted(at=3.0, amendment="m", by="una"),
        "agreed     una agrees to what an agent proposes",
    ),
    (
        ev.StockTaken(at=3.0, done=2, commit="c1"),
        "stock      2 steps done and kept; the branch is at c1; the planner is asked for another plan",
    ),
    (
        ev.PlanStopped(at=3.0, why="b deletes data", by="una"),
        "stop       the plan is wrong, says una: b deletes data",
    ),
    (
        ev.AmendmentProposed(
            at=3.0, amendment="m", operations=(), why="w", by="the planner", origin=AmendmentOrigin.RECOVERY
        ),
        "amend      the plan is to change, by the planner (recovery from a failure): w",
    ),
    (
        ev.StepsFoundWrong(at=3.0, steps=(StepId("a"),), why="It drops a line", by="una"),
        "wrong      a, says una: It drops a line",
    ),
    (
        ev.ResultsTakenBack(
            at=3.0, taken=TakingBack(tainted=(Taint(step=StepId("a")), Taint(step=StepId("b"))), kept=(StepId("c"),))
        ),
        "taken back a, b; judged again: c",
    ),
    (ev.RunLanded(at=3.0, commit="c1"), "landed     the checkout is at c1"),
    (
        ev.LandingTakenBack(at=3.0, commit="c0", by="una"),
        "undo       the landing is taken back, by una; the checkout is at c0",
    ),
    (
        ev.UndoRequested(at=3.0, by="una", leave=(StepId("b"),)),
        "undo       the run is taken back, by una; left as they are: b",
    ),
    (
        ev.BlameRequested(at=3.0, check=Check(name="unit", ask=CommandCheck(command="make")), by="una"),
        "search     for the step after which unit fails, by una",
    ),
    (
        ev.Inquired(at=3.0, check="d", commit="c0", tree="t0", environment="e", verdict=Verdict.FAILED),
        "asked      the base c0: failed",
    ),
    (ev.InquiryReused(at=3.0, commit="c0", tree="t0"), "asked      the base c0: passed (known)"),
    (
        ev.BlameEnded(at=3.0, outcome=ev.BlameOutcome.FOUND, steps=(StepId("b"),), askings=4),
        "search     found: b; 4 askings",
    ),
    (ev.RunUndone(at=3.0, commit="c0", by="una"), "undone     the run, by una; its branch is at c0, the base"),
    (
        ev.ReplanWanted(
            at=3.0, step=StepId("a"), attempt=1, rule="output", why="no output x", affects=(StepId("b"),), asks=True
        ),
        "replan     a  no output x; before b",
    ),
    (
        ev.PhaseEntered(at=3.0, phase=Phase.PLAN, reason="b is not needed"),
        "plan       the run goes back, so that its plan can change: b is not needed",
    ),
]
UNREMARKABLE: list[Event] = [
    ev.PhaseEntered(at=3.0, phase=Phase.EXECUTE),
    CHANGES,
    replace(BASELINE, step=A),
    ev.BranchUpdated(at=3.0, commit="c"),
    replace(DONE, call="1.3"),
    ev.ToolCallResolved(**STEP, call="1.3", text="a person answered: yes", ok=True),
    ev.ModelsConfigured(at=3.0, routing=ModelRouting()),
    ev.MonitorsConfigured(at=3.0, watches=Watches()),
]
"""Events of told kinds that say nothing of interest."""
QUIET = {
    # Said before the first line, or by the report after the last one.
    ev.RunCreated,
    ev.EngineStarted,
    ev.EngineStopped,
    ev.ApprovalsGiven,
    ev.ApproverConfigured,
    ev.PolicyConfigured,
    ev.MonitorsConfigured,
    ev.RecoveriesConfigured,
    ev.RecoveryChosen,
    ev.AbsenceNoted,
    ev.SamplesConfigured,
    ev.RunEnded,
    ev.StepsInvalidated,
    ev.DeadLetterTakenUp,
    ev.DeadLetterClosed,
    ev.RunRestored,
    ev.LandingRequested,
    # Nothing waits for them; the inbox and the report have them.
    ev.SampleTaken,
    ev.SampleReviewed,
    # Decisions whose fact is told, or that the tree shows.
    ev.LaneRequested,
    ev.GroupExpansionRequested,
    ev.StepStarted,
    ev.CheckpointRequested,
    ev.CheckRequested,
    ev.InquiryRequested,
    ev.ProbeRequested,
    ev.BodyStarted,
    ev.InterruptRequested,
    ev.QuietNoticed,
    ev.InspectionRequested,
    ev.MergeRequested,
    ev.CheckoutRequested,
    ev.LookRequested,
    ev.LookedAgain,
    ev.ArtifactsRequested,
    ev.ArtifactsKept,
    ev.MutationRequested,
    ev.CandidateRequested,
    ev.MutantsTried,
    ev.ServiceRequested,
    ev.ServiceReady,
    ev.ServiceStopRequested,
    ev.ServiceEnded,
    ev.CommitRequested,
    ev.RestoreRequested,
    ev.BranchUpdateRequested,
    ev.ApproverAsked,
    ev.DeadlineSet,
    ev.PatchRequested,
    # Stations of an attempt: how it ends is told.
    ev.Checkpointed,
    ev.VerdictReused,
    ev.ResultParked,
    ev.TrainFormed,
    ev.Merged,
    ev.MergeRefused,
    ev.TreeCheckedOut,
    ev.CommitWritten,
    ev.RetryDue,
    ev.PermissionAsked,
    ev.SessionTurnEnded,
    ev.SessionPrompted,
    ev.SessionTurnCancelled,
    # Of a conversation: the tree shows them.
    ev.ConversationStarted,
    ev.ModelRequested,
    ev.ModelRequestDue,
    ev.ToolCallStarted,
}
OUTSIDE_TEXTS = ("reason", "text", "by", "refused", "outside", "undeclared", "said", "proposal", "changes")
"""Fields with words that come from plans, commands and people."""


def state() -> RunState:
    """Return a run of two steps with a question."""
    made = apply(None, ev.RunCreated(at=0.0, run=RunId("r"), plan=PLAN))
    made.questions["r.1"] = QuestionState(asked=ASKED)
    return made


def progress() -> Progress:
    """Return one that began at 0 and knows that `a` started at 1."""
    made = Progress(Screen(), began_at=0.0)
    made.observe(state(), ev.StepStarted(at=1.0, step=A, attempt=1))
    made.work.follow(state(), REPLY)
    return made


def test_every_event_is_told_or_quiet_on_purpose() -> None:
    """A new kind of event has to be placed here."""
    told = {type(event) for event, _ in TOLD}
    assert (told | QUIET, told & QUIET) == (set(ev.EVENTS), set())


@pytest.mark.parametrize(("event", "words"), TOLD, ids=lambda value: getattr(value, "kind", ""))
def test_an_event_of_interest_is_one_line(event: Event, words: str) -> None:
    """When, what, and of which step."""
    line = progress().line_of(state(), event)
    assert line is not None
    assert line.text == f"      3.0 s  {words}"


def test_an_attempt_beyond_those_of_the_plan_is_of_no_number() -> None:
    """A person wanted one more."""
    more = state()
    more.nodes[STEP["step"]].failures = 3
    line = progress().line_of(more, ev.RetryScheduled(**STEP, due=3.0))
    assert line is not None
    assert line.text.endswith("again      a  at once, attempt 4")


def test_a_paused_run_promises_no_attempt_at_once() -> None:
    """The next one comes when somebody resumes it."""
    paused = state()
    paused.pausing = "una"
    line = progress().line_of(paused, ev.RetryScheduled(**STEP, due=3.0))
    assert line is not None
    assert line.text.endswith("again      a  when the run is resumed, attempt 1 of 3")


@pytest.mark.parametrize(
    "event", [*(event for event, _ in TOLD), ev.CheckRequested(**STEP, check=0, moment=Moment.AFTER)]
)
def test_no_event_needs_its_step_to_be_in_the_plan_still(event: Event) -> None:
    """An amendment in the same commit may have dropped it."""
    dropped, shown = state(), progress()
    for name in (A, B):
        del dropped.nodes[name]
    dropped.ready.clear()
    shown.observe(dropped, event)
    assert shown.state is dropped


def test_a_pause_of_ones_own_is_by_you() -> None:
    """Who pressed Ctrl-C reads no name."""
    line = progress().line_of(state(), ev.RunPaused(at=3.0, reason=current_user()))
    assert line is not None
    assert line.text.endswith("paused     by you")


@pytest.mark.parametrize("event", UNREMARKABLE, ids=lambda event: event.kind)
def test_an_event_that_says_nothing_new_is_not_told(event: Event) -> None:
    """Only what deserves a line gets one."""
    assert progress().line_of(state(), event) is None


@pytest.mark.parametrize("kind", sorted(QUIET, key=lambda kind: kind.kind), ids=lambda kind: kind.kind)
def test_a_quiet_event_has_no_line(kind: type[Event]) -> None:
    """Whatever is in it."""
    assert progress().line_of(state(), object.__new__(kind)) is None


@pytest.mark.parametrize("event", [event for event, _ in TOLD], ids=lambda event: event.kind)
def test_no_word_from_outside_breaks_a_line(event: Event) -> None:
    """Names of files and reasons may hold anything."""
    evil = "x\ny\x1b[2J"
    fields = {name: getattr(event, name) for name in OUTSIDE_TEXTS if getattr(event, name, None)}
    poisoned = {name: _poisoned(value, evil) for name, value in fields.items()}
    line = progress().line_of(state(), replace(event, **poisoned))
    assert line is not None
    assert [char for char in line.text if unicodedata.category(char) == "Cc"] == []


def _poisoned(value: object, evil: str) -> object:
    match value:
        case (StepChange() as change,):
            return (replace(change, step=StepId(evil)),)
        case str():
            return evil
        case _:
            return (evil,)


def test_a_step_given_up_for_the_reason_just_told_does_not_say_it_again() -> None:
    """The failed attempt stands a line above."""
    made = progress()
    made.line_of(state(), FAILED)
    line = made.line_of(state(), ev.StepFailed(**STEP, reason=FAILED.reason))
    assert line is not None
    assert line.text == "      3.0 s  given up   a"


@pytest.mark.parametrize(
    "then",
    [ev.StepFailed(**STEP, reason=LONG), ev.StepSkipped(**STEP, reason=f"failed: {LONG}")],
    ids=["block", "skip"],
)
def test_a_failed_attempt_shows_the_last_three_lines_of_its_output_once(
    then: Event, capsys: pytest.CaptureFixture[str]
) -> None:
    """They keep their line breaks, and the step given up for the same reason does not say them again (M118)."""
    made = Progress(Screen(), began_at=0.0)
    for event in (replace(FAILED, reason=LONG), then):
        made.observe(state(), event)
    said = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert said[1:4] == ["| two", "| three", "| four"]
    assert len(said) == 5


def test_an_acceptance_check_that_is_asked_again_does_not_tell_its_output_yet(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The second answer counts, and it comes with the lines that show it."""
    check = Check(name="c", ask=CommandCheck(command="x"), expect=Expect.PASS_TO_PASS)
    run = apply(None, ev.RunCreated(at=0.0, run=RunId("r"), plan=replace(PLAN, accept=(check,))))
    made = Progress(Screen(), began_at=0.0)
    for asked in (1, 2):
        run.accept.records[0].after, run.accept.records[0].asked_after = Verdict.FAILED, asked
        made.observe(run, replace(RED, text="exit status 1\nwhy"))
    said = [line.split("  ", 1)[1].strip() for line in capsys.readouterr().out.splitlines()]
    assert [line.split("c  ")[-1] for line in said] == ["failed; asked once more", "failed: exit status 1", "| why"]


def test_a_warning_that_several_bodies_print_is_told_once() -> None:
    """The report names all of them (M128)."""
    made = progress()
    assert made.line_of(state(), REMARK) is not None
    assert made.line_of(state(), replace(REMARK, step=B)) is None


def test_a_verified_step_says_where_the_run_stands_and_what_comes_next() -> None:
    """With the titles of both (M129)."""
    titled = replace(PLAN, steps=tuple(replace(step, title=f"Do {step.id}") for step in PLAN.steps))
    run = apply(None, ev.RunCreated(at=0.0, run=RunId("r"), plan=titled))
    finish(run, run.nodes[A], StepStatus.VERIFIED, None)
    take_ready(run, run.nodes[A])
    line = progress().line_of(run, ev.StepVerified(**STEP, proof="checks", commit="123456789"))
    assert line is not None
    assert line.text.endswith("a (Do a)  1234567  2.0 s, proved by its checks; step 1 of 2, next: b (Do b)")


def test_steps_that_are_verified_at_once_are_counted_one_by_one() -> None:
    """Each where it comes in the journal, though both hold by the time they are told of."""
    run = state()
    for place, name in enumerate((A, B), start=5):
        finish(run, run.nodes[name], StepStatus.VERIFIED, None)
        take_ready(run, run.nodes[name])
        run.nodes[name].verified_seq = place
    made = progress()
    lines = [made.line_of(run, ev.StepVerified(**{**STEP, "step": name}, proof="checks")) for name in (A, B)]
    assert [line.text.rsplit("; ", 1)[1] for line in lines if line is not None] == ["step 1 of 2", "step 2 of 2"]


def test_a_step_given_up_counts_what_it_blocks() -> None:
    """Of the steps that depend on it."""
    run = state()
    run.nodes[B].status, run.nodes[B].blocked_by = run.nodes[B].status.BLOCKED, (A,)
    line = progress().line_of(run, ev.StepFailed(**STEP, reason="no"))
    assert line is not None
    assert line.text.endswith("given up   a: no; 1 step blocked by it")


def test_a_lane_without_preparation_is_not_told() -> None:
    """It is there at once."""
    run = apply(None, ev.RunCreated(at=0.0, run=RunId("r"), plan=replace(PLAN, prepare=None)))
    assert progress().line_of(run, ev.LaneReady(at=3.0, lane="1", environment="e")) is None


def test_lines_wait_while_a_person_answers(capsys: pytest.CaptureFixture[str]) -> None:
    """They come when the answer is given, in order."""
    made = progress()
    made.hold()
    for event in (replace(FAILED, reason="no"), ev.LaneRestored(**STEP)):
        made.observe(state(), event)
    assert capsys.readouterr().out == ""
    made.begin()
    assert [line.split()[2] for line in capsys.readouterr().out.splitlines()] == ["failed", "restored"]


def test_what_was_held_back_is_shown_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is lost when the run stops under an open question."""
    made = progress()
    made.hold()
    made.observe(state(), FAILED)
    made.end()
    assert "exit status 1" in capsys.readouterr().out


@pytest.mark.parametrize(("event", "is_told"), [(FAILED, True), (ev.LaneRestored(**STEP), False)])
def test_what_the_tree_shows_has_no_line_above_it(event: Event, is_told: bool, terminal: Terminal) -> None:
    """What a person should see stays on the screen; what goes as it should is folded into counts."""
    made = Progress(terminal.screen(), began_at=0.0)
    made.observe(state(), event)
    assert (terminal.seen() != "") is is_told


def test_a_question_that_is_not_asked_here_is_shown_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    """With the command that answers it."""
    made = Progress(Screen(), began_at=0.0, shows_questions=True)
    made.observe(state(), replace(ASKED, options=("applied", "not_applied")))
    said = capsys.readouterr().out
    assert ("  Was it?\n" in said, "  surefoot answer r.1 applied|not_applied\n" in said) == (True, True)


@pytest.mark.parametrize(
    ("check", "meant"),
    [
        (Check(name="c", ask=CommandCheck(command="x"), expect=Expect.FAIL_TO_PASS), ", as it should now"),
        (Check(name="c", ask=CommandCheck(command="x"), expect=Expect.PASS_TO_PASS), ", so it does not count"),
        (
            Check(name="c", ask=TestsCheck(command="x"), expect=Expect.PASS_TO_PASS),
            ", so only tests that pass now count",
        ),
    ],
    ids=["fail_to_pass", "pass_to_pass", "by test"],
)
def test_a_red_baseline_says_what_that_means(check: Check, meant: str) -> None:
    """Nothing went wrong, and nobody should think so."""
    made = apply(None, ev.RunCreated(at=0.0, run=RunId("r"), plan=replace(PLAN, accept=(check,))))
    line = progress().line_of(made, replace(RED, moment=Moment.BEFORE))
    assert line is not None
    assert line.text == f"      3.0 s  baseline   c  failed{meant}: so it goes"


def test_a_phase_of_a_goal_in_words_is_told() -> None:
    """Who gave a goal sees when the first change may come."""
    run = apply(None, ev.RunCreated(at=0.0, run=RunId("r"), plan=PLAN, goal_options=GoalOptions()))
    line = progress().line_of(run, ev.PhaseEntered(at=3.0, phase=Phase.EXECUTE))
    assert line is not None
    assert line.text.endswith("execute    the plan holds; its steps are carried out")


def test_no_findings_are_said_to_be_recorded_on_the_short_way() -> None:
    """Nothing was explored: the runtime has made the plan, and the line before tells of it."""
    plan = replace(PLAN, steps=(replace(PLAN.steps[0], id=SHORT_WAY, needs=()),))
    run = apply(None, ev.RunCreated(at=0.0, run=RunId("r"), plan=plan, goal_options=GoalOptions()))
    assert progress().line_of(run, ev.PhaseEntered(at=3.0, phase=Phase.PLAN)) is None


def test_what_an_agent_did_stays_above_the_tree(terminal: Terminal) -> None:
    """Edits and commands are logged; what it said is in the tree."""
    made = Progress(terminal.screen(), began_at=0.0)
    made.observe(state(), REPLY)
    assert terminal.seen() == ""
    made.observe(state(), DONE)
    assert "edit src/a.py" in terminal.seen()


def test_different_models_are_named_with_their_roles() -> None:
    """The order of a chain is the order in which they are asked."""
    other = RoleModels(chain=(ModelFacts(name="y:small"), MODEL))
    routing = ModelRouting(roles={"worker": RoleModels(chain=(MODEL,)), "scout": other})
    line = progress().line_of(state(), ev.ModelsConfigured(at=3.0, routing=routing))
    assert line is not None
    assert line.text.endswith("models     worker: x:big; scout: y:small, then x:big")
