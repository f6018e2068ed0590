"""What must hold in every history, looked at with each commit to the journal and each command that is carried out.

The monitor folds a state of its own from what was committed. What it finds is collected, so that nothing which handles
errors can swallow it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.check_kinds import Expect
from surefoot.core.event_words import Moment
from surefoot.core.events import ACCEPTANCE, Event
from surefoot.core.ids import RunId, StepId
from surefoot.core.kernel import apply
from surefoot.core.plan import Check
from surefoot.core.state import RunState
from surefoot.core.step_state import SATISFIED, StepState, StepStatus
from surefoot.core.verdicts import is_red_before
from surefoot.effects import BY_COMMAND
from surefoot.effects.effect import OnCrash
from surefoot.ports.storage import Batch, Journal
from tests.simulation.world import World

Request = tuple[str, str, int]
"""An effect as its request names it: the kind of the event, the step, the attempt."""


INTERRUPTS_MAX = 20
"""So often nothing is broken off for one step in a whole history."""


class Monitor:
    """Watches one run."""

    def __init__(self, run: RunId, world: World) -> None:
        """Watch a run that has no events yet."""
        self.run = run
        self.world = world
        self.violations: list[str] = []
        self.state: RunState | None = None
        self.events: list[Event] = []
        self.kinds: Counter[str] = Counter()
        self.durable_seq = 0
        """Up to here somebody was told that the disk has it."""
        self.token = 0
        self._train: _Judged | None = None
        """The last one whose results were verified."""
        self._hash = ""
        """Of the last event that was committed; covers all before."""
        self._requested: Counter[Request] = Counter()
        """What was committed and not yet carried out, since the last engine began."""
        self._interrupts: Counter[str] = Counter()
        self._begun: dict[str, int] = {}
        """At which event each step last requested an effect."""

    def refute(self, what: str) -> None:
        """Note something that must not be."""
        seq = len(self.events)
        self.violations.append(f"at event {seq}: {what}")

    # --- the journal

    def committed(self, batch: Batch, row_hash: str) -> None:
        """Look at a batch that the journal has taken."""
        self._hash = row_hash
        if batch.token is not None and batch.token != self.token:
            self.refute(f"token {batch.token} was accepted though {self.token} is valid")
        for event in batch.events:
            self.fold(event)
        if batch.durable:
            self.synced()

    def synced(self) -> None:
        """Note that all there is has reached the disk."""
        self.durable_seq = len(self.events)

    def reopened(self, journal: Journal, *, after_power_cut: bool) -> None:
        """Compare what a program finds with what was committed; a power cut may have taken the end."""
        if journal.head(self.run) == (len(self.events), self._hash):
            return
        recorded = list(journal.events(self.run))
        found, known = [one.event for one in recorded], self.events
        if found[: len(known)] != known[: len(found)]:
            self.refute("the journal holds other events than were committed")
        if len(found) < (self.durable_seq if after_power_cut else len(known)):
            self.refute(f"of {len(known)} events, {self.durable_seq} of them on disk, {len(found)} are left")
        self._hash = recorded[-1].hash if recorded else ""
        self.state, self.events, self.kinds, self._train = None, [], Counter(), None
        self._begun.clear()
        for event in found:  # looked at when it was committed; the world has gone on since
            self.state = apply(self.state, event)
            self.events.append(event)
            self.kinds[event.kind] += 1

    def fold(self, event: Event) -> None:
        """Look at an event and fold it."""
        look = self._BEFORE.get(type(event))
        if look is not None and self.state is not None:
            look(self, self.state, event)
        self.state = apply(self.state, event)
        self.events.append(event)
        self.kinds[event.kind] += 1
        if type(event) in _REQUESTS:
            self._requested[_request(event)] += 1
            self._begun[getattr(event, "step", "")] = len(self.events)
        look = self._AFTER.get(type(event))
        if look is not None:
            look(self, self.state, event)
        self._look_at_budget(self.state)

    # --- commands

    def dispatched(self, command: do.Command, *, has_claim: bool) -> None:
        """Look at a command: the decision that issued it is in the journal."""
        effect = BY_COMMAND[type(command)]
        if effect.on_crash is OnCrash.REWIND or not has_claim:
            return
        which = (effect.requested.kind, *command.owner)
        which = which if isinstance(command, do.StepCommand) else (effect.requested.kind, ACCEPTANCE, 1)
        if not self._requested[which]:
            self.refute(
                f"{type(command).__name__} of {command.owner} is carried out, but nothing committed asks for it"
            )
        self._requested[which] -= 1

        if type(command) in (do.RunStep, do.RequestModel):
            self._look_at_start(command)

    def _look_at_start(self, command: do.StepCommand) -> None:
        """Make sure that what reaches others, or costs, is on disk before it begins."""
        assert self.state is not None
        is_outside = self.state.nodes[command.step].effect.is_outside
        if (is_outside or type(command) is do.RequestModel) and self._begun.get(command.step, 0) > self.durable_seq:
            self.refute(f"{command.step} begins, but the disk does not know that yet")

    # --- events, before they are folded

    def _question_answered(self, state: RunState, event: ev.QuestionAnswered) -> None:
        found = state.questions.get(event.question)
        if found is None or not found.is_open:
            self.refute(f"question {event.question} is answered though it is not open")

    def _body_started(self, state: RunState, event: ev.BodyStarted) -> None:
        node = state.nodes[event.step]
        if any(state.nodes[need].status not in SATISFIED for need in node.needs):
            self.refute(f"{event.step} starts before what it needs")
        if state.pausing is not None:
            self.refute(f"{event.step} starts while the run pauses")
        if node.effect.is_outside and not state.approvals.get(event.step):
            self.refute(f"{event.step} reaches others without anybody's word")

    def _verified_before(self, state: RunState, event: ev.StepVerified) -> None:
        node, branch = state.nodes[event.step], state.branch
        if event.commit is not None and branch is not None:
            parent = self.world.commits[event.commit][1]
            if parent != branch.head:
                self.refute(f"{event.step} is committed onto {parent}, but the head is {branch.head}")
        if node.work is None:
            return
        for check, record in zip(node.spec.checks, node.work.checks, strict=True):
            if record.after != "passed" and not is_red_before(check, record):
                self.refute(f"{event.step} is verified though {check.name} said {record.after}")
        if event.commit is not None:
            self._look_at_proof(state, node, self.world.tree_of(event.commit))

    def _look_at_proof(self, state: RunState, node: StepState, tree: str) -> None:
        """Ask again what proves a result: in a train what all share of the last tree, all else of its own."""
        work, train = node.work, state.train
        assert work is not None
        if train is not None and (self._train is None or self._train.number != train.number):
            self._train = _Judged(train.number, train.cars, _tree_of(state, train.cars[-1]))
        judged = self._train if train is not None and node.spec.id in train.cars else None
        for check, record in zip(node.spec.checks, work.checks, strict=True):
            is_shared = judged is not None and _is_shared(state, judged, check)
            asked = judged.last_tree if judged is not None and is_shared else tree
            if record.after == "passed" and not self.world.passes(check.ask, self.world.trees[asked]):
                self.refute(f"{node.spec.id} is verified though {check.name} does not hold of {asked}")
            before = self.world.trees[work.base_tree or tree]
            if check.expect is Expect.FAIL_TO_PASS and self.world.passes(check.ask, before) != (
                record.before == "passed"
            ):
                self.refute(f"{node.spec.id}: {check.name} did not say {record.before} before it")

    # --- events, after they were folded

    def _engine_started(self, _: RunState, __: ev.EngineStarted) -> None:
        self._requested.clear()

    def _interrupt_requested(self, state: RunState, event: ev.InterruptRequested) -> None:
        self._interrupts[event.step] += not state.interrupting  # that is a person's word, and for all steps
        if self._interrupts[event.step] == INTERRUPTS_MAX:
            self.refute(f"what is under way for {event.step} is broken off again and again")

    def _found_wrong(self, _: RunState, event: ev.StepsFoundWrong) -> None:
        self.world.known_wrong.update(event.steps)

    def _verdict_reused(self, state: RunState, event: ev.VerdictReused) -> None:
        if event.step == ACCEPTANCE:
            return
        node = state.nodes[event.step]
        work, check = node.work, node.spec.checks[event.check]
        if work is None or work.lane is None:
            return
        tree = work.base_tree if event.moment is Moment.BEFORE else work.tree or work.base_tree
        train = state.train
        if train is not None and event.moment is Moment.BEFORE and event.step == train.cars[-1]:
            judged = _Judged(train.number, train.cars, "")
            tree = train.onto_tree if _is_shared(state, judged, check) else tree
        litter = self.world.lanes[work.lane].litter
        if (check.digest, tree, litter) not in self.world.passed:
            self.refute(f"{check.name} of {event.step} was never passed on {tree} beside {litter!r}")

    def _attempt_failed(self, state: RunState, event: ev.AttemptFailed) -> None:
        node = state.nodes[event.step]
        most = node.spec.retry.maximum_attempts
        if node.failures > most + self._again(event.step):
            self.refute(f"{event.step} has failed {node.failures} times; {most} attempts are allowed")

    def _again(self, step: str) -> int:
        """Count the words by which people wanted further attempts."""
        state = self.state
        assert state is not None
        asked = [one for one in state.questions.values() if one.asked.step == step and one.answered is not None]
        return len(asked)

    def _look_at_budget(self, state: RunState) -> None:
        held_usd = sum(usd for usd, _ in state.reserved.values())
        if state.cost_usd + held_usd < self.world.billed_usd - 1e-6:
            self.refute(f"{self.world.billed_usd} USD are spent, but {state.cost_usd} and {held_usd} are known")
        limit = state.plan.limits.cost_usd
        if limit is not None and state.cost_usd + held_usd > limit + 1e-6:
            self.refute(f"{state.cost_usd} USD spent and {held_usd} reserved are above the limit of {limit}")

    _BEFORE: ClassVar[Mapping[type[Event], Callable[[Monitor, RunState, Any], None]]] = {
        ev.QuestionAnswered: _question_answered,
        ev.BodyStarted: _body_started,
        ev.StepVerified: _verified_before,
    }
    _AFTER: ClassVar[Mapping[type[Event], Callable[[Monitor, RunState, Any], None]]] = {
        ev.EngineStarted: _engine_started,
        ev.InterruptRequested: _interrupt_requested,
        ev.StepsFoundWrong: _found_wrong,
        ev.VerdictReused: _verdict_reused,
        ev.AttemptFailed: _attempt_failed,
    }

    # --- the end

    def engine_stopped(self, state: RunState) -> None:
        """Compare the live state of an engine with the fold of what was committed."""
        folded = self.state
        if folded is None or folded.seq != state.seq:
            return  # somebody has appended since
        other = [one.name for one in fields(state) if getattr(state, one.name) != getattr(folded, one.name)]
        if other:
            self.refute(f"live state and journal differ in {', '.join(other)}")

    def ended(self) -> None:
        """Look at the run once it is over."""
        state = self.state
        assert state is not None
        assert state.branch is not None
        if self.world.ref not in (None, state.branch.head):
            self.refute(f"the branch is at {self.world.ref}, the journal at {state.branch.head}")
        for key, count in self.world.applied.items():
            if count > 1 + self.world.forgiven[key]:
                self.refute(f"effect {key} took place {count} times")
        files = self.world.trees[state.branch.tree]
        for node in state.nodes.values():
            if node.status is StepStatus.VERIFIED and node.members is None:
                lost = [one.name for one in node.spec.checks if not self.world.passes(one.ask, files)]
                if lost:
                    self.refute(f"{node.spec.id} is verified, but {', '.join(lost)} does not hold in the end")


@dataclass
class _Judged:
    """A train whose results are verified."""

    number: int
    cars: tuple[StepId, ...]
    last_tree: str


def _is_shared(state: RunState, judged: _Judged, check: Check) -> bool:
    """Tell whether all results of a train have a check that proves nothing of any single one."""
    if len(judged.cars) < 2 or check.expect is Expect.FAIL_TO_PASS:
        return False
    return all(any(one.digest == check.digest for one in state.nodes[car].spec.checks) for car in judged.cars)


def _tree_of(state: RunState, name: StepId) -> str:
    work = state.nodes[name].work
    assert work is not None
    assert work.tree is not None
    return work.tree


_REQUESTS = {effect.requested for effect in BY_COMMAND.values()}


def _request(event: Event) -> Request:
    return (event.kind, getattr(event, "step", ACCEPTANCE), getattr(event, "attempt", 1))
