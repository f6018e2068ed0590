"""The plan model that plan files and Python callers share: steps, checks, limits, groups."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, field, replace
from enum import StrEnum
from typing import ClassVar, Final, Literal

from surefoot.core.bodies import AgentBody as AgentBody
from surefoot.core.bodies import AgentLimits as AgentLimits
from surefoot.core.bodies import AnyBody
from surefoot.core.bodies import AskBody as AskBody
from surefoot.core.bodies import Body as Body
from surefoot.core.bodies import CallBody as CallBody
from surefoot.core.bodies import FunctionBody as FunctionBody
from surefoot.core.bodies import RunBody as RunBody
from surefoot.core.bodies import VerifyBody as VerifyBody
from surefoot.core.bodies import WorkerBody as WorkerBody
from surefoot.core.check_kinds import CheckQuestion, Expect
from surefoot.core.globs import literal, with_content
from surefoot.core.ids import StepId
from surefoot.core.policy_types import Effect, Rule, Tier
from surefoot.core.probe_kinds import FunctionProbe, Probe
from surefoot.core.raw import WRITTEN, Raw
from surefoot.core.record import record
from surefoot.core.regex import regex

TRAIN_MOST = 16
"""So many results can be judged together at most."""
TIMEOUT_S = 600.0
"""What a check may take, where nobody says anything else."""
EVERYTHING = "**"
_NOT_IN_VARIABLES = regex(r"[^A-Za-z0-9]")
LOOPBACK: Final = "loopback"
"""The servers of this machine that listen on its loopback, and nothing beyond."""

Network = bool | Literal["loopback"]
"""How far a command's network reaches: everywhere, to the machine's own loopback, or (False) not beyond the command."""


class OnFailure(StrEnum):
    """What a step's final failure means for the rest of the run."""

    BLOCK = "block"
    SKIP = "skip"
    STOP = "stop"
    ASK = "ask"
    ROLLBACK = "rollback_to"


class Verify(StrEnum):
    """Where results are asked what other steps ask as well."""

    AUTO = "auto"
    """In their train while results hold; in their lane first once one did not."""
    LANE = "lane"
    """In their lane first, and in their train again."""
    QUEUE = "queue"
    """In their train alone."""


class Batch(StrEnum):
    """How the members of a group are taken up."""

    AUTO = "auto"
    BATCH = "batch"
    """Side by side; a failure keeps no other from starting, and failures are reported together."""
    CAREFUL = "careful"
    """One after the other, each verified before the next begins."""


@record
class RetryPolicy:
    """When and how often a failed step is tried again; always finite."""

    initial_interval_s: float = 1.0
    """Wait before the second attempt, in seconds."""
    backoff_coefficient: float = 2.0
    """Each further wait is this many times the one before."""
    maximum_interval_s: float = 100.0
    """No wait is longer, in seconds."""
    maximum_attempts: int = 3
    """Attempts in all, the first included."""
    non_retryable_error_types: tuple[str, ...] = ()
    """Names of Python exceptions after which no attempt follows."""
    retry_unknown: bool = False
    """Whether a failure of unknown kind is tried again, too; plan files set it where a step has a `retry`."""


@record
class Check:
    """One executable question about a result."""

    raw: ClassVar[Raw] = WRITTEN

    name: str = ""
    """Unique within its step; made from the question when none is given."""
    ask: CheckQuestion
    expect: Expect = Expect.PASS
    """What it proves."""
    timeout_s: float = TIMEOUT_S
    """After this many seconds the answer is inconclusive."""
    cwd: str | None = None
    """Folder to ask in, relative to the lane's root."""
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    """Variables on top of the plan's and the step's."""
    network: Network = False
    confine: bool = True
    """Whether the command runs in the sandbox."""
    uses: tuple[str, ...] = ()
    """Names of services it needs, beside those of its step."""
    held_back: bool = False
    """Whether no agent is ever told of it or of what it said."""

    @property
    def digest(self) -> str:
        """Name the question itself: equal questions share verdicts, whatever they are called."""
        surroundings = (self.cwd, sorted(self.env.items()), self.network, self.confine, self.uses)
        return digest_of((asdict(self.ask), type(self.ask).__name__, *surroundings))

    @property
    def reaches_out(self) -> bool:
        """Tell whether it is given a way to what lies outside the lane."""
        return bool(self.network) or not self.confine

    @property
    def expected(self) -> str:
        """Say in a few words what it expects to find."""
        return self.ask.expected(self.expect)


class Disagreement(StrEnum):
    """What follows where the candidates of a step come to results that do not agree."""

    ASK = "ask"
    """A person is asked which one counts."""
    MAJORITY = "majority"
    """One of those that more than half of all candidates agree with counts; where there is none, a person is asked."""


@record
class Compare:
    """What is run on the result of each candidate of a step: those that agree print the same."""

    raw: ClassVar[Raw] = WRITTEN

    run: str
    """A command for bash, confined as a check is, without the network; what it prints on its standard output counts."""
    timeout_s: float = TIMEOUT_S
    """After so many seconds it has shown nothing."""


@record
class ForEach:
    """What makes a step a group: one member for each item."""

    name: str = "item"
    """The placeholder's name."""
    items: tuple[str, ...] | None = None
    """The items, when the plan lists them."""
    glob: str | None = None
    """A glob over the files of the commit at expansion."""
    lines: str | None = None
    """A command whose non-empty output lines are the items."""


@record
class Step:
    """The smallest piece of work that is done, verified and undone as a whole. A `for_each` makes it a group."""

    id: StepId
    """Unique in the plan; a group's id is its template."""
    body: AnyBody
    title: str = ""
    """A few words for people."""
    why: str = ""
    """The reason, shown when a person is asked."""
    risk: str = ""
    """What may go wrong with it, or what it takes: shown with the plan, when a person is asked, and in the report."""
    needs: tuple[str, ...] = ()
    """Ids of steps or groups, or globs over both."""
    for_each: ForEach | None = None
    """What the group is expanded over."""
    batch: Batch = Batch.AUTO
    """For groups: how their members are taken up; `surefoot.core.batches` decides for `auto`."""
    if_empty_ok: bool = False
    """Whether a group without items is satisfied rather than failed."""
    cwd: str | None = None
    """Folder to run in, relative to the lane's root."""
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    """Variables for the body and the checks."""
    env_from: tuple[str, ...] = ()
    """Names of variables taken from the environment Surefoot was started in; their values are masked everywhere."""
    reads: tuple[str, ...] = ()
    """Globs over files the body reads."""
    home: tuple[str, ...] = ()
    """Places of the user's home, as `~/…`, that the body may read although secrets lie there."""
    writes: tuple[str, ...] | None = None
    """Globs over files the body may change; None: the plan's scope."""
    scratch: tuple[str, ...] = ()
    """Globs over files that are never committed and left alone."""
    artifacts: tuple[str, ...] = ()
    """Globs over files (or whole folders) that are never committed and handed on to the steps that need this one."""
    network: Network = False
    sockets: tuple[str, ...] = ()
    """Sockets of the host the body may use: absolute paths, or `$NAME` for one that a variable names."""
    confine: bool = True
    """Whether the body runs in the sandbox."""
    uses: tuple[str, ...] = ()
    """Names of services it needs running in its lane, and of resources that only so many steps may use at once."""
    checks: tuple[Check, ...] = ()
    """What must hold for the step to be verified, beside the exit status."""
    unproved: bool = False
    """For `agent`: whether it may run although no check can prove its result; it then ends unproved."""
    effect: Effect = Effect.REVERSIBLE
    tier: Tier | None = None
    """Raises the tier the effect class gives; never lowers it."""
    probe: Probe | None = None
    """How to tell whether an outside effect was applied."""
    undo: str = ""
    """How the effect is taken back, in words: shown when asking, never run."""
    undo_run: str = ""
    """The command that takes the effect back: shown when asking, run by an undo of the run, after a yes."""
    retry: RetryPolicy = RetryPolicy()
    """When it is tried again."""
    timeout_s: float = 1800.0
    """The body is ended after this many seconds."""
    on_failure: OnFailure = OnFailure.BLOCK
    """What its final failure means."""
    on_execution: OnFailure | None = None
    """What it means where the step could not be carried out; None: the same as any other."""
    on_verification: OnFailure | None = None
    """What it means where a check did not pass; None: the same as any other."""
    rollback_to: StepId | None = None
    """The step whose commit the branch returns to, for `on_failure: {rollback_to: …}`."""
    optional: bool = False
    """Whether the run can be completed although the step failed."""
    probe_checks: bool = False
    """Whether its checks have to notice small changes of what it wrote, to be counted as proof by mutation."""
    best_of: int = 1
    """How many independent attempts are made at it before one of their results counts."""
    compare: Compare | None = None
    """With `best_of`: what shows whether results agree; None: those that changed the files alike do."""
    disagree: Disagreement = Disagreement.ASK
    """With `best_of`: what follows where they do not agree."""
    estimate_s: float | None = None
    """How long the body is expected to take."""
    expects: Mapping[str, str] = field(default_factory=dict[str, str])
    """What its outputs have to be like, by their keys: regular expressions for whole values."""
    covers: tuple[str, ...] = field(default=(), repr=False)
    """The requirements of the plan that it serves: their numbers, from 1, or their words. No part of what is approved,
    so that approvals of before they were there hold."""

    @property
    def ways_on(self) -> frozenset[OnFailure]:
        """Return all that its final failure can mean."""
        return frozenset(self.after_failure(is_verification=one) for one in (True, False))

    def after_failure(self, *, is_verification: bool) -> OnFailure:
        """Return what its final failure means, by its kind: a check did not pass, or anything else."""
        own = self.on_verification if is_verification else self.on_execution
        return own or self.on_failure

    @property
    def reaches_out(self) -> bool:
        """Tell whether the body is given a way to what lies outside the lane."""
        return bool(self.network or self.sockets) or not self.confine

    @property
    def is_added(self) -> bool:
        """Tell whether its author says that nobody asked for it: its reason begins with `added`."""
        first = self.why.lower().split(maxsplit=1)[:1]
        return [word.rstrip(":,.;") for word in first] == ["added"]

    @property
    def undo_said(self) -> str:
        """Say how its effect is taken back; empty: nobody has said so."""
        command = f"`{self.undo_run}`, run by `surefoot undo` after a yes" if self.undo_run else ""
        return "; ".join(filter(None, (self.undo, command)))

    @property
    def takes_lane(self) -> bool:
        """Tell whether it takes a lane where the run has a workspace: for its body or for its checks."""
        return self.body.acts or bool(self.checks)

    @property
    def needs_program(self) -> bool:
        """Tell whether its body or its probe is a function of the program that made the run."""
        asks = self.probe is not None and isinstance(self.probe.ask, FunctionProbe)
        return asks or self.body.in_program

    @property
    def made(self) -> tuple[str, ...]:
        """Return globs over all that the artifacts are: what they match, and what is in a folder they match."""
        return with_content(self.artifacts)

    @property
    def uncommitted(self) -> tuple[str, ...]:
        """Return globs over files that no commit of the step holds, whatever git ignores."""
        return (*self.scratch, *self.made)


@record
class Prepare:
    """How a lane is made usable."""

    raw: ClassVar[Raw] = WRITTEN

    run: str
    """The command, run once in each lane and again when a key file changes."""
    key: tuple[str, ...] = ()
    """Globs over the files its result depends on."""
    path: tuple[str, ...] = ()
    """Folders of the lane put in front of PATH."""
    network: Network = False
    timeout_s: float = 1800.0
    """It is ended after this many seconds."""
    clone: bool = True
    """Whether other lanes may have a copy of what it made."""


@record
class Service:
    """A command that runs on beside the steps that use it; each lane has one of its own."""

    name: str
    """What `uses` calls it; unique in the plan."""
    run: str
    """The command. It stays in the foreground: when it ends, the service has ended."""
    ready: str | None = None
    """Asked again and again until it ends with exit status 0; without one the service is ready when it is started."""
    stop: str | None = None
    """Run before what is left of the service is ended by signals."""
    cwd: str | None = None
    """Folder to run in, relative to the lane's root."""
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    """Variables for its three commands, on top of the plan's."""
    network: Network = False
    """How far its commands' network reaches, beside its lane."""
    timeout_s: float = 60.0
    """It has to be ready within so many seconds."""

    @property
    def port_variable(self) -> str:
        """Name the variable that holds the port which the runtime has chosen for it."""
        return f"SUREFOOT_PORT_{_NOT_IN_VARIABLES.sub('_', self.name).upper()}"


@record
class Limits:
    """What a run may use."""

    raw: ClassVar[Raw] = WRITTEN

    wall_s: float | None = None
    """The run pauses after this many seconds of work since it was last started or resumed."""
    parallel: int = 1
    """How many steps run at once, in a run with a workspace each in a lane of its own."""
    parked: int | None = None
    """How many results may wait to be judged before no further step starts; None: twice `parallel`."""
    judges: int = 1
    """How many lanes there are in which results are judged away from where they were made."""
    train: int = 0
    """How many results are judged together; 0: by how many of the last ones held."""
    verify: Verify = Verify.AUTO
    """Where they are asked what other steps ask as well."""
    cost_usd: float | None = None
    """What the run may cost, in US dollars; it asks before it goes on once most of that is spent."""
    tokens: int | None = None
    """How many tokens its models may take, sent and written."""
    requests: int | None = None
    """How many requests to models it may make."""
    resources: Mapping[str, int] = field(default_factory=dict[str, int])
    """How many steps may use a resource at once, by its name in `uses`."""
    observed: Mapping[str, str] = field(default_factory=dict[str, str])
    """For resources that steps rest on: the command whose output tells how each stands."""

    @property
    def parked_max(self) -> int:
        """How many results may wait to be judged before no further step starts."""
        return 2 * self.parallel if self.parked is None else self.parked


@record
class Constraint:
    """Something that holds for all that a run does, whatever its goal and its steps say."""

    raw: ClassVar[Raw] = WRITTEN

    text: str
    """What holds, in words: agents read it in every brief."""
    deny: tuple[str, ...] = ()
    """Globs over files that nothing in the run may change."""
    commands: tuple[str, ...] = ()
    """Patterns of commands that nothing in the run may execute, as in a rule."""


@record
class Plan:
    """The dependency graph of steps with everything they share."""

    raw: ClassVar[Raw] = WRITTEN

    goal: str
    """What the user wants, verbatim."""
    steps: tuple[Step, ...]
    """In the order in which they are taken up when nothing else decides."""
    files: tuple[str, ...] = ()
    """Files beside the plan, copied when the run starts and readable at `$SUREFOOT_FILES`."""
    prepare: Prepare | None = None
    accept: tuple[Check, ...] = ()
    """What must hold for the goal to be reached."""
    scope_write: tuple[str, ...] = (EVERYTHING,)
    """Globs over all files the run may change."""
    limits: Limits = Limits()
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    """Variables for prepare, bodies, checks and acceptance."""
    services: tuple[Service, ...] = ()
    """What runs beside the steps that use it."""
    policy: tuple[Rule, ...] = ()
    """Rules that may raise a tier."""
    constraints: tuple[Constraint, ...] = ()
    """What holds for planner, workers and reviewer alike; files and commands that it denies are refused."""
    requirements: tuple[str, ...] = field(default=(), repr=False)
    """What the goal asks for, one thing each, in words; steps say with `covers` which of them they serve. No part of
    what is approved, as there."""
    folder: str = ""
    """The folder of the repository in which its commands start; empty: the root. See `within`."""

    @property
    def holds_back_checks(self) -> bool:
        """Tell whether any of its checks is held back from agents."""
        checks = (*self.accept, *(check for step in self.steps for check in step.checks))
        return any(check.held_back for check in checks)

    def capacity_of(self, name: str) -> int | None:
        """Return how many steps may use what `uses` calls so at once; None: any number, for each lane has its own."""
        if name in self.limits.resources:
            return self.limits.resources[name]
        return None if any(service.name == name for service in self.services) else 1

    @property
    def denied(self) -> tuple[str, ...]:
        """Globs over files that no step may change, whatever it may write; a folder stands for all that is in it."""
        return with_content([glob for one in self.constraints for glob in one.deny])

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Its rules, those that follow from its constraints included."""
        denied = (
            Rule(name=f"constraint-{number}", tier=Tier.NEVER, reason=one.text, commands=one.commands)
            for number, one in enumerate(self.constraints, start=1)
            if one.commands
        )
        return (*self.policy, *denied)

    @property
    def folder_prefix(self) -> str:
        """What stands before the paths of its folder, counted from the root of the repository; empty: nothing."""
        return f"{self.folder}/" if self.folder else ""

    def writes_of(self, step: Step) -> tuple[str, ...]:
        """Return what a step may change: its own globs, else those of the plan's scope."""
        return self.scope_write if step.writes is None else step.writes

    def services_of(self, step: Step) -> tuple[str, ...]:
        """Name the services a step or its checks use, in the order of the plan, in which they are started."""
        wanted = {*step.uses, *(name for check in step.checks for name in check.uses)}
        return tuple(service.name for service in self.services if service.name in wanted)

    def uses_anything(self, step: Step) -> bool:
        """Tell whether a step may change a service or another named resource, which no tree holds."""
        return bool(step.uses or self.services_of(step))

    def services_of_check(self, check: Check) -> tuple[str, ...]:
        """Name the services an acceptance check uses, in the order in which they are started."""
        return tuple(service.name for service in self.services if service.name in check.uses)

    def service(self, name: str) -> Service:
        """Return the service of that name."""
        return next(service for service in self.services if service.name == name)


def with_constraints(plan: Plan, constraints: Iterable[Constraint]) -> Plan:
    """Return the plan with these constraints and its own; one that is said in the same words stands once."""
    found = {one.text: one for one in (*constraints, *plan.constraints)}
    return replace(plan, constraints=tuple(found.values()))


def within(plan: Plan, folder: str) -> Plan:
    """Return the plan for one folder of a repository, as if that were the whole: paths and globs count from there."""

    def globs(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(f"{literal(folder)}/{text}" for text in texts)

    def check(one: Check) -> Check:
        return replace(one, ask=one.ask.from_root(globs))

    def step(one: Step) -> Step:
        writes = None if one.writes is None else globs(one.writes)
        files = {"reads": globs(one.reads), "scratch": globs(one.scratch), "artifacts": globs(one.artifacts)}
        return replace(one, **files, writes=writes, checks=tuple(map(check, one.checks)))

    return replace(
        plan,
        folder=folder,
        prepare=None if plan.prepare is None else replace(plan.prepare, key=globs(plan.prepare.key)),
        accept=tuple(map(check, plan.accept)),
        scope_write=globs(plan.scope_write),
        constraints=tuple(replace(one, deny=globs(one.deny)) for one in plan.constraints),
        steps=tuple(map(step, plan.steps)),
    )


def digest_of(value: object) -> str:
    """Return a short stable name for plain data (its `repr` must be canonical)."""
    return hashlib.sha256(repr(value).encode("utf-8", "surrogateescape")).hexdigest()[:24]
