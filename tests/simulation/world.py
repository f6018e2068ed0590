"""The simulated world: files as trees of paths and contents, lanes, effects outside, models, and who performs commands.

Bodies, checks and instructions are lines of a small language, so that the world can say afterwards what is true:

    write PATH TEXT     the file holds the text
    share PATH TEXT     the same, in a file that other steps write in the same way
    clash PATH          the file holds `odd` where no other one does, else `even`
    join PATH LINE      the file holds the line, with those it held before, in order
    derive PATH FROM    the file holds the digest of another one
    litter              something is left beside the files, where git ignores it
    apply NAME          an effect outside the workspace

Checks are predicates on trees: `holds PATH LINE`, `sound` (no file holds the word `broken`), `calm` (one file at most
holds the word `odd`), `red` (never).
A new effect is a method in `World.PERFORMERS`; what a lane is asked goes by the lane's name, whatever it is for.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import Fault, Role, Usage
from surefoot.core.check_kinds import CommandCheck
from surefoot.core.event_words import Applied, Diagnosis, Ending, Status, Verdict
from surefoot.core.events import Event
from surefoot.core.globs import matches
from surefoot.core.plan import Effect, Step
from surefoot.core.system_steps import attempted_step
from surefoot.effects import LANE
from tests.core.world import USAGE, answered, kind_fact_for_step, used

if TYPE_CHECKING:
    from surefoot.workers.run_context import RunContext

Files = Mapping[str, str]
ENVIRONMENT = "env"
WRONG = "wrong-"
"""What a step writes that is wrong though no check says so, with its name behind."""


def digest(*parts: object) -> str:
    """Name something by its content."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


@dataclass
class Lane:
    """One lane: its files, and what lies beside them."""

    files: dict[str, str] = field(default_factory=dict)
    litter: str = ""
    """Names what lies where git ignores it; empty: nothing."""
    litter_before: str = ""
    """The same, at the last checkpoint."""
    checkpoint: int = 0
    """Which one that was, counted from 1."""
    environment: str = ENVIRONMENT

    def is_littered(self, checkpoint: int) -> bool:
        """Tell whether anything but what was there at that checkpoint may lie there."""
        return (self.checkpoint, self.litter_before) != (checkpoint, self.litter)


@dataclass
class Fates:
    """What becomes of the attempts of steps, fixed before the run begins."""

    by_attempt: Mapping[tuple[str, int], str] = field(default_factory=dict)
    """What becomes of an attempt; all others go well.

    `exit`, `timeout`: its body ends so. `broken`: it writes that word in place of its line. `unsound`: beside its line,
    so that only a check which all steps share finds out. `idle`: it leaves out what others do as well.
    """
    wrong: frozenset[str] = frozenset()
    """Steps that write a word which no check looks for, until somebody has found that out."""
    faults: Mapping[tuple[str, int, int], Fault] = field(default_factory=dict)
    """How the first request of a turn (step, attempt, turn) fails."""
    slowness: float = 1.0
    check_s: float = 0.4
    """How long a check takes at most; where that is long, results wait for each other."""


class Swept(Exception):
    """What was at work for an engine that lost its claim was ended by the next one."""


class World:
    """What stands outside of all programs, and outlives them."""

    def __init__(self, seed: int, fates: Fates) -> None:
        """Begin with one commit; draw durations from the seed."""
        self.fates = fates
        self.trees: dict[str, dict[str, str]] = {}
        self.commits: dict[str, tuple[str, str | None]] = {}
        """Tree and parent of each commit."""
        self.base_tree = self.keep_tree({"shared": "", "origin": "first"})
        self.base = self.keep_commit(self.base_tree, None)
        self.ref: str | None = None
        self.kept_tips: dict[int, str] = {}
        self.lanes: dict[str, Lane] = {}
        self.applied: Counter[str] = Counter()
        """How often each effect outside took place, by its idempotency key."""
        self.forgiven: Counter[str] = Counter()
        """How often people wanted an effect once more, though they knew of it."""
        self.known_wrong: set[str] = set()
        """The steps of which somebody has said that they are wrong."""
        self.billed_usd = 0.0
        """What providers have charged, whoever heard their replies."""
        self.passed: set[tuple[str, str, str]] = set()
        """What was really asked and passed: the check, the tree, what lay beside the files."""
        self._chance = random.Random(f"durations {seed}")
        self.when_applied: list[Callable[[], None]] = []
        """What happens as soon as the next effect outside has taken place."""
        self.surprises: list[str] = []
        """What was asked of the world that makes no sense."""
        self._litters = 0
        self._faulty: set[tuple[str, int, int]] = set()

    # --- trees and commits

    def keep_tree(self, files: Files) -> str:
        """Keep a tree and name it."""
        name = "t-" + digest(sorted(files.items()))
        self.trees[name] = dict(files)
        return name

    def keep_commit(self, tree: str, parent: str | None, *more: object) -> str:
        """Keep a commit and name it."""
        name = "c-" + digest(tree, parent, *more)
        self.commits[name] = (tree, parent)
        return name

    def tree_of(self, commit: str) -> str:
        """Return the tree of a commit, or the tree itself."""
        return self.commits[commit][0] if commit in self.commits else commit

    def changes(self, before: str, after: str) -> tuple[str, ...]:
        """Return the paths at which two trees differ."""
        old, new = self.trees[before], self.trees[after]
        return tuple(path for path in sorted({*old, *new}) if old.get(path) != new.get(path))

    def fork(self, commit: str, other: str) -> str:
        """Return the last commit from which both come."""
        before = set(self.history(commit))
        return next(one for one in self.history(other) if one in before)

    def history(self, commit: str | None) -> Iterator[str]:
        """Yield a commit and those before it."""
        while commit is not None:
            yield commit
            commit = self.commits[commit][1]

    def merged(self, base: str, tree: str, onto: str) -> str | tuple[str, ...]:
        """Bring what a tree changes since its base onto another tree; the conflicting paths where that cannot be."""
        ours, theirs = self.changes(base, tree), self.changes(base, onto)
        new, found = self.trees[tree], dict(self.trees[onto])
        both = tuple(path for path in ours if path in theirs and new.get(path) != found.get(path))
        if both:
            return both
        for path in ours:
            if path in new:
                found[path] = new[path]
            else:
                found.pop(path, None)
        return self.keep_tree(found)

    def passes(self, check: CommandCheck, files: Files) -> bool:
        """Tell what a check says of files."""
        word, *rest = check.command.split()
        match word:
            case "holds":
                return rest[1] in files.get(rest[0], "").split()
            case "sound":
                return not any("broken" in text for text in files.values())
            case "calm":
                return sum("odd" in text.split() for text in files.values()) < 2
            case _:
                return False

    # --- what programs do

    async def perform(self, context: RunContext, command: do.Command, is_swept: Callable[[], bool]) -> Event:
        """Carry out a command: time passes, it takes effect, time passes."""

        async def wait(share: float) -> None:
            await asyncio.sleep(self._duration_s(command) * share)
            if is_swept():
                raise Swept

        await wait(0.6)
        fact = self._PERFORMERS[type(command)](self, context, command)
        await wait(0.4)
        return fact(context.clock.now())

    def _duration_s(self, command: do.Command) -> float:
        longest_s = 2.0 if isinstance(command, do.RunStep | do.RequestModel) else 0.4
        longest_s = self.fates.check_s if isinstance(command, do.AskCheck) else longest_s
        return self._chance.choice((0.0, 0.01, 0.1, 0.5, 1.0)) * longest_s * self.fates.slowness

    def _open_lane(self, _: RunContext, command: do.OpenLane) -> Callable[[float], Event]:
        if self._chance.random() < 0.02:
            return lambda now: LANE.failed(command, now, Diagnosis.TRANSIENT, "the network is away")
        lane = self.lanes.get(command.lane)
        if lane is None or command.fresh:
            lane = self.lanes[command.lane] = Lane()
        lane.files = dict(self.trees[self.tree_of(command.commit)])
        return lambda now: ev.LaneReady(at=now, lane=command.lane, environment=ENVIRONMENT)

    def _update_branch(self, _: RunContext, command: do.UpdateBranch) -> Callable[[float], Event]:
        if command.kept is not None and command.old is not None:
            self.kept_tips.setdefault(command.kept, command.old)
        self.ref = command.commit
        return lambda now: ev.BranchUpdated(at=now, commit=command.commit)

    def _checkpoint(self, _: RunContext, command: do.TakeCheckpoint) -> Callable[[float], Event]:
        lane, tree = self._lane(command), self.tree_of(command.commit)
        if command.checkpoint <= lane.checkpoint:
            lane.environment += f" used by {lane.checkpoint}"
        lane.files, lane.litter_before, lane.checkpoint = dict(self.trees[tree]), lane.litter, command.checkpoint
        return lambda now: ev.Checkpointed(
            **command.at(now), commit=command.commit, tree=tree, environment=lane.environment
        )

    def _check(self, _: RunContext, command: do.AskCheck) -> Callable[[float], Event]:
        lane, ask = self._lane(command), command.check.ask
        assert isinstance(ask, CommandCheck)
        if self.keep_tree(lane.files) != command.tree:
            self.surprises.append(f"a check of {command.step} is asked on another tree than it says")
        is_passed = self.passes(ask, lane.files)
        if is_passed:
            self.passed.add((command.check.digest, self.keep_tree(lane.files), lane.litter))
        verdict = Verdict.PASSED if is_passed else Verdict.FAILED
        which = {"moment": command.moment, "check": command.index, "tree": command.tree}
        return lambda now: ev.CheckAnswered(
            **command.at(now), **which, verdict=verdict, environment=command.environment
        )

    def _probe(self, _: RunContext, command: do.AskProbe) -> Callable[[float], Event]:
        is_there = self.is_applied(command.step)
        answer = Applied.APPLIED if is_there else Applied.NOT_APPLIED
        answer = Applied.UNKNOWN if self._chance.random() < 0.2 else answer
        return lambda now: ev.ProbeAnswered(**command.at(now), answer=answer)

    def is_applied(self, step: str) -> bool:
        """Tell whether the effect of a step is there."""
        return any(key.rpartition(":")[2] == step for key in self.applied)

    def _body(self, _: RunContext, command: do.RunStep) -> Callable[[float], Event]:
        fate = self._fate(command)
        lane = None if command.lane is None else self.lanes[command.lane]
        if fate != "exit" or self._chance.random() < 0.5:
            self.carry_out(command.spec, command.key, lane, fate)
        endings = {"exit": Ending(status=Status.EXIT, exit_code=1), "timeout": Ending(status=Status.TIMEOUT)}
        ending = endings.get(fate, Ending(status=Status.OK, exit_code=0))
        return lambda now: ev.BodyFinished(**command.at(now), ending=ending)

    def _fate(self, command: do.StepCommand) -> str:
        step = attempted_step(command.step)
        found = self.fates.by_attempt.get((step, command.attempt), "ok")
        is_wrong = step in self.fates.wrong and step not in self.known_wrong
        return "wrong" if found == "ok" and is_wrong else found

    def carry_out(self, spec: Step, key: str, lane: Lane | None, fate: str) -> None:
        """Do what a body says."""
        for line in spec.body.text.splitlines():
            word, *rest = line.split()
            if word == "apply":
                # Whoever is reached recognises an idempotent effect by its key.
                self.applied[key] += spec.effect is not Effect.IDEMPOTENT or key not in self.applied
                for happens in self.when_applied:
                    asyncio.get_running_loop().call_soon(happens)
                self.when_applied.clear()
            elif lane is not None:
                self._write(lane, word, rest, fate, f"{WRONG}{spec.id}")

    def _write(self, lane: Lane, word: str, rest: list[str], fate: str, wrong: str) -> None:
        path, *line = rest or ("",)
        beside = {"unsound": ["broken"], "wrong": [wrong]}.get(fate, [])
        match word:
            case "write":
                lane.files[path] = "broken" if fate == "broken" else " ".join([*line, *beside])
            case "share" if fate != "idle":
                lane.files[path] = line[0]
            case "clash":
                is_free = not any("odd" in text.split() for name, text in lane.files.items() if name != path)
                lane.files[path] = "odd" if is_free else "even"
            case "join":
                lines = {*lane.files.get(path, "").split(), *(["broken"] if fate == "broken" else [*line, *beside])}
                lane.files[path] = " ".join(sorted(lines))
            case "derive":
                lane.files[path] = "broken" if fate == "broken" else digest(lane.files.get(rest[1], "nothing"))
            case "litter":
                self._litters += 1
                lane.litter = f"litter {self._litters}"
            case _:
                pass

    def _inspect(self, _: RunContext, command: do.Inspect) -> Callable[[float], Event]:
        lane = self._lane(command)
        if command.spec.effect is Effect.READ:
            lane.files = dict(self.trees[command.tree])
        tree = self.keep_tree(lane.files)
        changed = self.changes(command.tree, tree)
        is_littered = lane.is_littered(command.checkpoint)
        return lambda now: ev.ChangesObserved(
            **command.at(now), tree=tree, changed=changed, lane_changed=is_littered, digest=digest(changed, tree)
        )

    def _commit(self, _: RunContext, command: do.WriteCommit) -> Callable[[float], Event]:
        commit = self.keep_commit(command.tree, command.parent, command.step, command.attempt)
        return lambda now: ev.CommitWritten(**command.at(now), commit=commit)

    def _merge(self, _: RunContext, command: do.MergeResult) -> Callable[[float], Event]:
        base, onto_tree = self.tree_of(command.base), command.onto_tree or self.tree_of(command.onto)
        # As git does: by history, unless both are given a base of their own.
        origin = base if command.is_apart else self.tree_of(self.fork(command.base, command.onto))
        found = self.merged(origin, command.tree, onto_tree)
        read = [path for path in self.changes(base, onto_tree) if matches(path, command.reads)]
        if read:
            reason = f"it read {', '.join(read)}"
            return lambda now: ev.MergeRefused(**command.at(now), onto=command.onto, reason=reason)
        if isinstance(found, tuple):
            return lambda now: ev.MergeRefused(
                **command.at(now), onto=command.onto, reason="it conflicts", conflicts=found
            )
        changed = self.changes(onto_tree, found)
        return lambda now: ev.Merged(
            **command.at(now), onto=command.onto, onto_tree=onto_tree, tree=found, changed=changed
        )

    def _check_out(self, _: RunContext, command: do.CheckOutTree) -> Callable[[float], Event]:
        self._lane(command).files = dict(self.trees[command.tree])
        return lambda now: ev.TreeCheckedOut(**command.at(now), tree=command.tree)

    def _look(self, _: RunContext, command: do.LookAgain) -> Callable[[float], Event]:
        if self.keep_tree(self._lane(command).files) != command.tree:
            self.surprises.append(f"the agent of {command.step} goes on in another tree than it left")
        return lambda now: ev.LookedAgain(**command.at(now))

    def _restore(self, _: RunContext, command: do.RestoreLane) -> Callable[[float], Event]:
        lane = self._lane(command)
        lane.files = dict(self.trees[self.tree_of(command.commit)])
        is_littered = lane.is_littered(command.checkpoint)
        return lambda now: ev.LaneRestored(**command.at(now), lane_changed=is_littered)

    def _keep_candidate(self, _: RunContext, command: do.KeepCandidate) -> Callable[[float], Event]:
        lane = self._lane(command)
        shown, lane.files = digest(lane.files), dict(self.trees[self.tree_of(command.commit)])
        is_littered = lane.is_littered(command.checkpoint)
        return lambda now: ev.CandidateKept(
            **command.at(now), candidate=command.candidate, lines=1, shown=shown, lane_changed=is_littered
        )

    def _lane(self, command: do.StepCommand) -> Lane:
        assert command.lane is not None
        return self.lanes[command.lane]

    # --- models

    def _start_conversation(self, _: RunContext, command: do.StartConversation) -> Callable[[float], Event]:
        tree = "" if command.lane is None else self.keep_tree(self._lane(command).files)
        return lambda now: ev.ConversationStarted(**command.at(now), tree=tree)

    def _request(self, _: RunContext, command: do.RequestModel) -> Callable[[float], Event]:
        turn = (command.step, command.attempt, command.turn)
        fault = self.fates.faults.get(turn)
        if fault is not None and turn not in self._faulty:
            self._faulty.add(turn)
            return lambda now: ev.ModelRequestFailed(
                **command.at(now), turn=command.turn, fault=fault, text="no reply", usage=Usage(requests=1)
            )
        self.billed_usd += USAGE.cost_usd
        tools = ("edit", "finish") if command.role is Role.WORKER else ("read", "finish")
        tool = tools[min(command.turn, len(tools)) - 1]
        return lambda now: answered(command, command.at(now), tool)

    def _use_tool(self, context: RunContext, command: do.UseTool) -> Callable[[float], Event]:
        if command.call.tool != "edit":
            return lambda now: used(command, command.at(now))
        lane, before = self._lane(command), self.keep_tree(self._lane(command).files)
        fate = self._fate(command)
        self.carry_out(command.spec, command.key, lane, "broken" if fate in {"exit", "timeout"} else fate)
        tree = self.keep_tree(lane.files)
        lines = [line.split() for line in command.spec.body.text.splitlines()]
        saw = {line[2]: digest(lane.files.get(line[2])) for line in lines if line[0] == "derive"}
        changed, output = self.changes(before, tree), context.store(b"done")
        return lambda now: ev.ToolCallFinished(
            **command.at(now), call=command.call.call, ok=True, text="ok", output=output, tokens=5,
            tree=tree, changed=changed, saw=saw,
        )  # fmt: skip

    def _kind(self, _: RunContext, command: do.StepCommand) -> Callable[[float], Event]:
        return lambda now: kind_fact_for_step(command, command.at(now))

    _PERFORMERS: ClassVar[Mapping[type[do.Command], Callable[..., Callable[[float], Event]]]] = {
        do.OpenLane: _open_lane,
        do.UpdateBranch: _update_branch,
        do.TakeCheckpoint: _checkpoint,
        do.AskCheck: _check,
        do.AskProbe: _probe,
        do.RunStep: _body,
        do.Inspect: _inspect,
        do.WriteCommit: _commit,
        do.MergeResult: _merge,
        do.CheckOutTree: _check_out,
        do.LookAgain: _look,
        do.RestoreLane: _restore,
        do.StartConversation: _start_conversation,
        do.RequestModel: _request,
        do.UseTool: _use_tool,
        do.KeepArtifacts: _kind,
        do.TryMutants: _kind,
        do.KeepCandidate: _keep_candidate,
    }
    """How each command takes effect; the answer makes the fact of the time at which it is told."""
