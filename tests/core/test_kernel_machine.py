"""The kernel against a world that answers as it likes, dies when it likes, and is asked by people at any time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.approval import Precondition
from surefoot.core.event_words import Applied, Diagnosis, Ending, Status, Verdict
from surefoot.core.events import ACCEPTANCE, Event
from surefoot.core.graph_state import results_after
from surefoot.core.ids import BlobId, RunId, StepId
from surefoot.core.kernel import apply, decide
from surefoot.core.plan import (
    Effect,
    Plan,
)
from surefoot.core.queue import has_result
from surefoot.core.report import report_of
from surefoot.core.state import QuestionState, RunState
from surefoot.core.step_state import SATISFIED, StepStatus
from surefoot.core.system_steps import SYSTEM_STEPS
from surefoot.core.ways_on import can_reword
from surefoot.effects import BY_COMMAND, LANE, PATCH, SERVICE_START
from tests.core.drawing import plans
from tests.core.specimens import copied, refused_and_changed, specimens
from tests.core.world import kind_fact, kind_fact_for_step
from tests.examples import examples

ENDINGS = (
    *(4 * [Ending(status=Status.OK, exit_code=0)]),
    Ending(status=Status.EXIT, exit_code=1),
    Ending(status=Status.EXIT, exit_code=75),
    Ending(status=Status.TIMEOUT),
    Ending(status=Status.SIGNAL, signal=9),
)


def up_in(state: RunState, lane: str | None) -> list[str]:
    """Return the services that are up in a lane."""
    return [] if lane is None else [name for name, is_wanted in state.lanes[lane].services.items() if is_wanted]


@dataclass
class World:
    """What the commands of an engine meet: effects that happen or not, and a clock."""

    applied: dict[StepId, int] = field(default_factory=dict)
    now: float = 1000.0
    commits: int = 0
    trees: dict[str, str] = field(default_factory=lambda: {"base": "t"})


class KernelMachine(RuleBasedStateMachine):
    """An engine without a disk: it folds, decides and keeps the commands it would dispatch."""

    state: RunState
    journal: list[Event]
    open: list[do.Command]
    world: World

    @initialize(plan=plans(), has_workspace=st.booleans())
    def begin(self, plan: Plan, has_workspace: bool) -> None:
        """Create the run and claim it."""
        self.world, self.open, self.token = World(), [], 0
        has_workspace = has_workspace or any(step.checks or step.uses for step in plan.steps)
        base = "base" if has_workspace or plan.accept else None
        created = ev.RunCreated(at=self.world.now, run=RunId("20260101-aaaaaa"), plan=plan, base=base, base_tree="t")
        self.journal = [created]
        self.state = apply(None, created)
        self.claim()

    def fold(self, *facts: Event) -> None:
        """Fold facts and what the kernel decides upon them."""
        for fact in facts:
            apply(self.state, fact)
            self.journal.append(fact)
            self.note(fact)
        for _ in range(200):
            before = copied(self.state)
            proposals = decide(self.state, self.world.now)
            assert self.state == before, "decide changes nothing"
            if not proposals:
                return
            for proposal in proposals:
                self.check_start(proposal.event)
                apply(self.state, proposal.event)
                self.journal.append(proposal.event)
                self.note(proposal.event)
                if proposal.command is not None and not isinstance(proposal.command, do.Interrupt):
                    self.check_command(proposal.command)
                    self.open.append(proposal.command)
        raise AssertionError("the kernel never comes to rest")

    def check_start(self, event: Event) -> None:
        """Nothing starts before what it needs is satisfied, and what it uses is up."""
        if isinstance(event, ev.BodyStarted):
            node = self.state.nodes[event.step]
            used = self.state.plan.services_of(node.spec) if node.work.checkpoint is not None else ()
            assert set(used) <= set(up_in(self.state, node.work.lane))
            if node.spec.effect.is_outside:
                given = self.state.approvals[event.step][node.work.people.approved]
                assert given, "no effect outside the workspace without somebody's word"
        if isinstance(event, ev.RestoreRequested):
            node = self.state.nodes[event.step]
            used = self.state.plan.services_of(node.spec)
            assert not used or not self.state.lanes[node.work.lane].services, "nothing runs in what is put back"
        if isinstance(event, ev.StepStarted | ev.BodyStarted):
            node = self.state.nodes.get(event.step)
            needs = () if node is None else node.needs
            assert all(self.state.nodes[need].status in SATISFIED for need in needs)
            assert self.state.pausing is None, "nothing new starts while the run pauses"

    def check_command(self, command: do.Command) -> None:
        """No check is asked without what it uses."""
        if isinstance(command, do.AskCheck):
            assert set(command.services) <= set(up_in(self.state, command.lane))

    def note(self, event: Event) -> None:
        """Look at what has just been folded."""

    def claim(self) -> None:
        """Let a new engine begin."""
        self.token += 1
        self.open = []
        start = ev.EngineStarted(
            at=self.world.now, engine="e", token=self.token, pid=1, host="h", rung="bubblewrap", release="0"
        )
        self.fold(start)

    def teardown(self) -> None:
        """Fire events at the last state, some of them said before: what is refused changes nothing."""
        if hasattr(self, "state"):
            said = (replace(event, at=self.world.now + 1.0) for event in self.journal[1:])
            every = [*specimens(self.state), *said]
            some = every[len(self.journal) % 4 :: 4]  # all of them would take longer than the run itself
            assert refused_and_changed(self.state, some) == []

    def crash(self) -> None:
        """End the engine; the commands under way may have had their effect, or not."""
        self.claim()

    @precondition(lambda self: bool(self.open))
    @rule(data=st.data())
    def answer_command(self, data: st.DataObject) -> None:
        """Let the world answer one command that is under way."""
        command = self.open.pop(data.draw(st.integers(0, len(self.open) - 1)))
        self.world.now += 1.0
        if isinstance(command, do.WaitForDeadline):
            self.world.now = max(self.world.now, command.due)
            if not self.state.questions[command.question].is_open:
                return
        self.fold(self.fact_for(command, data))

    @precondition(lambda self: bool(self.open))
    @rule(happens=st.booleans())
    def die(self, happens: bool) -> None:
        """Kill the engine while commands are under way."""
        for command in self.open:
            if isinstance(command, do.RunStep) and happens and command.spec.effect.is_outside:
                self.world.applied[command.step] = self.world.applied.get(command.step, 0) + 1
        self.crash()

    @precondition(lambda self: bool(self.state.open_questions))
    @rule(data=st.data())
    def answer_question(self, data: st.DataObject) -> None:
        """Let a person answer, truthfully where it is about the world."""
        found = data.draw(st.sampled_from(self.state.open_questions))
        question = found.asked
        text = data.draw(st.sampled_from(self.words_for(question)))
        more: dict = {}
        if question.about == "in_doubt":
            text = "applied" if self.world.applied.get(question.step) else "not_applied"
        elif question.about == "confirm" and self.world.applied.get(question.step):
            text = "no"
        elif question.about == "confirm" and text == "yes":
            more = data.draw(st.sampled_from(self.ways_of_saying_yes(question)))
        elif question.about == "ask" and text == "edit":
            can_reword_it = can_reword(self.state.nodes[question.step])
            more = {"edit": "anew"} if can_reword_it else {"diff": BlobId("d")}
        if text == "done":
            self.do_by_hand(question.step)
        more |= self.person_for(found)
        if not found.is_late(self.world.now):
            self.fold(ev.QuestionAnswered(at=self.world.now, question=question.question, answer=text, **more))

    def person_for(self, found: QuestionState) -> dict:
        """Return somebody who has every role and has not approved this yet."""
        return {"by": "you" if "me" in found.approved_by else "me", "roles": ("ops", "lead")}

    def words_for(self, question: ev.QuestionAsked) -> tuple[str, ...]:
        """Return what may be answered."""
        options = question.options or ("yes", "no", "blue")
        can_take_over = question.about == "confirm" and question.step not in SYSTEM_STEPS
        return (*options, "take_over") if can_take_over else options

    def ways_of_saying_yes(self, question: ev.QuestionAsked) -> list[dict]:
        """Say yes, to all of a kind, or to something else than was shown."""
        if question.step in SYSTEM_STEPS:
            return [{}]
        is_result = question.package is not None and question.package.trees is not None
        return [{}, {}, {"like": question.like}, {"diff": BlobId("d")} if is_result else {"edit": "false"}]

    def do_by_hand(self, step: StepId) -> None:
        """Do what a step would do outside the workspace."""
        if self.state.nodes[step].spec.effect.is_outside:
            self.world.applied[step] = self.world.applied.get(step, 0) + 1

    @precondition(lambda self: self.state.outcome is None and not self.state.is_paused)
    @rule(interrupt=st.booleans())
    def pause(self, interrupt: bool) -> None:
        """Ask for a pause; interrupted commands end without an answer."""
        self.fold(ev.PauseRequested(at=self.world.now, by="me", interrupt=interrupt))
        if interrupt:
            self.end_interrupted()

    def end_interrupted(self) -> None:
        """Let those commands end that the kernel had interrupted."""
        for command in list(self.open):
            is_own = isinstance(command, do.OpenLane | do.ExpandGroup)
            is_own = is_own or getattr(command, "step", None) == ACCEPTANCE
            node = self.state.nodes.get(getattr(command, "step", None))
            asked = node is not None and node.work is not None and node.work.interrupt_requested
            is_wanted = asked or (is_own and self.state.accept.interrupt_requested)
            if not (is_wanted and BY_COMMAND[type(command)].is_cancellable):
                continue
            self.open.remove(command)
            told = BY_COMMAND[type(command)].after_cancellation(command, self.world.now)
            assert told is not None
            self.fold(told)

    @precondition(lambda self: any(lane.services for lane in self.state.lanes.values()))
    @rule(data=st.data())
    def lose_service(self, data: st.DataObject) -> None:
        """Let a service end by itself; what the kernel interrupts for that ends without an answer."""
        up = [(lane.name, name) for lane in self.state.lanes.values() for name in lane.services]
        lane, name = data.draw(st.sampled_from(up))
        self.fold(ev.ServiceEnded(at=self.world.now, lane=lane, service=name, reason="it crashed"))
        self.end_interrupted()

    @precondition(lambda self: self.state.outcome is None and self.state.pausing is not None)
    @rule()
    def resume(self) -> None:
        """Go on."""
        self.fold(ev.RunResumed(at=self.world.now, by="me"))

    @precondition(lambda self: self.state.outcome is None)
    @rule(really=st.integers(0, 9))
    def cancel(self, really: int) -> None:
        """Cancel, now and then."""
        if really == 0:
            self.fold(ev.CancelRequested(at=self.world.now, by="me"))
            self.end_interrupted()

    @precondition(lambda self: self.state.outcome is not None)
    @rule()
    def retry_all(self) -> None:
        """Try again what can be tried again."""
        steps = tuple(n.spec.id for n in self.state.steps() if n.status in ("failed", "skipped", "cancelled"))
        self.fold(ev.StepsInvalidated(at=self.world.now, steps=steps, by="me"))

    @precondition(lambda self: self.state.branch is not None and (self.state.outcome or self.state.is_paused))
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        """Take the branch back to where a step left it, and go on."""
        points = [node for node in self.state.steps() if node.head_after is not None]
        if not points or self.open or (self.state.active and not self.state.is_paused):
            return
        node = data.draw(st.sampled_from(points))
        event = ev.RunRestored(
            at=self.world.now,
            to=node.spec.id,
            commit=node.head_after,
            pending=results_after(self.state, node),
            by="me",
        )
        self.fold(event)

    def fact_for(self, command: do.Command, data: st.DataObject) -> Event:
        """Return what the world says to a command."""
        now = self.world.now
        match command:
            case do.OpenLane():
                if data.draw(st.integers(0, 9)) == 0:
                    diagnosis = data.draw(st.sampled_from([Diagnosis.TRANSIENT, Diagnosis.STRUCTURAL]))
                    return LANE.failed(command, now, diagnosis, "no")
                return ev.LaneReady(at=now, lane=command.lane, environment="env")
            case do.ExpandGroup() | do.UpdateBranch() | do.StopService():
                return kind_fact(command, now)
            case do.StartService():
                place = {"at": now, "step": command.step, "attempt": command.attempt}
                which = {"lane": command.lane, "service": command.service.name}
                if data.draw(st.integers(0, 3)) > 0:
                    return ev.ServiceReady(**place, **which, port=5000)
                diagnosis = data.draw(st.sampled_from([Diagnosis.TRANSIENT, Diagnosis.STRUCTURAL]))
                return SERVICE_START.failed(command, now, diagnosis, "no")
            case _:
                return self.fact_for_step(command, data)

    def fact_for_step(self, command: do.StepCommand, data: st.DataObject) -> Event:  # noqa: PLR0911 - one for each command
        """Return what the world says to a step's command."""
        place = {"at": self.world.now, "step": command.step, "attempt": command.attempt}
        match command:
            case do.TakeCheckpoint():
                tree = self.world.trees[command.commit]
                preconditions = data.draw(st.sampled_from([(), (), (Precondition(name="x", state="1", since="0"),)]))
                return ev.Checkpointed(
                    **place, commit=command.commit, tree=tree, environment="env", preconditions=preconditions
                )
            case do.AskCheck():
                verdict = data.draw(st.sampled_from([*Verdict, *(3 * [Verdict.PASSED])]))
                return ev.CheckAnswered(
                    **place,
                    moment=command.moment,
                    check=command.index,
                    verdict=verdict,
                    tree=command.tree,
                    environment=command.environment,
                )
            case do.AskProbe():
                happened = self.world.applied.get(command.step, 0) > 0
                truth = Applied.APPLIED if happened else Applied.NOT_APPLIED
                return ev.ProbeAnswered(**place, answer=data.draw(st.sampled_from([truth, Applied.UNKNOWN])))
            case do.RunStep():
                return self.body(command, data)
            case do.Inspect():
                tree = data.draw(st.sampled_from([command.tree, f"tree{self.world.now}"]))
                changed = () if tree == command.tree else ("f",)
                spoiled = ("prepared",) if (is_changed := data.draw(st.booleans())) and data.draw(st.booleans()) else ()
                return ev.ChangesObserved(**place, tree=tree, changed=changed, lane_changed=is_changed, spoiled=spoiled)
            case do.KeepArtifacts():
                return ev.ArtifactsKept(**place, manifest=None, count=0, size_bytes=0, unmatched=command.artifacts)
            case do.KeepCandidate():
                same = {"candidate": command.candidate, "lines": 1, "shown": data.draw(st.sampled_from("xy"))}
                return ev.CandidateKept(**place, **same, lane_changed=data.draw(st.booleans()))
            case do.TryMutants():
                return ev.MutantsTried(**place, noticed=data.draw(st.integers(0, 2)), text="tried")
            case do.WriteCommit():
                self.world.commits += 1
                self.world.trees[f"c{self.world.commits}"] = command.tree
                return ev.CommitWritten(**place, commit=f"c{self.world.commits}")
            case do.MergeResult():
                return self.merge(command, place, refused=data.draw(st.integers(0, 3)) == 0)
            case do.CheckOutTree():
                return ev.TreeCheckedOut(**place, tree=command.tree)
            case do.RestoreLane():
                return ev.LaneRestored(**place, lane_changed=data.draw(st.booleans()))
            case do.ApplyPatch() if data.draw(st.booleans()):
                return PATCH.failed(command, self.world.now, Diagnosis.STRUCTURAL, "the patch does not fit")
            case do.ApplyPatch() | do.WaitForDeadline():
                return kind_fact_for_step(command, place)
            case _:
                return ev.RetryDue(**place)

    def merge(self, command: do.MergeResult, place: dict, *, refused: bool) -> Event:
        """Bring a result onto the head, or not."""
        if refused:
            return ev.MergeRefused(**place, onto=command.onto, reason="they conflict", conflicts=("f",))
        onto_tree = command.onto_tree or self.world.trees[command.onto]
        tree = f"{onto_tree}+{command.tree}"
        return ev.Merged(**place, onto=command.onto, onto_tree=onto_tree, tree=tree, changed=("f",))

    def body(self, command: do.RunStep, data: st.DataObject) -> Event:
        """Perform a body: it may have its effect however it ends."""
        ending = data.draw(st.sampled_from(ENDINGS))
        happens = ending.status == "ok" or data.draw(st.booleans())
        if happens and command.spec.effect.is_outside:
            self.world.applied[command.step] = self.world.applied.get(command.step, 0) + 1
        return ev.BodyFinished(at=self.world.now, step=command.step, attempt=command.attempt, ending=ending)

    @invariant()
    def an_irreversible_effect_happens_once(self) -> None:
        """No irreversible effect is performed twice, whatever dies; a truthful probe or person is all it takes."""
        for step, count in getattr(self, "world", World()).applied.items():
            if self.state.nodes[step].spec.effect is Effect.IRREVERSIBLE:
                assert count <= 1

    @invariant()
    def nothing_is_verified_without_its_verdicts(self) -> None:
        """Each verified step has a passed verdict for each check that was not red before."""
        nodes = self.state.nodes.values() if hasattr(self, "state") else ()
        for node in nodes:
            if node.status is StepStatus.VERIFIED and node.members is None:
                assert all(r.after == "passed" or r.before == "failed" for r in node.records)

    @invariant()
    def no_more_bodies_run_than_the_plan_allows(self) -> None:
        """Bodies under way are within the limits, and those that declare the same files or a resource are apart."""
        if not hasattr(self, "state") or not self.state.has_workspace:
            return
        works = [self.state.nodes[name] for name in self.state.active]
        bodies = [node for node in works if node.work is not None and node.work.open == ev.BodyStarted.kind]
        assert len(bodies) <= self.state.plan.limits.parallel
        assert sum("gpu" in node.spec.uses for node in bodies) <= 1

    @invariant()
    def the_journal_is_the_state(self) -> None:
        """Folding the journal anew gives the live state."""
        folded = None
        for event in getattr(self, "journal", ()):
            folded = apply(folded, event)
        assert folded == getattr(self, "state", None)

    @invariant()
    def a_report_exists_at_any_moment(self) -> None:
        """The report can be made of any state, and its counts add up."""
        if hasattr(self, "state"):
            report = report_of(self.state)
            named = ("exit_status_only", "nothing_to_do")
            counts = {name: count for name, count in report["counts"].items() if name not in named}
            assert sum(counts.values()) == len(report["steps"])

    @invariant()
    def the_run_never_stalls(self) -> None:
        """While a run has not ended, something is under way, or it is paused, or a person is asked."""
        under_way = [one for one in getattr(self, "open", ()) if not isinstance(one, do.WaitForDeadline)]
        if hasattr(self, "state") and self.state.outcome is None and not under_way:
            nodes = [(n.spec.id, n.status.value, n.missing, n.due, n.held_by) for n in self.state.nodes.values()]
            kinds = [event.kind for event in self.journal[-8:]]
            assert self.state.is_paused or self.state.open_questions, (kinds, nodes, self.state.unfinished)

    @invariant()
    def no_result_waits_while_nothing_is_under_way(self) -> None:
        """A step that cannot go on, whatever it waits for, keeps no result behind it from the branch."""
        if not hasattr(self, "state") or self.open or self.state.is_paused or self.state.outcome is not None:
            return
        works = [self.state.nodes[name] for name in self.state.active]
        assert not [node.spec.id for node in works if node.status is StepStatus.RUNNING and has_result(node)]


KernelMachine.TestCase.settings = settings(
    max_examples=examples(40), stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)
TestKernelMachine = KernelMachine.TestCase
