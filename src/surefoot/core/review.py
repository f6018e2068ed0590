"""Findings about a plan that can run: remarks, critical path, approvals ahead, recovery of each step.

Nothing is looked up: only what the plan says is known.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from difflib import get_close_matches
from itertools import islice
from typing import Any, Final

from surefoot.core.batches import BatchChoice, batch_choice, is_careful
from surefoot.core.candidates import CANDIDATE_VARIABLE
from surefoot.core.empty_checks import why_empty
from surefoot.core.event_words import Finding, Severity
from surefoot.core.file_order import waits_of
from surefoot.core.graph import Graph, build_graph, longest_path
from surefoot.core.ids import StepId
from surefoot.core.parallelism import Sequencing, closure, sequencing_of
from surefoot.core.plan import LOOPBACK, Effect, OnFailure, Plan, Step, Tier
from surefoot.core.plan_access import touched_by
from surefoot.core.plan_commands import PlanCommand, open_commands
from surefoot.core.policy import tier_of, writes_outside
from surefoot.core.policy_types import Decision, effect_with
from surefoot.core.priorities import start_order
from surefoot.core.probe_kinds import RunProbe, SqlProbe
from surefoot.core.record import record
from surefoot.core.regex import regex
from surefoot.core.short_text import counted, listed

LONG_S = 60.0
"""A step that is estimated to take this long, in seconds, is named among the long ones."""

_PLACEHOLDER = regex(r"(?<![$%\\{])\{([A-Za-z_][A-Za-z0-9_]*)\}(?!\})")
_ENCODED_PLACEHOLDER = regex(r"%7B([A-Za-z_][A-Za-z0-9_]*)%7D")
_UNITTEST = " -m unittest"
_ASKS_ON = "a person says how to go on"
_COMMAND_BREAKS = regex(r"&&|\|\|?|;|\n|\$\(|\(")
_FIRST_WORDS = regex(
    r"\s*(?:(?:env|time|exec|nice|!)\s+|[A-Za-z_]\w*=(?:'[^']*'|\"[^\"]*\"|[^\s'\"])*\s+)*(.*)", re.DOTALL
)
_PYTHON = regex(r"python(?:\d(?:\.\d+)?)?")
_TOOLS = frozenset(
    {"pytest", "tox", "nox", "pip", "pip3", "poetry", "uv", "mypy", "ruff", "pyright", "make"}
) | frozenset({"node", "npm", "npx", "yarn", "pnpm", "cargo"})
_READS_SOURCE_ONLY = frozenset(
    {"py_compile", "compileall", "json.tool", "ast", "tokenize", "tabnanny", "venv", "zipfile"}
)


@record
class CriticalPath:
    """The chain of steps that takes longest by the plan's own estimates."""

    steps: tuple[StepId, ...] = ()
    """First to last."""
    seconds: float = 0.0
    """The sum of their estimates; that of a group counts as often as its members need one after the other."""
    one_member: tuple[StepId, ...] = ()
    """Groups among them whose members only the run finds out; one member of each is counted."""
    without_estimate: tuple[StepId, ...] = ()
    """Steps of the whole plan that have none; they count as nothing."""


@record
class AskPoint:
    """A place where the run will wait for a person."""

    step: StepId
    why: str
    """What makes it ask."""
    approve: str
    """What answers in advance, or how to answer."""
    is_on_failure: bool = False
    """Whether it asks only when the step has failed."""


@record
class RecoveryNote:
    """What happens when a step fails."""

    step: StepId
    text: str


@record
class Review:
    """All there is to say about a plan before it runs."""

    findings: tuple[Finding, ...] = ()
    """The plan's own first, then step by step."""
    critical_path: CriticalPath = CriticalPath()
    asks: tuple[AskPoint, ...] = ()
    """In the order in which the questions will come."""
    irreversible: tuple[StepId, ...] = ()
    """Steps whose effect cannot be undone, by what they declare or by what their commands are known to do, in order."""
    rollback_points: tuple[StepId, ...] = ()
    """Steps after which there is a commit to go back to (if they change anything), in order."""
    long_steps: tuple[StepId, ...] = ()
    """Steps estimated at a minute or more, longest first."""
    recovery: tuple[RecoveryNote, ...] = ()
    """For each step, in order."""
    open_commands: tuple[PlanCommand, ...] = ()
    """What runs beside the bodies of steps with a way out of the sandbox, in the order of the plan."""
    sequencing: Sequencing = field(default_factory=Sequencing)
    """What can run at once, which orders nobody needs, and where one is missing."""

    batches: tuple[BatchChoice, ...] = ()
    """For each group, in order: whether its members are taken up in a batch or carefully, and why."""

    order: tuple[StepId, ...] = ()
    """All steps, as they are taken up one at a time when nothing fails."""

    @property
    def has_problems(self) -> bool:
        """Tell whether anything was found that is more than a note."""
        return any(finding.severity is not Severity.NOTE for finding in self.findings)


_NOTHING: Final[Mapping[StepId, Any]] = {}


def review(
    plan: Plan,
    *,
    graph: Graph | None = None,
    checkout: str | None = None,
    places: Mapping[StepId, str] = _NOTHING,
    decisions: Mapping[StepId, Decision] = _NOTHING,
    raised: Mapping[StepId, str] = _NOTHING,
) -> Review:
    """Look a plan over.

    Args:
        plan: What to look at.
        graph: That of its steps, where it is known already.
        checkout: The user's own checkout as an absolute path, so that what points into it is found.
        places: Where each step stands in its file, for the findings.
        decisions: What the rules say to steps that are asked about or never allowed; without it only what effect
            class, scope and the step's own tier say is told.
        raised: Steps that count as irreversible whatever they declare, each with the rule that recognised them.
    """
    graph, problems = build_graph(plan.steps) if graph is None else (graph, ())
    if graph is None:
        found = [Finding(kind="graph", severity=Severity.PROBLEM, text=p.text, step=p.step) for p in problems]
        return Review(findings=_placed(found, places))
    touched = {step.id: touched_by(step, plan) for step in plan.steps}
    sequencing, waits = sequencing_of(plan, graph, touched), waits_of(plan, graph, touched)
    found = _findings(plan, sequencing, checkout, decisions, raised)
    steps = {step.id: step for step in plan.steps}
    ordered = [steps[name] for name in graph.order]
    counting = {one.id: _counting(one, raised.get(one.id, "")) for one in ordered}
    estimates = sorted(((step.estimate_s or 0.0, step.id) for step in ordered), key=lambda one: -one[0])
    return Review(
        findings=_placed(found, places),
        critical_path=_critical_path(plan, graph),
        asks=tuple(point for step in ordered for point in _ask_points(step, plan, graph, counting, decisions)),
        irreversible=_irreversible(counting),
        rollback_points=tuple(step.id for step in ordered if _may_commit(step)),
        long_steps=tuple(name for seconds, name in estimates if seconds >= LONG_S),
        recovery=tuple(_recovery(list(counting.values()), graph)),
        open_commands=open_commands(plan),
        sequencing=sequencing,
        batches=tuple(_batches(list(counting.values()), waits)),
        order=tuple(start_order(plan, graph, waits)),
    )


def _counting(step: Step, raised_by: str) -> Step:
    """Return the step with the effect class that counts."""
    effect = effect_with(step.effect, raised_by)
    return step if effect is step.effect else replace(step, effect=effect)


def _irreversible(counting: Mapping[StepId, Step]) -> tuple[StepId, ...]:
    return tuple(name for name, step in counting.items() if step.effect is Effect.IRREVERSIBLE)


def _batches(ordered: Sequence[Step], waits: Mapping[StepId, Sequence[StepId]]) -> Iterator[BatchChoice]:
    for group in (step for step in ordered if step.for_each is not None):
        yield batch_choice(group, shares_file=group.id in waits.get(group.id, ()))


# --- findings


def _placed(findings: Iterable[Finding], places: Mapping[StepId, str]) -> tuple[Finding, ...]:
    return tuple(one if one.step is None else replace(one, place=places.get(one.step)) for one in findings)


def _findings(
    plan: Plan,
    sequencing: Sequencing,
    checkout: str | None,
    decisions: Mapping[StepId, Decision],
    raised: Mapping[StepId, str],
) -> Iterator[Finding]:
    yield from _about_plan(plan, checkout)
    for step in plan.steps:
        yield from _about_step(step, plan)
    yield from _about_order(plan, sequencing)
    for step in plan.steps:
        if step.id in raised:
            text = (
                f"It is declared {step.effect}, but rule {raised[step.id]} knows its command as one that reaches "
                "others: it counts as irreversible. When its outcome is unknown, a person is asked, and it is not "
                "tried again by itself. Declare `effect: idempotent` if it may be repeated under its key, or "
                "`irreversible` with a `probe`."
            )
            yield Finding(kind="effect-raised", severity=Severity.WARNING, text=text, step=step.id)
    for name, decision in decisions.items():
        if decision.tier is Tier.NEVER:
            text = (
                f"it will not be run: {decision.reason} Take it out, or see `surefoot policy show` "
                f"(rule {decision.rule})"
            )
            yield Finding(kind="never-allowed", severity=Severity.PROBLEM, text=text, step=name)


def _about_plan(plan: Plan, checkout: str | None) -> Iterator[Finding]:
    yield from _about_prepare(plan)
    if checkout is not None:
        yield from _about_checkout(plan, checkout)
    for check in plan.accept:
        if not check.confine:
            text = f"The acceptance check {check.name!r} runs outside the sandbox: nothing holds it to its clean lane."
            yield Finding(kind="unconfined", severity=Severity.NOTE, text=text)
    for check in plan.accept:
        if why := why_empty(check, None, plan):
            text = f"The acceptance check {check.name!r} proves nothing: {why}. Ask about what the goal wants."
            yield Finding(kind="empty-check", severity=Severity.WARNING, text=text)
    if not plan.accept:
        text = "There are no acceptance checks: the run is complete when its steps are. Add `accept` to prove the goal."
        yield Finding(kind="no-acceptance", severity=Severity.NOTE, text=text)


def _about_prepare(plan: Plan) -> Iterator[Finding]:
    if plan.prepare is not None:
        return
    needy: list[tuple[str, str]] = []
    for where, command in _commands(plan):
        needy += ((where, word) for word in islice(_words_that_need_preparing(command), 1))
    if needy:
        where, word = needy[0]
        others = f" (and {len(needy) - 1} other commands like it)" if len(needy) > 1 else ""
        text = (
            f"There is no `prepare`, but {where} runs {word!r}{others}. A lane is a bare checkout, so that it would be "
            "the system's own, with the system's packages. Add `prepare: {run: …}` that makes a lane usable."
        )
        # A project whose tests are unittest's may well need no package at all.
        may_do_without = all(word.endswith(_UNITTEST) for _, word in needy)
        severity = Severity.NOTE if may_do_without else Severity.WARNING
        yield Finding(kind="prepare-missing", severity=severity, text=text)


def _words_that_need_preparing(command: str) -> Iterator[str]:
    """Name programs whose answer depends on what is installed beside the code."""
    for part in _COMMAND_BREAKS.split(command):
        match = _FIRST_WORDS.match(part)
        words = match[1].split() if match is not None else []
        if not words or words[0].startswith("/"):  # a program by its full path is the one that is meant
            continue
        program = words[0].rpartition("/")[2]
        if program in _TOOLS or (_PYTHON.fullmatch(program) and not _is_plain_python(words[1:])):
            is_unittest = words[1:3] == ["-m", "unittest"]
            yield f"{program}{_UNITTEST}" if is_unittest else program


def _is_plain_python(arguments: list[str]) -> bool:
    """Tell whether Python needs no packages: a module that only reads source, or a script that came with the plan."""
    if arguments[:1] == ["-m"] and len(arguments) > 1:
        return arguments[1] in _READS_SOURCE_ONLY
    return bool(arguments) and arguments[0].strip("\"'").startswith(
        ("$SUREFOOT_FILES", "${SUREFOOT_FILES}", "--version")
    )


def _commands(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield each command that runs in a lane, with where it stands."""
    for step in plan.steps:
        yield from ((f"step {step.id}", text) for text, _ in step.body.commands)
        for check in step.checks:
            if check.ask.runs is not None:
                yield f"check {check.name!r} of step {step.id}", check.ask.runs
    for check in plan.accept:
        if check.ask.runs is not None:
            yield f"acceptance check {check.name!r}", check.ask.runs


def _about_checkout(plan: Plan, checkout: str) -> Iterator[Finding]:
    """Find what points from a lane into the user's own files, which the run must not depend on."""
    inside = re.compile(re.escape(checkout.rstrip("/")) + r"(?![\w.\-])")
    if plan.prepare is not None:
        pointing = [plan.prepare.run, *plan.prepare.path, *plan.env.values()]
        if any(inside.search(text) for text in pointing):
            text = (
                f"`prepare` (its `run`, its `path` or the plan's `env`) points into your own checkout, {checkout}: a "
                "lane would work and test there. Use paths relative to the lane, which commands start in."
            )
            yield Finding(kind="prepare-outside", severity=Severity.PROBLEM, text=text)
    elif any(inside.search(text) for text in plan.env.values()):
        text = f"The plan's `env` points into your own checkout, {checkout}. Use paths relative to the lane."
        yield Finding(kind="prepare-outside", severity=Severity.PROBLEM, text=text)
    for where, command in _commands(plan):
        if inside.search(command):
            text = f"The command of {where} names your own checkout, {checkout}. Use paths relative to the lane."
            yield Finding(kind="checkout-named", severity=Severity.WARNING, text=text)


def _about_step(step: Step, plan: Plan) -> Iterator[Finding]:
    yield from _about_proof(step, plan)
    yield from _about_candidates(step)
    yield from _about_effect(step)
    yield from _about_placeholders(step)
    outside = writes_outside(step, plan)
    if outside:
        text = (
            f"`writes` reaches beyond the plan's `scope.write`: {', '.join(outside)}. What is written there fails the "
            "attempt. Widen the scope, or narrow `writes`."
        )
        yield Finding(kind="writes-outside-scope", severity=Severity.WARNING, text=text, step=step.id)


def _about_proof(step: Step, plan: Plan) -> Iterator[Finding]:
    reasons = [(check.name, why_empty(check, step, plan)) for check in step.checks]
    for name, why in reasons:
        if why:
            text = f"Its check {name!r} proves nothing: {why}. Ask about something that the step makes or changes."
            yield Finding(kind="empty-check", severity=Severity.WARNING, text=text, step=step.id)
    if not step.body.acts or not all(why for _, why in reasons):
        return
    kind, severity = "exit-status-only", Severity.WARNING
    text = "It is proved by its exit status only. Add a check that asks about its result."
    if step.body.by_model:
        kind = "claim-only"
        text = "No check can prove its result: it ends unproved, and the run partially completed. Add a check."
    elif step.effect is Effect.READ:
        severity = Severity.NOTE
        text = "Only its exit status is checked; what it writes is thrown away."
    yield Finding(kind=kind, severity=severity, text=text, step=step.id)


def _about_candidates(step: Step) -> Iterator[Finding]:
    commands = [text for text, _ in step.body.commands]
    if step.best_of > 1 and commands and not any(CANDIDATE_VARIABLE in text for text in commands):
        text = (
            f"Its {step.best_of} attempts are one and the same command: that they agree proves nothing, unless a "
            f"program it starts goes by `{CANDIDATE_VARIABLE}`. Make the attempts differ, or remove `best_of`."
        )
        yield Finding(kind="same-attempts", severity=Severity.NOTE, text=text, step=step.id)


def _about_effect(step: Step) -> Iterator[Finding]:
    if not step.body.acts:
        return
    if step.effect is Effect.IRREVERSIBLE and step.probe is None:
        text = "It cannot be undone and has no probe: after a crash only a person can tell what happened. Add `probe`."
        yield Finding(kind="no-probe", severity=Severity.WARNING, text=text, step=step.id)
    elif step.effect is Effect.IDEMPOTENT and step.probe is None:
        text = "It has no probe: when its outcome is unknown, it is repeated under the same idempotency key."
        yield Finding(kind="no-probe", severity=Severity.NOTE, text=text, step=step.id)
    if step.effect is Effect.IRREVERSIBLE and not step.undo_said:
        text = "It does not say how it could be taken back. Add `undo`; whoever is asked is shown it."
        yield Finding(kind="no-undo", severity=Severity.NOTE, text=text, step=step.id)
    if step.undo_run and not step.effect.is_outside:
        text = f"Its `undo` is never run: the step is {step.effect}, so its effect goes with the branch."
        yield Finding(kind="undo-without-effect", severity=Severity.NOTE, text=text, step=step.id)
    yield from _about_ways_out(step)


def _about_ways_out(step: Step) -> Iterator[Finding]:
    ways = (
        ("network", "the network", step.network is True),
        ("loopback", "this machine's loopback", step.network == LOOPBACK),
        ("sockets", f"sockets of the host ({', '.join(step.sockets)})", bool(step.sockets)),
    )
    for kind, what, is_open in ways:
        if is_open and not step.effect.is_outside:
            text = f"It has {what} and is declared {step.effect}: nothing shows or undoes what it does out there."
            yield Finding(kind=kind, severity=Severity.NOTE, text=text, step=step.id)
    if step.home:
        text = (
            f"It reads {', '.join(step.home)} of your home, where secrets lie: what it reads, it could write or send."
        )
        yield Finding(kind="home", severity=Severity.NOTE, text=text, step=step.id)
    for check in step.checks:
        if not check.confine:
            text = f"Its check {check.name!r} runs outside the sandbox: nothing holds it to the lane."
            yield Finding(kind="unconfined", severity=Severity.NOTE, text=text, step=step.id)
    if not step.confine:
        text = "It runs outside the sandbox: nothing holds it to the lane."
        yield Finding(kind="unconfined", severity=Severity.NOTE, text=text, step=step.id)


def _about_placeholders(step: Step) -> Iterator[Finding]:
    declared = {step.for_each.name} if step.for_each is not None else set[str]()
    found = {name: None for text in _replaced_texts(step) if "{" in text for name in _PLACEHOLDER.findall(text)}
    found |= dict.fromkeys(_ENCODED_PLACEHOLDER.findall(step.id))
    # What an agent is told, or a file is searched for, may well hold braces: there, only what looks like a slip counts.
    free = [text for check in step.checks for text in check.ask.searched]
    if step.body.by_model:
        free.insert(0, step.body.text)
    near = [name for text in free for name in _PLACEHOLDER.findall(text)]
    found |= {name: None for name in near if get_close_matches(name, declared, 1, 0.7)}
    for name in (name for name in found if name not in declared):
        why = f"this step declares only {{{next(iter(declared))}}}" if declared else "this step has no `for_each`"
        text = f"{{{name}}} looks like a placeholder, but {why}: it stays as it is. Declare it, if that is not meant."
        yield Finding(kind="unknown-placeholder", severity=Severity.WARNING, text=text, step=step.id)


def _replaced_texts(step: Step) -> Iterator[str]:
    yield from (step.id, step.title, step.cwd or "", *step.env.values())
    yield from (*step.reads, *step.home, *(step.writes or ()), *step.scratch, *step.artifacts)
    if not step.body.by_model:
        yield step.body.text
    if step.probe is not None and isinstance(step.probe.ask, RunProbe):
        yield step.probe.ask.command
    if step.probe is not None and isinstance(step.probe.ask, SqlProbe):
        yield step.probe.ask.query
    for check in step.checks:
        yield from (check.cwd or "", check.ask.runs or "", check.ask.looks_at or "")


_ORDER_KINDS = {"implied": "order-implied", "unfounded": "order-unfounded"}
_SHARED_KINDS = {"writes": "serialised", "uses": "serialised", "made": "artifact-twice"}


def _about_order(plan: Plan, sequencing: Sequencing) -> Iterator[Finding]:
    for order in sequencing.needless:
        yield Finding(kind=_ORDER_KINDS[order.kind], severity=Severity.NOTE, text=order.why, step=order.step)
    for sharing in sequencing.shared:
        kind, others = _SHARED_KINDS.get(sharing.kind, f"shared-{sharing.kind}"), sharing.steps[1:]
        who = f"Nothing orders it and {listed(others, 3)}" if others else "Nothing orders the members of this group"
        turns = ""
        if sharing.kind == "writes":
            turns = " The engine takes them one after the other."
        elif sharing.kind in ("reads", "file") and others:
            order = "in the order of the plan; `needs` says which order you mean"
            turns = f" The engine takes them one after the other, {order}."
        text = f"{who}. {sharing.why}{turns}"
        yield Finding(kind=kind, severity=Severity.NOTE, text=text, step=sharing.steps[0])
    if plan.limits.parallel > 1 and sequencing.undeclared:
        text = (
            "Steps that declare no `writes` are not held apart, though they may run at once: "
            f"{listed(sequencing.undeclared, 3)}. Where two of them change one file, the later one is merged or done "
            "again."
        )
        yield Finding(kind="writes-undeclared", severity=Severity.NOTE, text=text)


# --- what will happen


def members_known(step: Step) -> int:
    """Return how many steps the plan itself says a step is: the items of a group that lists them, else 1."""
    return 1 if step.for_each is None or step.for_each.items is None else len(step.for_each.items)


def _critical_path(plan: Plan, graph: Graph) -> CriticalPath:
    lanes = plan.limits.parallel
    estimates = {
        step.id: step.estimate_s * math.ceil(members_known(step) / lanes)
        for step in plan.steps
        if step.estimate_s is not None
    }
    path = longest_path(graph, estimates)
    unknown = {step.id for step in plan.steps if step.for_each is not None and step.for_each.items is None}
    return CriticalPath(
        steps=path,
        seconds=sum(estimates.get(name, 0.0) for name in path),
        one_member=tuple(name for name in path if name in unknown and name in estimates),
        without_estimate=tuple(step.id for step in plan.steps if step.id not in estimates),
    )


def _ask_points(
    step: Step, plan: Plan, graph: Graph, counting: Mapping[StepId, Step], decisions: Mapping[StepId, Decision]
) -> Iterator[AskPoint]:
    """Say when a person is asked about the step; `counting` has the steps with the effect classes that count."""
    effect = counting[step.id].effect
    if not step.body.acts:
        yield AskPoint(step=step.id, why="it is a question to a person", approve="surefoot answer")
        return
    names = "--allow with each member's id" if step.for_each is not None else f"--allow {step.id}"
    approve = names if effect is Effect.IRREVERSIBLE else f"--yes or {names}"
    if tier_of(step, plan) is Tier.CONFIRM:
        yield AskPoint(step=step.id, why=_why_confirm(step, plan), approve=approve)
    elif step.id in decisions and decisions[step.id].tier is Tier.CONFIRM:
        decision = decisions[step.id]
        why = f"{decision.reason[0].lower()}{decision.reason[1:].rstrip('.')} (rule {decision.rule})"
        yield AskPoint(step=step.id, why=why, approve=approve)
    skippable = [name for name in graph.needs[step.id] if OnFailure.SKIP in counting[name].ways_on]
    if effect.is_outside and skippable:
        why = f"its effect is {effect} and rests on what may be skipped: {', '.join(skippable)} (asked only then)"
        yield AskPoint(step=step.id, why=why, approve="surefoot answer")
    if OnFailure.ASK in step.ways_on:
        yield AskPoint(step=step.id, why=_ASKS_ON, approve="surefoot answer", is_on_failure=True)


def _why_confirm(step: Step, plan: Plan) -> str:
    if step.effect.is_outside:
        return f"its effect is {step.effect}"
    outside = writes_outside(step, plan)
    return f"it writes outside the scope: {', '.join(outside)}" if outside else "its `tier` is confirm"


def _may_commit(step: Step) -> bool:
    return step.effect is not Effect.READ and step.body.acts and step.writes != ()


def _recovery(ordered: list[Step], graph: Graph) -> Iterator[RecoveryNote]:
    """Say for each step what its failure leads to; all that depend on it are counted as bits of one number."""
    index = {name: number for number, name in enumerate(graph.order)}
    behind = closure(index, reversed(graph.order), graph.dependants)
    for step in ordered:
        then = _then(step, behind[index[step.id]].bit_count(), len(ordered))
        yield RecoveryNote(step=step.id, text=f"{_tries(step)}; {then}")


def _tries(step: Step) -> str:
    if not step.body.acts:
        return "the answer no fails it"
    retry = step.retry
    times = f"up to {retry.maximum_attempts} times"
    if retry.maximum_attempts == 1:
        times = "once"
    elif not retry.retry_unknown:
        times = f"once, {times} if the failure may pass"
    if not step.effect.is_outside:
        return f"tried {times}, from a restored workspace"
    if step.probe is not None:
        return f"when its outcome is unknown, its probe is asked, then a person; if it was not applied: tried {times}"
    if step.effect is Effect.IDEMPOTENT:
        return f"tried {times}, under the same idempotency key"
    return "when its outcome is unknown, a person is asked; never repeated blindly"


def _stops_its_members(step: Step) -> bool:
    return step.for_each is not None and is_careful(step)


def _but_its_members(step: Step) -> str:
    return ", but its other members do" if step.for_each is not None and not is_careful(step) else ""


def _then(step: Step, behind: int, total: int) -> str:
    checked, other = (step.after_failure(is_verification=one) for one in (True, False))
    if checked is other:
        return _then_by(step, other, behind, total)
    said = _then_by(step, checked, behind, total)
    return f"{_then_by(step, other, behind, total)}; after a check that did not pass {said.removeprefix('then ')}"


def _then_by(step: Step, how: OnFailure, behind: int, total: int) -> str:
    dependants = counted(behind, "dependant")
    match how:
        case OnFailure.BLOCK if behind or _stops_its_members(step):
            blocked = ["the members after it"] if _stops_its_members(step) else []
            blocked += [f"its {dependants}"] if behind else []
            return f"then {' and '.join(blocked)} {'is' if blocked == ['its 1 dependant'] else 'are'} blocked"
        case OnFailure.BLOCK:
            return f"then {'the rest goes on' if total > 1 else 'nothing else is left'}"
        case OnFailure.SKIP:
            goes = "goes" if behind == 1 else "go"
            return f"then it is skipped and its {dependants} {goes} on" if behind else "then skipped"
        case OnFailure.STOP:
            return f"then nothing new starts{_but_its_members(step)}"
        case OnFailure.ASK:
            return "then a person is asked"
        case _:
            assert how is OnFailure.ROLLBACK
            return f"then the branch goes back to {step.rollback_to}"
