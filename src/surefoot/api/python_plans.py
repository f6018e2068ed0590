"""Plans written in Python: `Plan`, `Step`, `Check`, and `run`.

The signatures stand here for editors and type checkers; `surefoot.core.plan_schema` says what each field becomes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import field, replace
from pathlib import Path
from typing import Any, Literal

from surefoot.api.engagement import Source, Watching, create_run, engage
from surefoot.api.home import Home
from surefoot.api.run_options import Options
from surefoot.api.shared_resources import shared_home
from surefoot.core import plan as core
from surefoot.core.ids import RunId, encode_id, nearest_said
from surefoot.core.plan import RetryPolicy
from surefoot.core.plan_keys import Key, Kind
from surefoot.core.plan_schema import ON_FAILURE, TABLES
from surefoot.core.probe_kinds import FunctionProbe, Probe
from surefoot.core.record import record
from surefoot.core.report import report_of
from surefoot.core.report_shape import Report
from surefoot.core.state import RunState
from surefoot.errors import PlanInvalid, RunExists
from surefoot.workers.run_context import Function, FunctionRegistry, ProbeFunction


@record
class Check:
    """One executable question about a result. Give one of `run`, `tests`, `file`, `call`, `changed` and `json`."""

    run: str | None = None
    """A command: exit status 0 passes."""
    tests: str | None = None
    """A command judged test by test."""
    format: Literal["junit", "unittest"] = "junit"
    """For `tests`: `junit` or `unittest`."""
    file: str | None = None
    """A glob; one of the next four says what is asked about the files."""
    exists: bool | None = None
    """At least one file matches (False: none does)."""
    contains: str | None = None
    """Every matching file holds this text."""
    lacks: str | None = None
    """No matching file holds this text."""
    matches: str | None = None
    """Every matching file matches this regular expression."""
    call: str | None = None
    """`package.module:function`, which returns a bool or (verdict, text)."""
    changed: tuple[str, ...] | None = None
    """Globs inside which all changes must lie."""
    json: Mapping[str, object] | None = None
    """`{"file": …, "path": …, "equals": …}`: that value stands at the path of the JSON file."""
    name: str = ""
    """Unique within its step; made from the question when none is given."""
    expect: Literal["pass", "pass_to_pass", "fail_to_pass"] = "pass"
    """`pass`, `pass_to_pass` or `fail_to_pass`."""
    timeout_s: float = 600.0
    """After this many seconds the answer is inconclusive."""
    cwd: str | None = None
    """Folder to ask in."""
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    """Variables on top of the plan's and the step's."""
    network: core.Network = False
    """How far the command's network reaches: `True`, `"loopback"`, or not beyond the command."""
    confine: bool = True
    """Whether the command runs in the sandbox."""
    uses: Sequence[str] = ()
    """Names of services it needs, beside those of its step."""
    held_back: bool = False
    """Whether no agent is ever told of it or of what it said."""

    def compiled(self, number: int, of: str) -> core.Check:
        """Return the check of the plan model; `of` says what it is a check of."""
        table = TABLES["check"]
        where = f"{of}, check {self.name or number!r}"
        asked = [kind for kind in table.kinds if getattr(self, kind.name) is not None]
        if len(asked) != 1:
            raise _invalid(f"{where} takes exactly one of {', '.join(kind.name for kind in table.kinds)}")
        kind = asked[0]
        values = _within(getattr(self, kind.name), kind, where) if kind.is_nested else _values(self, kind.keys, where)
        question = kind.type(**values)
        common = _values(self, table.keys, where)
        common["name"] = self.name or f"check {number}"
        return core.Check(ask=question, **common)


@record(kw_only=False)
class Step:
    """One step of a plan written in Python. Exactly one of `do`, `run`, `call`, `agent`, `ask` is given."""

    id: str
    """Unique in the plan."""
    do: Function | None = None
    """An async function run in this very process; it is given a `StepArgument`."""
    run: str | None = field(default=None, kw_only=True)
    """A shell command."""
    call: str | None = field(default=None, kw_only=True)
    """`package.module:function`, run in a child process."""
    agent: str | None = field(default=None, kw_only=True)
    """What an agent is to do, in words."""
    model: str | None = field(default=None, kw_only=True)
    """For `agent`: `provider:name`; None: the model that plays the worker."""
    turns_max: int = field(default=60, kw_only=True)
    """For `agent`: the attempt fails after so many replies."""
    limits: core.AgentLimits = field(default_factory=core.AgentLimits, kw_only=True)
    """For `agent`: what all attempts together may use."""
    ask: str | None = field(default=None, kw_only=True)
    """A question to a person."""
    options: tuple[str, ...] = field(default=(), kw_only=True)
    """For `ask`: the answers allowed."""
    show: tuple[str, ...] = field(default=(), kw_only=True)
    """For `ask`: globs of the files that are shown beside the question."""
    title: str = field(default="", kw_only=True)
    """A few words for people."""
    why: str = field(default="", kw_only=True)
    """The reason, shown when a person is asked."""
    risk: str = field(default="", kw_only=True)
    """What may go wrong with it, or what it takes: shown with the plan, when a person is asked, and in the report."""
    needs: Sequence[str] = field(default=(), kw_only=True)
    """Ids of steps, or globs over them."""
    reads: Sequence[str] = field(default=(), kw_only=True)
    """Globs over files the body reads; `~/…` opens a place of the home to a command."""
    writes: Sequence[str] | None = field(default=None, kw_only=True)
    """Globs over files the body may change."""
    artifacts: Sequence[str] = field(default=(), kw_only=True)
    """Globs over files that are never committed and handed on to the steps that need this one."""
    checks: Sequence[Check] = field(default=(), kw_only=True)
    """What must hold for the step to be verified."""
    unproved: bool = field(default=False, kw_only=True)
    """For `agent`: whether it may run although no check can prove its result; it then ends unproved."""
    effect: Literal["read", "reversible", "idempotent", "irreversible"] = field(default="reversible", kw_only=True)
    """`read`, `reversible`, `idempotent` or `irreversible`."""
    tier: Literal["auto", "log", "confirm", "never"] | None = field(default=None, kw_only=True)
    """Raises the tier: `log`, `confirm` or `never`."""
    probe: Probe | ProbeFunction | None = field(default=None, kw_only=True)
    """How to tell whether an outside effect was applied: a `Probe`, or a function, async or not, that is given a
    `StepArgument` and returns True, False, None (unknown), or one of the words `applied`, `not_applied`, `unknown`."""
    probe_within_s: float = field(default=0.0, kw_only=True)
    """For a probe that is a function: asked again for so many seconds until applied."""
    undo: str = field(default="", kw_only=True)
    """How the effect is taken back."""
    env: Mapping[str, str] = field(default_factory=dict[str, str], kw_only=True)
    """Variables for body and checks."""
    env_from: Sequence[str] = field(default=(), kw_only=True)
    """Variables taken from the environment, masked everywhere."""
    network: core.Network = field(default=False, kw_only=True)
    """How far the body's network reaches: `True`, `"loopback"`, or not beyond the command."""
    sockets: Sequence[str] = field(default=(), kw_only=True)
    """Sockets of the host a command may use: absolute paths, or `$NAME` for one that a variable names."""
    confine: bool = field(default=True, kw_only=True)
    """Whether a command runs in the sandbox."""
    uses: Sequence[str] = field(default=(), kw_only=True)
    """Names of services it needs running, and of resources that only so many steps may use at once."""
    retry: RetryPolicy | None = field(default=None, kw_only=True)
    """When it is tried again; stating one retries failures of unknown kind, too."""
    timeout_s: float = field(default=1800.0, kw_only=True)
    """The body is ended after this many seconds."""
    on_failure: Literal["block", "skip", "stop", "ask"] | None = field(default=None, kw_only=True)
    """`block`, `skip`, `stop` or `ask`; None: `ask` for an agent's step, `skip` for an optional one, `block` for any
    other."""
    optional: bool = field(default=False, kw_only=True)
    """Whether the run can be completed although the step failed; `on_failure` is `skip` then, if nothing is said."""
    estimate_s: float | None = field(default=None, kw_only=True)
    """How long the body is expected to take."""

    def compiled(self) -> core.Step:
        """Return the step of the plan model."""
        bodies = [body for body in self._bodies() if body is not None]
        if len(bodies) != 1:
            raise _invalid(f"step {self.id!r} takes exactly one of do, run, call, agent, ask")
        where = f"step {self.id!r}"
        own = {"id", "reads", "checks", "probe", "retry", "on_failure"}
        values = _values(self, [key for key in TABLES["step"].keys if key.name not in own], where)
        on_failure = self.on_failure or ("skip" if self.optional else "block" if self.agent is None else "ask")
        return core.Step(
            id=encode_id(self.id),
            body=bodies[0],
            reads=tuple(read for read in self.reads if not read.startswith("~/")),
            home=tuple(read for read in self.reads if read.startswith("~/")),
            checks=tuple(check.compiled(number, where) for number, check in enumerate(self.checks, start=1)),
            probe=self._probe(),
            retry=self._retry(),
            on_failure=_word(on_failure, ON_FAILURE, f"{where}: on_failure"),
            **values,
        )

    def _retry(self) -> RetryPolicy:
        """Return when it is tried again: an agent learns from what the checks said, so that it tries another way."""
        if self.retry is None:
            return RetryPolicy(retry_unknown=self.agent is not None)
        return replace(self.retry, retry_unknown=True)

    def _agent(self) -> core.AgentBody | None:
        if self.agent is None:
            return None
        return core.AgentBody(instructions=self.agent, model=self.model, turns_max=self.turns_max, limits=self.limits)

    def _probe(self) -> Probe | None:
        if self.probe is None or isinstance(self.probe, Probe):
            if self.probe_within_s:
                raise _invalid(
                    f"step {self.id!r} has `probe_within_s`, but no function as its probe; set `within_s` of the Probe"
                )
            return self.probe
        return Probe(ask=FunctionProbe(name=_name_of(self.probe)), within_s=self.probe_within_s)

    def _bodies(self) -> list[core.AnyBody | None]:
        return [
            None if self.do is None else core.FunctionBody(name=_name_of(self.do)),
            None if self.run is None else core.RunBody(command=self.run),
            None if self.call is None else core.CallBody(function=self.call),
            self._agent(),
            None if self.ask is None else core.AskBody(question=self.ask, options=self.options, show=self.show),
        ]


@record
class Plan:
    """A plan written in Python."""

    goal: str
    """What is wanted, verbatim."""
    steps: Sequence[Step]
    """In the order in which they are taken up when nothing else decides."""
    prepare: core.Prepare | None = None
    """How a lane is made usable."""
    accept: Sequence[Check] = ()
    """What must hold for the goal to be reached."""
    scope_write: Sequence[str] = (core.EVERYTHING,)
    """Globs over all files the run may change."""
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    """Variables for prepare, bodies, checks and acceptance."""
    wall_s: float | None = None
    """The run pauses after this many seconds of work."""
    cost_usd: float | None = None
    """What the run may cost, in US dollars."""
    tokens: int | None = None
    """How many tokens its models may take, sent and written."""
    requests: int | None = None
    """How many requests to models it may make."""
    parallel: int = 1
    """How many steps run at once; more than one only in runs without a workspace."""
    services: Sequence[core.Service] = ()
    """What runs beside the steps that use it."""
    resources: Mapping[str, int] = field(default_factory=dict[str, int])
    """How many steps may use a resource at once, by its name in `uses`; one where it is not named here."""

    def compiled(self) -> core.Plan:
        """Return the plan of the plan model."""
        shared = [key for key in TABLES["plan"].keys if key.name in {"goal", "prepare", "scope", "env", "services"}]
        return core.Plan(
            steps=tuple(step.compiled() for step in self.steps),
            accept=tuple(check.compiled(number, "the plan") for number, check in enumerate(self.accept, start=1)),
            limits=core.Limits(**_values(self, TABLES["limits"].keys, "the plan"), resources=self.resources),
            **_values(self, shared, "the plan"),
        )

    @property
    def functions(self) -> FunctionRegistry:
        """Return the bodies and probes that are functions, by step id."""
        bodies = {encode_id(step.id): step.do for step in self.steps if step.do is not None}
        probes = {
            encode_id(step.id): step.probe
            for step in self.steps
            if step.probe is not None and not isinstance(step.probe, Probe)
        }
        return FunctionRegistry(bodies=bodies, probes=probes)


def _values(of: object, keys: Iterable[Key], where: str) -> dict[str, Any]:
    """Return what is set, as the plan model has it: by the fields that the keys of a plan file fill."""
    values: dict[str, Any] = {}
    for key in keys:
        value = getattr(of, key.name, getattr(of, key.fills, None) if key.fills else None)
        if value is None or not key.fills:
            continue
        if key.value.kind == "word":
            value = _word(value, key.value.words, f"{where}: {key.name}")
        elif key.value.is_many or key.value.kind == "named":
            value = tuple(value)
        values[key.fills] = value
    return values


def _within(given: Mapping[str, object], kind: Kind, where: str) -> dict[str, Any]:
    """Return the fields of a kind whose keys stand in a mapping of their own."""
    known = [key.name for key in kind.within]
    lacking = [key.name for key in kind.within if key.need and key.name not in given]
    wrong = lacking or [name for name in given if name not in known]
    if wrong:
        found = "is missing" if lacking else "is no key"
        raise _invalid(f"{where}: `{wrong[0]}` of `{kind.name}` {found}; its keys are {', '.join(known)}")
    return {key.fills: given[key.name] for key in kind.within if key.name in given}


def _word(value: str, words: Sequence[str], where: str) -> Any:
    """Return a word that is known, or the member of the enumeration that has the word.

    Raises:
        PlanInvalid: it is not; the message says where it stands and what was expected.
    """
    if value not in words:
        near = nearest_said(value, map(str, words))
        raise _invalid(f"{where} is {value!r}; one of {', '.join(words)} was expected{near or '; choose one'}")
    return next(word for word in words if word == value)


def _invalid(text: str) -> PlanInvalid:
    return PlanInvalid(text, problems=(text,))


def _name_of(function: object) -> str:
    return getattr(function, "__qualname__", type(function).__name__)


async def run_plan(
    plan: Plan,
    *,
    repo: Path | str | None = None,
    run_id: str | None = None,
    home: Path | Home | None = None,
    options: Options | None = None,
    watching: Watching | None = None,
) -> Report:
    """Carry out a plan and return its report (`surefoot.report/1`).

    A run of that id which exists already is gone on with, so that a program that was killed can simply be started
    again: what is verified is not done twice. Without `repo` the run has no workspace, and steps are async functions.
    `options` approves beforehand what would otherwise be asked. `home` is a folder, or a home that is open already.

    Raises:
        PlanInvalid: the plan cannot run.
        RunHeld: another engine is at work on the run.
    """
    with nullcontext(home) if isinstance(home, Home) else shared_home(home) as opened:
        run = RunId(run_id) if run_id is not None else None
        begun: RunId | RunState | None = run
        if run is None or opened.journal.head(run)[0] == 0:
            source = Source(repository=None if repo is None else Path(repo))
            try:
                begun = create_run(opened, plan.compiled(), source, run_id=run_id, options=options)
            except RunExists:
                if run is None or opened.journal.head(run)[0] == 0:
                    raise
                # Another program was first: the run is gone on with.
        assert begun is not None
        state = await engage(opened, begun, options, watching=watching, functions=plan.functions)
        return report_of(state)


def run(
    plan: Plan,
    *,
    repo: Path | str | None = None,
    run_id: str | None = None,
    home: Path | Home | None = None,
    options: Options | None = None,
    watching: Watching | None = None,
) -> Report:
    """Carry out a plan from a program that has no event loop; see `run_plan`."""
    return asyncio.run(run_plan(plan, repo=repo, run_id=run_id, home=home, options=options, watching=watching))
