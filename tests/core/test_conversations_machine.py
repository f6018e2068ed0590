"""Agents and goals in words against a world that says what it likes, and dies when it likes."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import initialize, invariant, precondition, rule

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import GoalOptions, ModelRouting, ToolKind, Usage
from surefoot.core.amendment_effects import effects_of
from surefoot.core.amendments import AddConstraint, AddStep, DropStep, MoveStep, Operation
from surefoot.core.budget import spent_by
from surefoot.core.cost_report import spending_of
from surefoot.core.event_words import Diagnosis, Moment, Outcome, Phase
from surefoot.core.events import Event
from surefoot.core.ids import BlobId, RunId, StepId
from surefoot.core.kernel import apply
from surefoot.core.kernel.plan_adoption import flaw_of_plan
from surefoot.core.kernel.question_fold import EDIT
from surefoot.core.messages import flaw_of_message
from surefoot.core.plan import AgentBody, Constraint, Plan
from surefoot.core.state import QuestionState
from surefoot.core.system_steps import (
    BASELINE,
    COMMANDS,
    PLAN_HOLDS,
    PLANNING,
    REPLANNING,
    REVIEWING,
    SYSTEM_STEPS,
    UNDERSTANDING,
)
from surefoot.core.tool_table import TOOLBOX, StoredTexts
from surefoot.effects import CHECKOUT
from tests.core.drawing import plans
from tests.core.talking_world import (
    HIDDEN,
    SHOWN,
    another_plan,
    castings,
    changes_of,
    kind_result,
    only_prices,
    reply_to,
    result_of,
    with_agents,
)
from tests.core.test_kernel_machine import KernelMachine, World
from tests.core.world import kind_fact
from tests.examples import examples

_OF_LANE = (
    do.CheckOutTree | do.Inspect | do.RestoreLane | do.AskCheck | do.TakeCheckpoint | do.WriteCommit | do.MergeResult
)
"""What would see, or spoil, the files that a tool is at work on."""


def shows_plan(question: QuestionState) -> bool:
    """Tell whether a plan is shown, in whose place another one can be put."""
    return question.asked.step == PLANNING and EDIT in question.asked.options


class TalksMachine(KernelMachine):
    """The machine of plans, with agents among the steps, or with a goal in words in place of a plan."""

    routing: ModelRouting

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        """Create the run and claim it."""
        self.world, self.open, self.token = World(), [], 0
        self.asked, self.results, self.epoch, self.drawn = 0, set(), {}, {}
        self.routing = data.draw(castings())
        plan = with_agents(data.draw, data.draw(plans()))
        goal_options = data.draw(st.sampled_from([None, GoalOptions(), GoalOptions(plan_only=True)]))
        plan = plan if goal_options is None else replace(plan, steps=())
        has_lanes = goal_options is not None or data.draw(st.booleans())
        has_lanes = has_lanes or plan.accept or any(step.checks or step.uses for step in plan.steps)
        created = ev.RunCreated(
            at=1000.0,
            run=RunId("20260101-aaaaaa"),
            plan=plan,
            goal_options=goal_options,
            base="base" if has_lanes else None,
            base_tree="t",
        )
        self.journal = [created]
        self.state = apply(None, created)
        if data.draw(st.booleans()):
            self.say(ev.ApprovalsGiven(at=1000.0, by="me", yes=True))
        self.claim()

    def say(self, event: Event) -> None:
        """Fold what is said without letting the kernel decide upon it yet."""
        apply(self.state, event)
        self.journal.append(event)

    def claim(self) -> None:
        """Let a new engine begin, which says what models play which roles."""
        self.token, self.open = self.token + 1, []
        engine = {"engine": "e", "token": self.token, "pid": 1, "host": "h", "rung": "bubblewrap", "release": "0"}
        self.say(ev.EngineStarted(at=self.world.now, **engine))
        if self.state.routing != self.routing:
            self.say(ev.ModelsConfigured(at=self.world.now, routing=self.routing))
        self.fold()

    @precondition(lambda self: bool(self.open))
    @rule(data=st.data(), is_kind=st.booleans())
    def go_on(self, data: st.DataObject, is_kind: bool) -> None:
        """Let many commands be answered in order, perhaps those of talks as one would wish: so runs get somewhere."""
        for _ in range(data.draw(st.sampled_from([3, 10, 30]))):
            under_way = [one for one in self.open if not isinstance(one, do.WaitForDeadline)]
            if not under_way:
                return
            self.open.remove(under_way[0])
            self.world.now += 1.0
            fact_for = self.kind_fact_for if is_kind else self.fact_for
            self.fold(fact_for(under_way[0], data))

    def kind_fact_for(self, command: do.Command, data: st.DataObject) -> Event:
        """Return what one would wish to hear from models, tools and checks."""
        match command:
            case do.RequestModel():
                usage = Usage(requests=1)
                return replace(kind_fact(command, self.world.now), usage=usage)
            case do.UseTool():
                place = {"at": self.world.now, "step": command.step, "attempt": command.attempt}
                return kind_result(command, place, data.draw(plans()), data.draw)
            case do.AskCheck() | do.StartConversation():
                fact = kind_fact(command, self.world.now)
                return replace(fact, tree=self.tree_of(command)) if isinstance(fact, ev.ConversationStarted) else fact
            case _:
                return self.fact_for(command, data)

    # --- what people do beside

    @rule(data=st.data())
    def go_on_again(self, data: st.DataObject) -> None:
        """Say yes to what is asked, and go on: three rules that get somewhere beside those that do not."""
        for found in self.state.open_questions:
            is_late = found.due is not None and found.due <= self.world.now
            roles, text = ("ops", "lead"), (found.asked.options or ("blue",))[0]
            if not is_late and found.asked.about != "in_doubt" and "me" not in found.approved_by:
                answer = {"question": found.asked.question, "answer": text, "by": "me", "roles": roles}
                self.fold(ev.QuestionAnswered(at=self.world.now, **answer))
                break
        if self.open:
            self.go_on(data, is_kind=True)

    @precondition(lambda self: self.state.engine_on)
    @rule()
    def stop(self) -> None:
        """Let the engine go, and another come."""
        self.say(ev.EngineStopped(at=self.world.now, reason="stopped"))
        self.claim()

    @precondition(lambda self: self.state.outcome is None and self.state.limit is not None)
    @rule(routing=st.one_of(st.none(), castings()))
    def raise_limits(self, routing: ModelRouting | None) -> None:
        """Go on with higher limits, or other models."""
        self.say(ev.EngineStopped(at=self.world.now, reason="paused"))
        self.routing = routing or self.routing
        limits = only_prices(self.state.plan.limits)
        self.say(ev.LimitsRaised(at=self.world.now, limits=limits, by="me"))
        self.claim()
        if self.state.outcome is None:
            self.fold(ev.RunResumed(at=self.world.now, by="me"))

    @precondition(lambda self: any(shows_plan(found) for found in self.state.open_questions))
    @rule(drawn=plans(), data=st.data())
    def edit_plan(self, drawn: Plan, data: st.DataObject) -> None:
        """Put another plan in the place of the one that is shown."""
        found = next(found for found in self.state.open_questions if shows_plan(found))
        plan = another_plan(data.draw, drawn, self.state.plan)
        if flaw_of_plan(plan) is not None or found.is_late(self.world.now):
            return
        now, asked = self.world.now, found.asked
        where = {"at": now, "step": asked.step, "attempt": asked.attempt}
        person = self.person_for(found)
        self.say(ev.PlanEdited(**where, plan=plan, text=BlobId("edited"), by=person["by"]))
        self.fold(ev.QuestionAnswered(at=now, question=asked.question, answer=EDIT, **person))

    @precondition(lambda self: self.state.outcome is None)
    @rule(data=st.data(), is_urgent=st.booleans())
    def tell(self, data: st.DataObject, is_urgent: bool) -> None:
        """Say something to an agent, or to whoever talks now, at any moment."""
        to = data.draw(st.sampled_from([None, *self.state.nodes]))
        if not flaw_of_message(self.state, to):
            name = f"<message {len(self.state.messages)}>"
            said = {"message": name, "to": to, "text": f"words of {name}", "by": "me", "is_urgent": is_urgent}
            self.fold(ev.MessageSent(at=self.world.now, **said))

    @precondition(lambda self: self.state.outcome not in (Outcome.COMPLETED, Outcome.CANCELLED))
    @rule()
    def stop_plan(self) -> None:
        """Say that the plan is wrong, at any moment; whoever made the run pause may go on at once."""
        if self.state.undoing is None:
            self.fold(ev.PlanStopped(at=self.world.now, why="it deletes data", by="me"))

    @precondition(lambda self: self.state.is_paused and self.state.outcome is None and self.state.stop is not None)
    @rule(drawn=plans(), data=st.data())
    def plan_anew(self, drawn: Plan, data: st.DataObject) -> None:
        """Go on after a stop, perhaps with another plan."""
        changes = data.draw(changes_of(drawn))
        if self.state.phase in (Phase.EXECUTE, Phase.VALIDATE) and not effects_of(self.state, changes).objections:
            wanted = {"amendment": f"m{len(self.state.amendments)}", "operations": changes, "why": "", "by": "me"}
            self.say(ev.AmendmentProposed(at=self.world.now, **wanted))
        self.fold(ev.RunResumed(at=self.world.now, by="me"))

    @precondition(lambda self: self.state.outcome is None or self.state.outcome is Outcome.PARTIALLY_COMPLETED)
    @rule(drawn=plans(), data=st.data(), by=st.sampled_from(["me", "you"]))
    def amend(self, drawn: Plan, data: st.DataObject, by: str) -> None:
        """Let one of two people change the plan, perhaps while the change of the other waits."""
        goals = self.state.created.goal_options is not None
        if goals and self.state.revision == 0:
            return
        known = self.state.plan.steps
        found = [one for one in drawn.steps if not one.needs and one.for_each is None]
        wanted: list[Operation] = [AddConstraint(constraint=Constraint(text=f"{by} {len(self.state.amendments)}"))]
        wanted += [AddStep(step=replace(one, id=StepId(f"more-{len(known)}"))) for one in found[:1]]
        wanted += [DropStep(step=data.draw(st.sampled_from(known)).id)] if len(known) > 1 else []
        wanted += [MoveStep(step=known[-1].id, before=known[0].id)] if len(known) > 1 else []
        some = data.draw(st.lists(st.sampled_from(wanted), min_size=1, max_size=2, unique_by=id))
        if effects_of(self.state, some).objections:
            return
        name = f"amendment {len(self.state.amendments)}"
        self.fold(ev.AmendmentProposed(at=self.world.now, amendment=name, operations=tuple(some), why="", by=by))
        self.end_interrupted()

    @precondition(lambda self: self.state.outcome is not None and self.state.undone_by is None)
    @rule()
    def undo(self) -> None:
        """Take an ended run back, by an engine of its own: once the branch is back, nothing is left to do."""
        self.say(ev.EngineStopped(at=self.world.now, reason="ended"))
        self.say(ev.UndoRequested(at=self.world.now, by="me"))
        self.claim()

    @precondition(lambda self: self.state.outcome is not None)
    @rule()
    def retry_all(self) -> None:
        """Try again what can be tried again, system steps included."""
        nodes = [*self.state.steps(), *self.state.system_steps()]
        steps = tuple(node.spec.id for node in nodes if node.status in ("failed", "skipped", "cancelled"))
        self.fold(ev.StepsInvalidated(at=self.world.now, steps=steps, by="me"))

    def ways_of_saying_yes(self, question: ev.QuestionAsked) -> list[dict]:
        """Say yes; a call of an agent, a plan and an agent's instructions are not edited like a command."""
        is_agents = isinstance(self.state.nodes[question.step].spec.body, AgentBody)
        ways = super().ways_of_saying_yes(question) if question.package is not None else [{}]
        return [way for way in ways if "edit" not in way] if is_agents else ways

    def words_for(self, question: ev.QuestionAsked) -> tuple[str, ...]:
        """Return what may be answered: plans are edited with an edit, and nobody takes a system step over."""
        words = super().words_for(question)
        return tuple(
            word for word in words if word != EDIT and (word != "take_over" or question.step not in SYSTEM_STEPS)
        )

    # --- what the world says

    def fact_for_step(self, command: do.StepCommand, data: st.DataObject) -> Event:
        """Return what the world says to a step's command."""
        place = {"at": self.world.now, "step": command.step, "attempt": command.attempt}
        match command:
            case do.StartConversation():
                tree = self.tree_of(command) if data.draw(st.integers(0, 5)) else ""
                return ev.ConversationStarted(**place, tree=tree, shown=(SHOWN,) if data.draw(st.booleans()) else ())
            case do.RequestModel():
                return reply_to(command, place, self.state.reserved[command.step], data.draw)
            case do.WaitForRequest():
                self.world.now = max(self.world.now, command.due)
                return ev.ModelRequestDue(**place)
            case do.UseTool():
                return result_of(command, place, data.draw(plans()), data.draw)
            case do.CheckOutTree() if data.draw(st.integers(0, 7)) == 0:
                return CHECKOUT.failed(command, self.world.now, Diagnosis.STRUCTURAL, "the disk is full")
            case do.AskCheck():
                answer = super().fact_for_step(command, data)
                assert isinstance(answer, ev.CheckAnswered)
                said = f"{HIDDEN} said" if command.check.held_back else "said"
                return replace(answer, text=said, evidence=BlobId(said), results=BlobId(said))
            case _:
                return super().fact_for_step(command, data)

    def tree_of(self, command: do.StepCommand) -> str:
        """Return the tree of the command's lane as its step began."""
        work = self.state.nodes[command.step].work
        assert work is not None
        return "" if work.checkpoint is None else work.checkpoint.tree

    # --- what holds for each decision

    def check_start(self, event: Event) -> None:
        """Hold a decision against what was decided and told before."""
        super().check_start(event)
        self.asked += isinstance(event, ev.ModelRequested)
        match event:
            case ev.BodyStarted():
                self.epoch[event.step] = self.epoch.get(event.step, 0) + 1
            case ev.ToolCallStarted():
                self.check_call(event)
            case ev.QuestionAsked() if event.call:
                assert (event.step, self.epoch[event.step], event.call) not in self.results
            case ev.PhaseEntered(phase=Phase.EXECUTE) if self.state.created.goal_options is not None:
                assert self.adopted_last(), "nothing is carried out before a plan was adopted"
            case ev.StepStarted() if event.step not in SYSTEM_STEPS:
                assert self.state.created.goal_options is None or self.adopted_last()
            case ev.PlanAdopted():
                begun = {
                    name for name, node in self.state.nodes.items() if node.attempt > 0 and not node.is_system_step
                }
                self.begun = begun
            case ev.RunEnded():
                self.check_end(event)
            case _:
                pass

    def adopted_last(self) -> bool:
        """Tell whether a plan was adopted since the run last began to make one."""
        back = [event for event in self.journal if isinstance(event, ev.PlanAdopted) or _is_return(event)]
        return bool(back) and isinstance(back[-1], ev.PlanAdopted)

    def check_call(self, event: ev.ToolCallStarted) -> None:
        """Nothing is carried out again that has a result, and what writes has the lane for itself."""
        assert (event.step, self.epoch[event.step], event.call) not in self.results, "a call has its result"
        node = self.state.nodes[event.step]
        conversation = node.work.conversation
        others = [one for one in conversation.turns[-1].calls if one.is_open]
        is_write = conversation.call(event.call).kind is ToolKind.WRITE
        assert not (is_write and others), "what writes has the lane for itself"
        assert not any(one.kind is ToolKind.WRITE for one in others), "nothing begins beside what writes"
        asked = node.work.people.question
        assert asked is None or not is_write or self.state.questions[asked].asked.call

    def check_end(self, event: ev.RunEnded) -> None:
        """A run with a reviewer does not end well on a review of something else."""
        assert not self.state.reserved, "nobody waits for a reply any more"
        if event.outcome is not Outcome.COMPLETED or self.state.created.goal_options is None:
            return
        if self.routing.with_reviewer:
            seen = [one for one in self.journal if isinstance(one, ev.StepVerified | ev.StepFailed | ev.StepSkipped)]
            assert seen[-1].step == REVIEWING, "what is reviewed is what there is at the end"

    def check_command(self, command: do.Command) -> None:
        """Hold a command against what is under way."""
        if isinstance(command, do.RequestModel):
            texts = [*(part.text for part in command.parts), *command.must_hold]
            assert not [text for text in texts if HIDDEN in text], "no agent knows of what is held back"
            for name in () if command.is_summary else self.state.messages:
                count = sum(text.count(name) for text in texts)
                assert count == 1, f"{name} stands {count} times in a request"
        if isinstance(command, do.UseTool):
            texts = command.state.texts if isinstance(command.state, StoredTexts) else {}
            named = [*texts, *texts.values()]
            assert not [name for name in named if HIDDEN in name], "nor can it be recalled"
        if isinstance(command, do.AskCheck) and command.moment is Moment.DURING:
            assert not command.check.held_back, "what is held back says nothing on the way"
        if isinstance(command, _OF_LANE):
            busy = [one for one in self.open if isinstance(one, do.UseTool) and one.step == command.step]
            assert not busy, f"{type(command).__name__} beside {[one.call.tool for one in busy]}"

    def note(self, event: Event) -> None:
        """Keep what was told of calls, and see what a decision has made of the state."""
        if isinstance(event, ev.ToolCallFinished | ev.ToolCallResolved):
            self.results.add((event.step, self.epoch[event.step], event.call))
        if isinstance(event, ev.PlanAdopted):
            assert self.begun <= set(self.state.nodes), "a revision keeps what was begun"

    # --- what holds at any moment

    @invariant()
    def a_run_that_is_undone_rests_at_its_base(self) -> None:
        """Nothing is under way in it, and its branch is where it was before the run."""
        state = self.state
        if state.undone_by is not None:
            assert (state.outcome, state.is_busy, state.active) == (Outcome.CANCELLED, False, {})
            assert state.branch is None or state.branch.head == state.created.base

    @invariant()
    def no_limit_of_the_run_is_crossed(self) -> None:
        """What is spent, with all that is under way at its worst, is within every limit."""
        if not hasattr(self, "state"):
            return
        limits, spent, held = self.state.plan.limits, spent_by(self.state), self.state.reserved.values()
        for limit, used in (
            (limits.cost_usd, self.state.cost_usd + sum(usd for usd, _ in held)),
            (limits.tokens, spent.tokens + sum(tokens for _, tokens in held)),
            (limits.requests, spent.requests + len(held)),
        ):
            assert limit is None or used <= limit + 1e-9, (limit, used)

    @invariant()
    def no_limit_of_a_step_is_crossed(self) -> None:
        """Nor is a limit of its own."""
        for node in self.state.nodes.values() if hasattr(self, "state") else ():
            if isinstance(node.spec.body, AgentBody):
                limits, held = node.spec.body.limits, self.state.reserved.get(node.spec.id)
                usd, tokens = held or (0.0, 0)
                assert limits.cost_usd is None or node.usage.cost_usd + usd <= limits.cost_usd + 1e-9
                assert limits.tokens is None or node.usage.tokens + tokens <= limits.tokens
                assert limits.requests is None or node.usage.requests + bool(held) <= limits.requests

    @invariant()
    def every_request_is_counted_once(self) -> None:
        """Each was answered, failed, was lost, or is under way; and the views of what was spent agree."""
        if hasattr(self, "state"):
            assert spent_by(self.state).requests + len(self.state.reserved) == self.asked
            total = spending_of(self.state)["total"]
            assert total["requests"] == spent_by(self.state).requests

    @invariant()
    def what_is_held_back_is_held_for_something(self) -> None:
        """A reservation stands for a request that is under way, and for nothing else."""
        if hasattr(self, "state"):
            asking = {one.step for one in self.open if isinstance(one, do.RequestModel)}
            assert set(self.state.reserved) == asking

    @invariant()
    def no_question_is_about_a_call_with_a_result(self) -> None:
        """A person is asked about what is still to come."""
        for found in self.state.open_questions if hasattr(self, "state") else ():
            if found.asked.call:
                call = self.state.nodes[found.asked.step].work.conversation.call(found.asked.call)
                assert call.result is None
                assert not call.is_open

    @invariant()
    def attempts_and_conversations_are_finite(self) -> None:
        """No attempt, turn or fault is one too many."""
        for node in self.state.nodes.values() if hasattr(self, "state") else ():
            if isinstance(node.spec.body, AgentBody) and node.work is not None and node.work.conversation is not None:
                conversation = node.work.conversation
                assert len(conversation.turns) <= node.spec.body.turns_max
                assert conversation.faults <= 4

    @invariant()
    def tools_are_those_of_the_role(self) -> None:
        """Nothing is carried out that the role has no say in, nor what was flawed."""
        for one in getattr(self, "open", ()):
            if isinstance(one, do.UseTool):
                assert one.role in TOOLBOX[one.call.tool].roles
                assert not one.call.flaw

    @invariant()
    def phases_have_their_duties(self) -> None:
        """No plan without an understanding; no system step outside its phase."""
        if not hasattr(self, "state") or self.state.created.goal_options is None:
            return
        if self.state.phase is not Phase.UNDERSTAND:
            assert self.state.understanding is not None
        working = {name for name in self.state.active if name in SYSTEM_STEPS}
        beside = {COMMANDS, BASELINE}
        allowed = {Phase.UNDERSTAND: {UNDERSTANDING} | beside, Phase.PLAN: {PLANNING} | beside}
        allowed |= {Phase.EXECUTE: {REPLANNING, PLAN_HOLDS}, Phase.VALIDATE: {REVIEWING}}
        assert working <= allowed.get(self.state.phase, set())


def _is_return(event: Event) -> bool:
    return isinstance(event, ev.PhaseEntered) and event.phase is Phase.PLAN and bool(event.reason)


TalksMachine.TestCase.settings = settings(
    max_examples=examples(20), stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestTalksMachine = TalksMachine.TestCase


class ManyHistories(TalksMachine):
    """The same machine, for as many histories as are told of."""


ManyHistories.TestCase.settings = settings(TalksMachine.TestCase.settings, max_examples=200, derandomize=True)


@pytest.mark.slow
@pytest.mark.timeout(1800)
class TestManyHistories(ManyHistories.TestCase):
    """Two hundred histories of amendments, answers and kills, the same each time."""
