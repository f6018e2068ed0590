"""One history: a run, its engines, the people who speak to it, and what goes wrong, all drawn from one seed."""

from __future__ import annotations

import asyncio
import random
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import apsw

from surefoot.api import answers
from surefoot.api.agent_messages import tell
from surefoot.api.engagement import Engagement, Watching, engage
from surefoot.api.home import Home
from surefoot.api.plan_amendments import amend
from surefoot.api.run_control import cancel, pause, restore
from surefoot.api.run_invalidation import invalidate
from surefoot.api.run_options import Options
from surefoot.core import events as ev
from surefoot.core.amendments import AddStep, DropStep, MoveStep, Operation, ReplaceStep
from surefoot.core.event_words import QuestionKind
from surefoot.core.ids import StepId
from surefoot.core.plan import AgentBody, Limits, Plan, RunBody, Step
from surefoot.core.policy_types import Policy
from surefoot.core.report import report_of
from surefoot.core.state import QuestionState, RunState
from surefoot.core.taint import is_result
from surefoot.errors import ClaimLost, DiskRefused, JournalError, RunHeld, SurefootError, UsageError
from surefoot.ports.storage import Batch
from surefoot.testing import journal_text
from tests.simulation.machine import RUN, Loop, Machine, Process
from tests.simulation.monitor import Monitor
from tests.simulation.plans import ROUTING, drawn, with_wrong_steps
from tests.simulation.world import WRONG, Fates, World

ENGINES_MAX = 80
"""A run that needs more engines than that never comes to its end."""
RETRIES_MAX = 3
"""So often people want a failed step tried again."""
TURNS_OF_STEP = 80
"""About so many turns of the event loop a step takes."""

QUIET = ("kill", "kill", "kill", "power", "power", "torn", "torn", "full", "refused", "unsynced", "clock", "take_over")
QUIET = (*QUIET, "take_over", "pause", "interrupt", "slip", "slip", "checkpoint", "kill_at_effect", "power_at_effect")
QUIET = (*QUIET, "invalidate", "invalidate", "invalidate_later", "amend", "amend")
"""What may happen so that the run ends as if nothing had, with the plan that it has in the end."""
MEDDLING = ("tell", "tell_now", "restore", "restore", "cancel")
"""What people may do so that the run ends differently."""


@dataclass
class End:
    """What a run came to."""

    outcome: str
    steps: dict[str, str]
    files: dict[str, str]
    applied: frozenset[str]


@dataclass
class Told:
    """What there is to say of a history."""

    seed: int
    violations: list[str]
    journal: bytes
    end: End | None
    turns: int
    kinds: dict[str, int] = field(default_factory=dict)
    did: tuple[str, ...] = ()
    plan: Plan | None = None
    """The plan in the end."""


class History:
    """A history in the making."""

    def __init__(self, seed: int, plan: Plan, fates: Fates, troubles: Sequence[tuple[int, str]] = ()) -> None:
        """Begin on an empty machine; troubles come at turns of the event loop."""
        self.seed, self.plan, self.troubles = seed, plan, troubles
        self.world = World(seed, fates)
        self.monitor = Monitor(RUN, self.world)
        self.machine = Machine(seed, self.world, self.monitor)
        self.chance = random.Random(f"people {seed}")
        self.others: list[asyncio.Task[None]] = []
        self.afterwards: list[str] = []
        self.retries: dict[str, set[str]] = {}
        self.did: list[str] = []

    def play(self) -> Told:
        """Let it happen."""
        journal, turns = b"", 0
        try:
            with suppress(_Over):
                turns = self._played()
            if not self.monitor.violations:
                process = self.machine.boot()
                journal = journal_text(process.home, RUN)
                process.exit()
        finally:
            self.machine.close()
        violations = self.monitor.violations + self.world.surprises
        end = None if violations else self._end()
        kinds = dict(self.monitor.kinds)
        plan = None if self.monitor.state is None else self.monitor.state.plan
        return Told(self.seed, violations, journal, end, turns, kinds, tuple(self.did), plan)

    def _played(self) -> int:
        found: list[int] = []

        async def main() -> None:
            loop = asyncio.get_running_loop()
            assert isinstance(loop, Loop)
            alarms = [(turn, self._alarm(what)) for turn, what in self.troubles]
            loop.alarms = sorted(alarms, key=lambda one: -one[0])
            people = asyncio.create_task(self._people())
            try:
                await self._operate()
            finally:
                found.append(loop.turns)
                loop.alarms.clear()
                people.cancel()
                for other in self.others:
                    other.cancel()
                await asyncio.gather(people, *self.others, return_exceptions=True)

        try:
            self.machine.clock.run(main())
        except RuntimeError as error:
            self.monitor.refute(f"{error}")
        return found[0] if found else 0

    def _end(self) -> End:
        state = self.monitor.state
        assert state is not None
        assert state.branch is not None
        assert state.outcome is not None
        report_of(state)
        statuses = {step.id: state.nodes[step.id].status.value for step in state.plan.steps}
        files = {path: _either(text) for path, text in self.world.trees[state.branch.tree].items()}
        return End(state.outcome.value, statuses, files, frozenset(self.world.applied))

    # --- the operator, who starts engines until the run has ended

    async def _operate(self) -> None:
        self._create()
        for _ in range(ENGINES_MAX):
            while self.machine.holder is not None:
                await asyncio.sleep(0.5)
                self._look()
            await self._engine(take_over=False)
            self._look()
            state = self.monitor.state
            assert state is not None
            if state.outcome is not None and self.machine.holder is None:
                if self._wrong_steps():
                    self._find_wrong()
                elif self.afterwards:
                    getattr(self, f"_{self.afterwards.pop()}")()
                else:
                    self.monitor.ended()
                    return
            await self._wait_for_people()
        self.monitor.refute(f"the run has not ended after {ENGINES_MAX} engines")

    async def _wait_for_people(self) -> None:
        """Start the next engine once somebody has said something, or after a while."""
        seq = len(self.monitor.events)
        for _ in range(20):
            await asyncio.sleep(self.chance.choice((0.0, 0.1, 0.5)))
            state = self.monitor.state
            if state is None or not state.open_questions or len(self.monitor.events) > seq:
                return

    def _look(self) -> None:
        if self.monitor.violations or self.world.surprises:
            raise _Over

    def _create(self) -> None:
        process, now = self.machine.boot(), self.machine.clock.now()
        base = {"base": self.world.base, "base_tree": self.world.base_tree}
        created = ev.RunCreated(at=now, run=RUN, plan=self.plan, **base)
        is_asking = any(isinstance(step.body, AgentBody) for step in self.plan.steps)
        routing = (ev.ModelsConfigured(at=now, routing=ROUTING),) if is_asking else ()
        batch = Batch(run=RUN, expected=0, events=(created, *routing), token=None, durable=True)
        process.home.journal.append([batch])
        process.exit()

    async def _engine(self, *, take_over: bool) -> None:
        """Let an engine work until it stops, however it stops."""
        process = self._booted()
        if process is None:
            return
        engaged: list[Engagement] = []
        options = Options(policy=Policy(), routing=ROUTING, limits=self._limits(), take_over=take_over)
        watching = Watching(engaged=engaged.append)
        process.task = asyncio.create_task(engage(process.home, RUN, options, watching=watching))
        await asyncio.wait({process.task})
        if not process.is_alive:
            with suppress(BaseException):
                process.task.result()
            return
        error = None if process.task.cancelled() else process.task.exception()
        if error is not None:
            self._judge(process, error)
            for ended in [one for one in self.machine.processes if take_over and one.is_swept]:
                ended.kill()  # by the one that did not come to its first commit; else its token is void from there on
        elif engaged:
            self.monitor.engine_stopped(engaged[0].state)
        process.exit()

    def _booted(self) -> Process | None:
        try:
            return self.machine.boot()
        except (JournalError, apsw.Error):
            self.machine.disk.heal()
            return None

    def _judge(self, process: Process, error: BaseException) -> None:
        """Tell whether an engine may have stopped with this error."""
        if isinstance(error, JournalError | DiskRefused):
            self.machine.disk.heal()
            return
        if isinstance(error, RunHeld | ClaimLost):
            return
        if process.is_swept and isinstance(error, SurefootError):
            return
        where = "".join(traceback.format_exception(error)[-3:])
        self.monitor.refute(f"an engine stopped with {type(error).__name__}: {error}\n{where}")

    def _limits(self) -> Limits | None:
        """Raise the limit once it stands in the way."""
        state = self.monitor.state
        if state is None or state.plan.limits.cost_usd is None or not self.monitor.kinds["limit_reached"]:
            return None
        return replace(state.plan.limits, cost_usd=max(state.plan.limits.cost_usd, state.cost_usd + 3.0))

    # --- people who answer

    async def _people(self) -> None:
        while True:
            await asyncio.sleep(self.chance.choice((0.1, 0.3, 1.0, 2.0)))
            state = self.monitor.state
            for found in state.open_questions if state is not None else ():
                if self.chance.random() < 0.6:
                    self._answer(found)
            if state is not None and self.chance.random() < 0.2:
                self._find_wrong()

    def _answer(self, found: QuestionState) -> None:
        question, word = found.asked.question, self._word(found)
        if self.chance.random() < 0.3:  # somebody else is a moment faster
            other = self._word(found)
            self.machine.slips.append(lambda: self._person(lambda home: answers.answer(home, question, other)))
        self._person(lambda home: answers.answer(home, question, word))
        self.machine.slips.clear()

    def _word(self, found: QuestionState) -> str:
        asked = found.asked
        is_applied = self.world.is_applied(asked.step)
        if asked.about is QuestionKind.IN_DOUBT:
            return "applied" if is_applied else "not_applied"
        if asked.about is QuestionKind.CONFIRM:
            return self._consent(asked.step, is_applied=is_applied)
        if asked.options[:1] == ("retry",):
            questions = self.retries.setdefault(asked.step, set())
            questions.add(asked.question)  # several people may answer one
            return "retry" if len(questions) <= RETRIES_MAX else asked.options[-1]
        return asked.options[0] if asked.options else "blue"

    def _consent(self, step: StepId, *, is_applied: bool) -> str:
        """Let an effect be repeated once its step was taken back; else nothing should happen twice."""
        state = self.monitor.state
        assert state is not None
        if is_applied and not state.nodes[step].tainted_by and not state.nodes[step].is_taken_back:
            return "no"
        if is_applied:
            self.world.forgiven[f"{RUN}:{step}"] += 1
        return "yes"

    # --- people who find out that something is wrong

    def _wrong_steps(self) -> list[StepId]:
        """Return the steps whose verified results are wrong though no check says so."""
        state = self.monitor.state
        if state is None or state.branch is None:
            return []
        words = {word for text in self.world.trees[state.branch.tree].values() for word in text.split()}
        names = [StepId(word.removeprefix(WRONG)) for word in sorted(words) if word.startswith(WRONG)]
        return [name for name in names if is_result(state.nodes[name])]

    def _find_wrong(self) -> None:
        wrong = self._wrong_steps()
        if wrong:
            self._person(lambda home: invalidate(home, RUN, wrong, why="It is wrong.", by="somebody"))

    def _do_invalidate(self) -> None:
        """Let somebody take back what is not wrong at all: that costs time and nothing else."""
        state = self.monitor.state
        done = [] if state is None else [node.spec.id for node in state.steps() if is_result(node)]
        if done:
            name = self.chance.choice(done)
            self._person(lambda home: invalidate(home, RUN, name, why="It seems wrong.", by="somebody"))

    def _do_invalidate_later(self) -> None:
        self.afterwards.append("do_invalidate")

    def _person(self, says: Callable[[Home], object]) -> None:
        """Let somebody type a command; what is refused is refused."""
        process = self._booted()
        if process is None:
            return
        with suppress(UsageError, JournalError):
            says(process.home)
        process.exit()

    # --- troubles

    def _alarm(self, what: str) -> Callable[[], None]:
        def strike() -> None:
            self.did.append(what)
            getattr(self, f"_do_{what}")()

        return strike

    def _later(self, what: Callable[[Home], object]) -> None:
        """Let somebody type a command that takes its time."""

        async def type_it() -> None:
            process = self._booted()
            if process is None:
                return
            process.task = asyncio.create_task(what(process.home))  # type: ignore[arg-type]
            await asyncio.wait({process.task})
            error = None if process.task.cancelled() else process.task.exception()
            if process.is_alive and error is not None and not isinstance(error, UsageError):
                self._judge(process, error)
            process.exit()

        self.others.append(asyncio.get_running_loop().create_task(type_it()))

    def _do_kill(self) -> None:
        if self.machine.holder is not None:
            self.machine.holder.kill()

    def _do_power(self) -> None:
        self.machine.cut_power()

    def _do_kill_at_effect(self) -> None:
        """Kill the engine as soon as an effect outside has taken place."""
        self.world.when_applied.append(self._do_kill)

    def _do_power_at_effect(self) -> None:
        """Cut the power as soon as an effect outside has taken place."""
        self.world.when_applied.append(self._do_power)

    def _do_torn(self) -> None:
        """Cut the power amid a write that comes soon."""
        disk, loop = self.machine.disk, asyncio.get_running_loop()
        disk.writes_left = self.chance.randrange(6)

        def watch() -> None:
            if disk.is_off:
                self.machine.cut_power()
            elif disk.writes_left is not None:
                loop.call_later(0.01, watch)

        loop.call_soon(watch)

    def _do_full(self) -> None:
        self.machine.disk.failures = [apsw.FullError] * self.chance.randint(1, 3)

    def _do_refused(self) -> None:
        self.machine.disk.failures = [apsw.IOError] * self.chance.randint(1, 3)

    def _do_unsynced(self) -> None:
        self.machine.disk.failing_syncs = 1

    def _do_clock(self) -> None:
        self.machine.clock.set_by_s += self.chance.choice((-3600.0, -5.0, 5.0, 3600.0))

    def _do_checkpoint(self) -> None:
        self.machine.checkpoint()

    def _do_take_over(self) -> None:
        self.others.append(asyncio.get_running_loop().create_task(self._engine(take_over=True)))

    def _do_pause(self) -> None:
        self._later(lambda home: pause(home, RUN, by="somebody"))

    def _do_interrupt(self) -> None:
        event = ev.PauseRequested(at=self.machine.clock.now(), by="somebody", interrupt=True)
        self._person(lambda home: _say(home, event))

    def _do_slip(self) -> None:
        """Let somebody say something between the decision of an engine and its commit."""
        self.machine.slips.append(self._do_interrupt)

    def _do_cancel(self) -> None:
        self._later(lambda home: cancel(home, RUN, by="somebody"))

    def _do_restore(self) -> None:
        self.afterwards.append("restore")

    def _restore(self) -> None:
        state = self.monitor.state
        assert state is not None
        points = [node.spec.id for node in state.steps() if node.head_after is not None]
        if points:
            to = self.chance.choice(points)
            self._later(lambda home: restore(home, RUN, to, by="somebody"))

    def _do_tell(self) -> None:
        self._person(lambda home: tell(home, RUN, "Mind the step."))

    def _do_tell_now(self) -> None:
        self._person(lambda home: tell(home, RUN, "Stop and read.", now=True))

    def _do_amend(self) -> None:
        state = self.monitor.state
        if state is None:
            return
        change, may_revert = self._change(state), self.chance.random() < 0.5
        self._person(lambda home: amend(home, RUN, [change], why="because", by="somebody", revert=may_revert))

    def _change(self, state: RunState) -> Operation:
        """Draw how somebody wants the plan changed."""
        one, other = self.chance.sample([*state.plan.steps] * 2, 2)
        match self.chance.choice(("add", "add", "drop", "move", "replace", "replace")):
            case "add":
                name = StepId(f"more{len(self.did)}")
                needs = (one.id,) if self.chance.random() < 0.3 else ()
                return AddStep(step=Step(id=name, body=RunBody(command=f"write f-{name} l-{name}"), needs=needs))
            case "drop":
                return DropStep(step=one.id)
            case "move":
                return MoveStep(step=one.id, before=other.id)
            case _:
                text = f"write g-{one.id} more\n{one.body.text}"
                return ReplaceStep(step=one.id, by=replace(one, body=RunBody(command=text)) if one.checks else one)


def _either(text: str) -> str:
    """Forget which of several results came first."""
    return "odd" if text == "even" else text


def _say(home: Home, event: ev.Event) -> RunState:
    from surefoot.api.journal_append import say

    return say(home, RUN, lambda _: [event])


class _Over(Exception):
    """A violation was found: there is no point in going on."""


def undisturbed(seed: int) -> Told:
    """Play the run of a seed without any trouble, one step after the other."""
    plan, fates = drawn(seed)
    return History(seed, _serial(plan), fates).play()


def _serial(plan: Plan) -> Plan:
    return replace(plan, limits=replace(plan.limits, parallel=1))


def played(seed: int) -> Told:
    """Play the history of a seed; where nobody changed anything, the run ends as an undisturbed one."""
    plan, fates = drawn(seed)
    chance = random.Random(f"troubles {seed}")
    is_meddled = chance.random() < 0.4
    kinds = (*QUIET, *MEDDLING, *MEDDLING) if is_meddled else QUIET
    calm = None if is_meddled else undisturbed(seed)
    if calm is not None and calm.violations:
        return calm
    turns = TURNS_OF_STEP * len(plan.steps) if calm is None else calm.turns
    troubles = [(chance.randint(1, turns), chance.choice(kinds)) for _ in range(chance.randint(1, 6))]
    if chance.random() < 0.5:
        fates = with_wrong_steps(plan, fates, chance)
    told = History(seed, plan, fates, troubles).play()
    if told.plan is not None and calm is not None and told.plan.steps != plan.steps:
        calm = History(seed, _serial(told.plan), fates).play()
    if not told.violations and calm is not None and told.end != calm.end:
        told.violations.append(f"it ended as {told.end}, undisturbed as {calm.end}")
    return told
