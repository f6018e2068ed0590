"""The runs whose journals are kept: one of each kind, played by the kernel against the kindest world."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import Fault, GoalOptions, ModelRouting, RoleModels, ToolCall, Usage
from surefoot.core.amendments import (
    AddAccept,
    AddConstraint,
    AddStep,
    DropAccept,
    DropConstraint,
    DropStep,
    MoveStep,
    ReplaceStep,
    SetGoal,
    SetLimits,
    SetScope,
)
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.event_words import ApproverWord, Diagnosis, Ending, Moment, Mutant, Status, Verdict
from surefoot.core.events import Event
from surefoot.core.ids import BlobId, StepId
from surefoot.core.ladder_table import Ladders, Rung
from surefoot.core.monitor_table import Say, Watch, Watches
from surefoot.core.plan import (
    AgentBody,
    Check,
    Compare,
    Constraint,
    Effect,
    ForEach,
    Limits,
    OnFailure,
    Plan,
    RetryPolicy,
    RunBody,
    Service,
    Step,
    Tier,
    WorkerBody,
)
from surefoot.core.policy_types import CommandFacts, Demand, Overdue, Policy, Rule
from surefoot.core.policy_types import Tier as RuleTier
from surefoot.core.probe_kinds import Probe, RunProbe
from surefoot.core.sample_rates import SampleRates
from surefoot.core.tool_payload import PlanChange, ProposedAmendment
from tests.core.conftest import Play
from tests.core.test_kernel_conversations import calls
from tests.core.test_kernel_table import CASTING, FACTS, WISHED, walk

AT_A = {"step": StepId("a"), "attempt": 1}
PROOF = Check(name="proof", ask=CommandCheck(command="p"), expect=Expect.FAIL_TO_PASS)
KEPT = Check(name="kept", ask=CommandCheck(command="k"), expect=Expect.PASS_TO_PASS)
BAD = Ending(status=Status.EXIT, exit_code=1)
AGAIN = {"retry": RetryPolicy(retry_unknown=True)}
DEMAND = Demand(expires_s=60.0, overdue=Overdue.STOP)
SOON = Rule(name="soon", tier=RuleTier.CONFIRM, reason="Because.", steps=("b",), demand=DEMAND)
AGENT = {"body": AgentBody(instructions="do it"), "checks": (PROOF,), "retry": RetryPolicy(retry_unknown=True)}


def _plan() -> list[Event]:
    """Two steps after each other; the first fails once, and an engine is followed by another."""
    run = Play({"a": {"checks": (PROOF,), "retry": RetryPolicy(retry_unknown=True)}, "b": {"needs": ("a",)}})
    return run.go(do.RunStep, "a").claim().go().journal


def _sampled() -> list[Event]:
    """Two results that nobody was asked about: one is found right, one is found wrong once the run has ended."""
    run = Play({"a": {}, "b": {"needs": ("a",)}}).say(ev.SamplesConfigured, rates=SampleRates(auto=1.0, log=1.0)).go()
    run.say(ev.SampleReviewed, **AT_A, ok=True, why="", roles=(), via="api")
    return run.say(ev.SampleReviewed, step=StepId("b"), attempt=1, ok=False, why="It is empty", via="api").journal


def _dead_letters() -> list[Event]:
    """A step that is given up is closed, taken up again, and given up once more; a run that stands still is closed."""
    failing = {"a": {"retry": RetryPolicy(maximum_attempts=1)}, "b": {"needs": ("a",)}}
    lost = {"ending": Ending(status=Status.EXIT, exit_code=1)}
    run = Play(failing).will(do.RunStep, "a", **lost).will(do.RunStep, "a", **lost).go()
    run.say(ev.DeadLetterClosed, **AT_A, why="The vendor has to mend it")
    run.say(ev.DeadLetterTakenUp, step=StepId("a")).say(ev.StepsInvalidated, steps=(StepId("a"),))
    run.say(ev.DeadLetterClosed, step=None, attempt=0, why="")
    return run.claim().go().journal


def _lanes() -> list[Event]:
    """Three steps of which two run at once."""
    return Play({"a": {}, "b": {}, "c": {"needs": ("a", "b")}}, limits=Limits(parallel=2)).go().journal


def _approvals() -> list[Event]:
    """An effect outside that is denied, and one that is approved."""
    run = Play({"a": {"effect": Effect.IRREVERSIBLE}, "b": {"effect": Effect.IRREVERSIBLE}}).go()
    return run.reply("no", reason="not today").go().reply("yes").go().journal


def _services() -> list[Event]:
    """A step and its check use a service."""
    return Play({"a": {"uses": ("db",), "checks": (PROOF,)}}, services=(Service(name="db", run="db"),)).go().journal


def _goal() -> list[Event]:
    """A goal in words, with a reviewer."""
    *_, (_, events) = walk(created=WISHED)
    return events


def _agent() -> list[Event]:
    """An agent whose first attempt does not pass its check."""
    run = Play({"a": AGENT}).say(ev.ModelsConfigured, routing=CASTING)
    run.say(ev.MonitorsConfigured, watches=Watches(own={"cycle": Watch(say=Say.FAIL, figures={"rounds": 4})}))
    return run.will(do.AskCheck, "proof").will(do.AskCheck, "proof", verdict=Verdict.FAILED, text="1 != 2").go().journal


def _messages() -> list[Event]:
    """What a person says to an agent: one message waits for the next request, one breaks a request off."""
    run = Play({"a": AGENT}).say(ev.ModelsConfigured, routing=CASTING).go(do.UseTool)
    run.say(ev.MessageSent, message="first", to=StepId("a"), text="Keep the tests.").go(do.RequestModel)
    run.say(ev.QuietNoticed, step=StepId("a"), attempt=1, effect="model_request", quiet_s=900.0)
    return run.say(ev.MessageSent, message="second", to=None, text="Now stop.", is_urgent=True).go().journal


def _amended() -> list[Event]:
    """A plan that is changed while its step is under way, and a change that comes too late."""
    run = Play({"a": {}, "b": {"needs": ("a",)}}).go(do.RunStep, "a")
    anew = Step(id=StepId("a"), body=RunBody(command="anew"))
    added = Step(id=StepId("c"), body=RunBody(command="c"), needs=("b",))
    operations = (
        *(ReplaceStep(step=anew.id, by=anew), AddStep(step=added), MoveStep(step=added.id, before=StepId("b"))),
        *(SetGoal(goal="h"), SetScope(scope_write=("src/**",)), SetLimits(limits=Limits(parallel=2))),
        *(AddAccept(check=KEPT), DropAccept(name=KEPT.name)),
        *(AddConstraint(constraint=Constraint(text="Keep it")), DropConstraint(text="Keep it")),
    )
    run.say(ev.ConstraintAdded, constraint=Constraint(text="Keep that", deny=("c/**",)))
    run.say(ev.AmendmentProposed, amendment="m1", operations=operations, why="Another way")
    run.say(ev.AmendmentProposed, amendment="m2", operations=(DropStep(step=StepId("b")),), why="The new step needs it")
    return run.go().journal


def _stopped() -> list[Event]:
    """A plan that a person stops while its step is under way, which the planner makes anew; a red acceptance."""
    offered = ProposedAmendment(operations=(DropStep(step=StepId("b")),), why="b is not needed")
    run = Play({"a": {}, "b": {"needs": ("a",)}}, accept=(KEPT,)).say(
        ev.ModelsConfigured, routing=replace(CASTING, with_planner=True)
    )
    run.say_yes().go(do.RunStep, "a").say(ev.PlanStopped, why="b is wrong").will(do.UseTool, "2.1", payload=offered)
    return run.will(do.AskCheck, KEPT.name).will(do.AskCheck, KEPT.name, verdict=Verdict.FAILED).go().journal


def _proposed() -> list[Event]:
    """What an agent wants changed in the plan while it works: a person agrees to one thing, and not to another."""
    added = AddStep(step=Step(id=StepId("d"), body=RunBody(command="d")), before=StepId("b"))
    run = Play({"a": AGENT, "b": {"needs": ("a",)}}).say(ev.ModelsConfigured, routing=CASTING).say_yes()
    for number, one in (("1.1", added), ("2.1", DropStep(step=StepId("b")))):
        run.will(do.UseTool, number, payload=PlanChange(text="change it", operations=(one,)))
    return run.go().reply("yes").go().reply("no", reason="b is needed").go().journal


def _taken_back() -> list[Event]:
    """A step that is found wrong while the run works: what consumed it is done again, another result stays."""
    steps = {"x": {}, "a": {}, "b": {"needs": ("a",)}, "c": {}, "d": {"needs": ("b", "c")}}
    run = Play(steps).go(do.RunStep, "d").say(ev.StepsFoundWrong, steps=("a",), why="It is wrong")
    return run.go().journal


def _mutated() -> list[Event]:
    """Results whose checks notice each small change, miss one, and are not tried, as they do not hold."""
    tried = {"checks": (PROOF,), "probe_checks": True}
    survivor = Mutant(path="a.py", line=3, before="if n > 3:", after="if n >= 3:")
    run = Play({"a": tried, "b": tried, "c": tried}).will(do.TryMutants, "b", noticed=2, survivors=(survivor,))
    return run.will(do.TryMutants, "c", ev.EffectFailed, reason="no room", diagnosis=Diagnosis.STRUCTURAL).go().journal


def _candidates() -> list[Event]:
    """Results of several attempts: all agree in one step, and a person chooses in another one, having wanted others."""
    several = {"checks": (PROOF,), "best_of": 2, "compare": Compare(run="show")}
    run = Play({"a": several, "b": {**several, "checks": (replace(PROOF, ask=CommandCheck(command="q")),)}})
    run.will(do.KeepCandidate, "b", shown="x").will(do.KeepCandidate, "b", shown="y", flaw="")
    run.go().reply("anew").will(do.KeepCandidate, "b", shown="x").go()
    return run.reply("2").go().journal


def _approver() -> list[Event]:
    """Code of the caller's that lets a step proceed, leaves one to people, and refuses one; it was asked once more."""
    pay = {"effect": Effect.IRREVERSIBLE}
    run = Play({"a": pay, "b": pay, "c": pay}).say(ev.ApproverConfigured, approver="gate").go(do.AskApprover, "a")
    run.claim().will(do.AskApprover, "b", word=ApproverWord.ASK, fault="ValueError: no")
    run.will(do.AskApprover, "c", word=ApproverWord.REFUSE, reason="not today").go()
    return run.reply("yes").go().journal


def _replanned() -> list[Event]:
    """Steps whose outputs are not what the plan expects: a doubt that is settled by a word, and one by an amendment."""
    expects = {"expects": {"version": "[0-9]+"}}
    needing = {"c": {"needs": ("a",)}, "d": {"needs": ("b",)}}
    run = Play({"a": expects, "b": expects, **needing})
    for name in ("a", "b"):
        run.will(do.RunStep, name, outputs={"version": "two"}, unexpected=("version",))
    run.go().reply("go_on").go()
    anew = Step(id=StepId("d"), body=RunBody(command="anew"))
    operations = (ReplaceStep(step=anew.id, by=anew),)
    return run.say(ev.AmendmentProposed, amendment="m", operations=operations, why="").go().journal


def _people() -> list[Event]:
    """All that people say: rules, consents, a pause, another plan of limits, words too late, a restore, a cancel."""
    run = Play({"a": {"checks": (KEPT,), **AGAIN}, "b": {"needs": ("a",), "tier": Tier.CONFIRM}})
    run.say(ev.PolicyConfigured, policy=Policy(own=(SOON,))).say(ev.ApprovalsGiven, allow=("a",))
    run.will(do.RunStep, "a", ending=BAD).will(do.Inspect, "a", tree="t0", changed=()).go(do.WaitForRetry).go(
        do.RunStep, "a"
    ).say(ev.PauseRequested, interrupt=True).go()
    run.say(ev.LimitsRaised, limits=Limits(wall_s=60.0)).say(ev.RunResumed).go(do.WaitForDeadline).let(
        do.WaitForDeadline
    ).go()
    run.say(ev.StepsInvalidated, steps=("b",)).go().reply("yes", edit="b --less").go()
    run.say(ev.RunRestored, to="a", commit="c-a", pending=("b",)).say(ev.RunResumed).go(do.RunStep)
    return run.say(ev.CancelRequested).go().say(ev.EngineStopped, reason="ended").journal


def _undone() -> list[Event]:
    """A run that was landed and is taken back: one effect is undone by a command, after a yes; another one stays."""
    steps = {"a": {}, "b": {"effect": Effect.IRREVERSIBLE, "undo_run": "un-b"}, "c": {"effect": Effect.IRREVERSIBLE}}
    run = Play(steps).say(ev.ApprovalsGiven, allow=("b", "c")).go()
    run.say(ev.LandingRequested, ref="refs/heads/main", before="c0", commit="c-c").say(ev.RunLanded, commit="m")
    run.say(ev.LandingTakenBack, commit="c0").say(ev.UndoRequested).claim().go().reply("yes").go()
    return run.say(ev.EngineStopped, reason="ended").journal


def _blamed() -> list[Event]:
    """A run in which a check fails after its second step, as asking shows; the base had passed it."""
    check = Check(name="kept", ask=CommandCheck(command="k"), expect=Expect.PASS_TO_PASS)
    run = Play({"a": {}, "b": {"needs": ("a",)}, "c": {"needs": ("b",)}}, accept=(check,))
    run.will(do.AskCheck, "kept")
    for _ in range(2):
        run.will(do.AskCheck, "kept", verdict=Verdict.FAILED, text="exit status 1")
    run.go()
    for commit in ("c-c", "c-c", "c-b"):
        run.will(do.Inquire, commit, verdict=Verdict.FAILED, text="exit status 1")
    run.say(ev.EngineStopped, reason="ended").say(ev.BlameRequested, check=check).claim().go()
    return run.say(ev.EngineStopped, reason="ended").journal


def _groups() -> list[Event]:
    """A group whose result comes too late, files handed on, a doubt that is probed, and a step that takes all back."""
    steps = {
        "z": {"artifacts": ("out/*",)},
        "g-{item}": {"body": RunBody(command="wc {item}"), "for_each": ForEach(items=("x", "y")), "needs": ("z",)},
        "p": {"effect": Effect.IDEMPOTENT, "probe": Probe(ask=RunProbe(command="q")), "needs": ("g-*",), **AGAIN},
        "s": {"needs": ("p",), "on_failure": OnFailure.SKIP},
        "f": {"needs": ("s",), "on_failure": OnFailure.ROLLBACK, "rollback_to": "z"},
    }
    run = Play(steps, limits=Limits(parallel=2)).say_yes()
    run.will(do.MergeResult, "g-y", ev.MergeRefused, reason="they conflict", conflicts=("f",))
    run.will(do.RunStep, "p", ending=BAD).will(do.RunStep, "s", ending=BAD).will(do.RunStep, "f", ending=BAD)
    return run.will(do.OpenLane, "1", ev.EffectFailed, reason="no room", diagnosis=Diagnosis.TRANSIENT).go().journal


def _trains() -> list[Event]:
    """Results that are judged together, of which one does not hold, and one that was made on too old a base."""
    suite = Check(name="suite", ask=CommandCheck(command="suite"))
    run = Play({name: {"checks": (suite,)} for name in "abcdef"}, limits=Limits(parallel=4, train=4))
    for verdict in (Verdict.PASSED, Verdict.PASSED, Verdict.FAILED):
        run.will(do.AskCheck, "suite", verdict=verdict)
    run.will(do.MergeResult, "d", ev.MergeRefused, reason="they conflict", conflicts=("f",))
    return run.go().journal


def _faults() -> list[Event]:
    """A model that fails, a limit that is reached, calls that are not carried out, a conversation that is stopped."""
    chain = RoleModels(chain=(FACTS, replace(FACTS, name="n")))
    run = Play({"a": AGENT}, limits=Limits(requests=6)).say(
        ev.ModelsConfigured, routing=ModelRouting(roles={"worker": chain})
    )
    for fault in (Fault.RATE_LIMIT, Fault.CONTEXT, Fault.REFUSED):
        run.will(do.RequestModel, "a", ev.ModelRequestFailed, fault=fault, text="no", usage=Usage(requests=1))
    run.will(do.RequestModel, "a", calls=calls(1, "edit", "moon"))
    run.will(do.AskCheck, "during proof", verdict=Verdict.FAILED, text="not yet")
    for turn in range(2, 12):
        run.will(do.RequestModel, "a", calls=calls(turn, "list", arguments=BlobId("same")))
    run.go(do.UseTool).say(ev.PauseRequested, interrupt=True).go().say(ev.RunResumed).go()
    return run.say(ev.LimitsRaised, limits=Limits(requests=99)).say(ev.RunResumed).go().journal


def _recovered() -> list[Event]:
    """An agent whose attempts fail: the rungs of a ladder, a long absence, and a person at the end."""
    ladders = Ladders(rungs={"verification": (Rung.VERIFY_CLAIMS, Rung.RESTATE, Rung.ASK)}, own=("verification",))
    run = Play({"a": AGENT}).say(ev.ModelsConfigured, routing=CASTING)
    run.say(ev.RecoveriesConfigured, ladders=ladders.in_force)
    for _ in range(3):
        run.will(do.AskCheck, "proof", verdict=Verdict.FAILED, text="not yet")
    run.will(do.UseTool, "1.1", saw={"x.log": "d"}).will(do.LookAgain, "a", changed=("x.log",))
    run.go(do.UseTool).go(do.RequestModel).claim().say(ev.AbsenceNoted, away_s=7200.0).go()
    return run.journal


def _edits() -> list[Event]:
    """A plan and a result that a person writes anew, and a service that ends."""
    run = (
        Play({}, goal_options=GoalOptions(), services=(Service(name="db", run="db"),))
        .say(ev.ModelsConfigured, routing=CASTING)
        .go()
    )
    made = Step(id=StepId("mine"), body=RunBody(command="m"), uses=("db",), checks=(KEPT,), **AGAIN)
    plan = Plan(goal="g", steps=(made,), services=(Service(name="db", run="db"),))
    run.say(
        ev.PolicyConfigured,
        policy=Policy(own=(Rule(name="own", tier=RuleTier.CONFIRM, reason="Mine.", paths=("mine",)),)),
    )
    run.say(ev.PlanEdited, step=StepId("(plan)"), attempt=1, plan=plan, text=BlobId("t")).reply("edit")
    run.will(do.RunStep, "mine", ending=BAD).will(do.Inspect, "mine", tree="t0").go()
    run.will(do.Inspect, "mine", tree="t-edited").reply("yes", diff=BlobId("p")).go(do.ApplyPatch)
    return run.say(ev.ServiceEnded, lane="1", service="db", reason="it crashed").go().reply("yes").go().journal


def _worker() -> list[Event]:
    """An agent of others that is given a permission, is approved another, refused a third, and then told something."""
    body = WorkerBody(instructions="do it", worker="acp:claude")
    run = Play({"a": {"body": body, "checks": (PROOF,)}}).will(do.AskCheck, "proof", verdict=Verdict.FAILED)
    run.go(do.RunStep).say(ev.SessionOpened, **AT_A, agent="a 1", protocol=1, session="s").say(
        ev.SessionReported, **AT_A, lines=("said: hello",), updates=BlobId("u"), usage=Usage(input_tokens=7)
    )
    for number, command in enumerate((("ls",), ("git", "push"), ("git", "push", "-f")), start=1):
        does = CommandFacts(commands=(command,))
        call = ToolCall(call=f"p.{number}", tool="execute", arguments=BlobId("a"), summary="x", does=does)
        run.say(ev.PermissionAsked, **AT_A, call=replace(call, command=" ".join(command)))
        run._decide()
    run.reply("yes")._decide()
    run.reply("no", reason="not by force")._decide()
    run.say(ev.MessageSent, message="m1", to=AT_A["step"], text="Be brief.", by="Ada", is_urgent=True)._decide()
    for turn in (1, 2):
        run.say(ev.SessionTurnEnded, **AT_A, turn=turn)._decide()
    return run.go().journal


def refused() -> list[Event]:
    """Return a journal in which a step is verified though its check was not asked after the body."""
    check = Check(name="still green", ask=CommandCheck(command="t"), expect=Expect.PASS_TO_PASS)
    events, asked = Play({"a": {"checks": (check,)}}).go().journal, (ev.CheckRequested, ev.CheckAnswered)
    return [event for event in events if not (isinstance(event, asked) and event.moment is Moment.AFTER)]


JOURNALS: Mapping[str, Callable[[], list[Event]]] = {
    "plan": _plan,
    "sampled": _sampled,
    "dead_letters": _dead_letters,
    "lanes": _lanes,
    "approvals": _approvals,
    "services": _services,
    "goal": _goal,
    "agent": _agent,
    "messages": _messages,
    "approver": _approver,
    "people": _people,
    "undone": _undone,
    "blamed": _blamed,
    "groups": _groups,
    "trains": _trains,
    "faults": _faults,
    "recovered": _recovered,
    "edits": _edits,
    "amended": _amended,
    "taken_back": _taken_back,
    "replanned": _replanned,
    "stopped": _stopped,
    "proposed": _proposed,
    "mutated": _mutated,
    "candidates": _candidates,
    "worker": _worker,
}
