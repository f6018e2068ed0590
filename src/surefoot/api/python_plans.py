"""Plans written in Python: `Plan`, `Step`, `Check`, and `run`.

A field stands here for its type and default alone, so that editors and type checkers know the signatures: a signature
that is made while the program runs is one they cannot see, and the records of the core hold other types (words of
enumerations, tuples, one body). What a field means, and what becomes of it, is said by `surefoot.core.plan_schema`,
from which the docstrings are made, too. A test compares names, words and defaults with the schema.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import KW_ONLY, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from surefoot.api.engagement import Source, Watching, create_run, engage
from surefoot.api.home import Home
from surefoot.api.run_options import Options
from surefoot.api.shared_resources import shared_home
from surefoot.core import plan as core
from surefoot.core.agent_programs import is_worker
from surefoot.core.ids import RunId, encode_id, nearest_said
from surefoot.core.plan import RetryPolicy
from surefoot.core.plan_keys import Key, Kind, Value
from surefoot.core.plan_schema import ON_FAILURE, SHELLS, TABLES
from surefoot.core.probe_kinds import FunctionProbe, Probe
from surefoot.core.record import record
from surefoot.core.report import report_of
from surefoot.core.report_shape import Report
from surefoot.core.requirements import unknown_requirements, unknown_said
from surefoot.core.state import RunState
from surefoot.errors import PlanInvalid, RunExists
from surefoot.expressions import flaw_of
from surefoot.planfile.check_reader import with_names
from surefoot.workers.run_context import Function, FunctionRegistry, ProbeFunction


@record
class Check:
    """One executable question about a result. Give one of `run`, `tests`, `file`, `call`, `changed` and `json`."""

    run: str | None = None
    tests: str | None = None
    format: Literal["junit", "unittest"] = "junit"
    file: str | None = None
    exists: bool | None = None
    contains: str | None = None
    lacks: str | None = None
    matches: str | None = None
    call: str | None = None
    changed: Sequence[str] | None = None
    json: Mapping[str, object] | None = None
    name: str = ""
    expect: Literal["pass", "pass_to_pass", "fail_to_pass"] = "pass"
    timeout_s: float = 600.0
    cwd: str | None = None
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    network: core.Network = False
    confine: bool = True
    uses: Sequence[str] = ()
    held_back: bool = False

    def compiled(self, number: int, of: str) -> core.Check:
        """Return the check of the plan model; `of` says what it is a check of."""
        table = TABLES["check"]
        where = f"{of}, check {self.name or number!r}"
        asked = [kind for kind in table.kinds if getattr(self, kind.name) is not None]
        if len(asked) != 1:
            raise _invalid(f"{where} takes exactly one of {', '.join(kind.name for kind in table.kinds)}")
        kind = asked[0]
        values = (
            _within(getattr(self, kind.name), kind, where)
            if kind.is_nested
            else _values(self, _filling(kind.keys), where)
        )
        return core.Check(ask=kind.type(**values), **_values(self, _keys_of("check"), where))


_OnFailure = Literal["block", "skip", "stop", "ask"]


@record(kw_only=False)
class Step:
    """One step of a plan written in Python. Exactly one of `do`, `run`, `call`, `agent`, `ask` is given.

    `do` is an async function that is run in this very process and is given a `StepArgument`. `probe` is a `Probe`, or
    a function, async or not, that is given a `StepArgument` and returns True, False, None (unknown), or one of the
    words `applied`, `not_applied`, `unknown`; `probe_within_s` is how long such a function is asked again. `undo` says
    how the effect is taken back, `undo_run` is the command for it. `model`,
    `worker`, `turns_max` and `limits` belong to `agent`, `options` and `show` to `ask`.
    """

    id: str
    do: Function | None = None
    _: KW_ONLY
    run: str | None = None
    call: str | None = None
    agent: str | None = None
    model: str | None = None
    worker: str | None = None
    turns_max: int = 60
    limits: core.AgentLimits = field(default_factory=core.AgentLimits)
    ask: str | None = None
    options: Sequence[str] = ()
    show: Sequence[str] = ()
    verify: bool = False
    shell: Literal["bash", "sh"] = "bash"
    title: str = ""
    why: str = ""
    risk: str = ""
    needs: Sequence[str] = ()
    cwd: str | None = None
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    env_from: Sequence[str] = ()
    reads: Sequence[str] = ()
    writes: Sequence[str] | None = None
    scratch: Sequence[str] = ()
    artifacts: Sequence[str] = ()
    network: core.Network = False
    sockets: Sequence[str] = ()
    confine: bool = True
    uses: Sequence[str] = ()
    checks: Sequence[Check] = ()
    unproved: bool = False
    effect: Literal["read", "reversible", "idempotent", "irreversible"] = "reversible"
    tier: Literal["auto", "log", "confirm", "never"] | None = None
    probe: Probe | ProbeFunction | None = None
    probe_within_s: float = 0.0
    undo: str = ""
    undo_run: str = ""
    retry: RetryPolicy | None = None
    timeout_s: float = 1800.0
    on_failure: _OnFailure | Mapping[Literal["execution", "verification", "default"], _OnFailure] | None = None
    optional: bool = False
    probe_checks: bool = False
    best_of: int = 1
    compare: str | core.Compare | None = None
    disagree: Literal["ask", "majority"] = "ask"
    estimate_s: float | None = None
    expects: Mapping[str, str] = field(default_factory=dict[str, str])
    covers: Sequence[str] = ()

    def compiled(self) -> core.Step:
        """Return the step of the plan model."""
        where = f"step {self.id!r}"
        for key, expression in self.expects.items():
            if flaw := flaw_of(expression):
                raise _invalid(f"{where}: `expects` of {key!r} is no regular expression that can be used here ({flaw})")
        ways = dict(self.on_failure) if isinstance(self.on_failure, Mapping) else {"default": self.on_failure}
        usual = "skip" if self.optional else "block" if self.agent is None else "ask"
        by_kind = {name: _word(way, ON_FAILURE, f"{where}: on_failure") for name, way in ways.items() if way}
        # An agent learns from what the checks said, so that another attempt is another way.
        retry = replace(self.retry or RetryPolicy(), retry_unknown=self.retry is not None or self.agent is not None)
        return core.Step(
            id=encode_id(self.id),
            body=self._body(where),
            reads=tuple(read for read in self.reads if not read.startswith("~/")),
            home=tuple(read for read in self.reads if read.startswith("~/")),
            checks=_compiled_checks(self.checks, where),
            probe=self._probe(where),
            compare=core.Compare(run=self.compare) if isinstance(self.compare, str) else self.compare,
            undo_run=self.undo_run,
            retry=retry,
            on_failure=by_kind.get("default", core.OnFailure(usual)),
            on_execution=by_kind.get("execution"),
            on_verification=by_kind.get("verification"),
            **_values(self, _keys_of("step", *_STEP_BY_HAND), where),
        )

    def _body(self, where: str) -> core.AnyBody:
        given = [one for one in (self.do, self.run, self.call, self.agent, self.ask) if one is not None]
        if len(given) + self.verify != 1:
            raise _invalid(f"{where} takes exactly one of do, run, call, agent, ask, verify")
        if self.verify:
            return core.VerifyBody()
        if self.do is not None:
            return core.FunctionBody(name=_name_of(self.do))
        if self.run is not None:
            return core.RunBody(command=self.run, shell=_word(self.shell, SHELLS, f"{where}: shell"))
        if self.call is not None:
            return core.CallBody(function=self.call)
        if self.agent is not None:
            body = core.AgentBody(instructions=self.agent, **_values(self, _keys_of("agent"), where))
            if self.worker is not None and (self.model is not None or not is_worker(self.worker)):
                raise _invalid(
                    f"{where}: worker is {self.worker!r}; acp:NAME or acp:COMMAND was expected, and no model"
                )
            return body if self.worker is None else body.given_to(self.worker)
        assert self.ask is not None
        return core.AskBody(question=self.ask, **_values(self, _keys_of("question"), where))

    def _probe(self, where: str) -> Probe | None:
        if self.probe is not None and not isinstance(self.probe, Probe):
            return Probe(ask=FunctionProbe(name=_name_of(self.probe)), within_s=self.probe_within_s)
        if self.probe_within_s:
            raise _invalid(f"{where} has `probe_within_s`, but no function as its probe; set `within_s` of the Probe")
        return self.probe


@record
class Plan:
    """A plan written in Python. `steps` are taken up in their order when nothing else decides."""

    goal: str
    steps: Sequence[Step]
    prepare: core.Prepare | None = None
    services: Sequence[core.Service] = ()
    accept: Sequence[Check] = ()
    scope_write: Sequence[str] = (core.EVERYTHING,)
    constraints: Sequence[core.Constraint] = ()
    requirements: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    wall_s: float | None = None
    parallel: int = 1
    parked: int | None = None
    judges: int = 1
    train: int = 0
    verify: Literal["auto", "lane", "queue"] = "auto"
    cost_usd: float | None = None
    tokens: int | None = None
    requests: int | None = None
    resources: Mapping[str, int] = field(default_factory=dict[str, int])

    def compiled(self) -> core.Plan:
        """Return the plan of the plan model."""
        plan = core.Plan(
            steps=tuple(step.compiled() for step in self.steps),
            accept=_compiled_checks(self.accept, "the plan"),
            limits=core.Limits(**_values(self, _keys_of("limits"), "the plan"), resources=self.resources),
            **_values(self, _keys_of("plan", "accept", "limits"), "the plan"),
        )
        for step in plan.steps:
            if unknown := unknown_requirements(plan, step):
                raise _invalid(f"step {step.id!r}: {unknown_said(plan, unknown)}")
        return plan

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


_STEP_BY_HAND = ("id", "reads", "checks", "probe", "compare", "retry", "on_failure")


_Filling = tuple[tuple[str, str, Value], ...]
"""Keys of a plan file: the name of each, the field that it fills, and what it takes."""


@cache
def _keys_of(table: str, *others: str) -> _Filling:
    """Return the keys of a table but some others."""
    return _filling(key for key in TABLES[table].keys if key.name not in others)


def _filling(keys: Iterable[Key]) -> _Filling:
    return tuple((key.name, key.fills, key.value) for key in keys if key.fills)


def _values(of: object, keys: _Filling, where: str) -> dict[str, Any]:
    """Return what is set, as the plan model has it: by the fields that the keys of a plan file fill."""
    values: dict[str, Any] = {}
    for name, field_name, taken in keys:
        value = getattr(of, name, getattr(of, field_name, None))
        if value is None:
            continue
        if taken.kind == "word":
            value = _word(value, taken.words, f"{where}: {name}")
        elif taken.is_many or taken.kind == "named":
            value = tuple(value)
        values[field_name] = value
    return values


def _compiled_checks(checks: Sequence[Check], of: str) -> tuple[core.Check, ...]:
    return with_names(check.compiled(number, of) for number, check in enumerate(checks, start=1))


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
    return PlanInvalid.of(text)


def _name_of(function: object) -> str:
    return getattr(function, "__qualname__", type(function).__name__)


def _document(kind: type[Any], *tables: str) -> None:
    """Add to the docstring what the schema of plans says of each field."""
    keys: dict[str, Key] = {}
    for table in map(TABLES.__getitem__, tables):
        keys |= {one.name: one.keys[0] for one in table.kinds}
        keys |= {name: rows[0][1] for name, rows in table.beside.items()}
        keys |= {key.fills or key.name: key for key in table.keys}
    said = [f"    {one.name}: {keys[one.name].plain_meaning}" for one in fields(kind) if one.name in keys]
    kind.__doc__ = "\n".join([inspect.cleandoc(kind.__doc__ or ""), "", "Args:", *said])


_document(Check, "check")
_document(Step, "question", "agent", "step")
_document(Plan, "plan", "limits")


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
