"""Steps of a plan file.

Owns a step's keys, what `defaults` may hold, and how a step's parts fit together. Must never judge the graph: ids,
needs and `rollback_to` are the core's. Read `surefoot.planfile.loading` next.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial

from surefoot.core.ids import StepId, encode_id
from surefoot.core.placeholders import references_of
from surefoot.core.plan import (
    AgentBody,
    AskBody,
    Body,
    CallBody,
    Effect,
    ForEach,
    OnFailure,
    RetryPolicy,
    RunBody,
    Step,
    Tier,
)
from surefoot.planfile.agents import read_agent
from surefoot.planfile.checks import read_checks, read_function
from surefoot.planfile.fields import Fields, Page, described
from surefoot.planfile.probes import read_probe
from surefoot.planfile.tree import Items, Place, Scalar, Table, Tree

BODIES = ("run", "call", "agent", "ask")
STEP_KEYS = (
    *("id", "title", "why", "needs", "for_each", "if_empty", *BODIES, "shell", "cwd", "env", "env_from"),
    *(
        "files",
        "reads",
        "writes",
        "scratch",
        "artifacts",
        "network",
        "sockets",
        "confine",
        "uses",
        "checks",
        "unproved",
        "effect",
        "tier",
        "probe",
        "undo",
        "retry",
    ),
    *("timeout", "on_failure", "optional", "estimate"),
)
DEFAULTS_KEYS = (
    *("shell", "cwd", "env", "env_from", "scratch", "network", "sockets", "uses"),
    *("effect", "tier", "retry", "timeout", "on_failure"),
)
SHELLS = ("bash", "sh")
RETRY_KEYS = (
    *("initial_interval", "backoff_coefficient", "maximum_interval", "maximum_attempts", "non_retryable_error_types"),
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRead:
    """A step and where it stands."""

    step: Step | None
    """The step, with what could not be read at its default; None, if it has no id."""
    files: tuple[str, ...]
    """Files beside the plan that it names."""
    place: Place
    """Where its id stands."""
    named: dict[str, Place]
    """Where it names other steps, by `needs`, `rollback_to` or a reference to an output."""
    keys: Fields
    """What it says, with the defaults."""


def read_defaults(page: Page, node: Tree) -> Fields | None:
    """Read what applies to each step that does not say otherwise."""
    fields = Fields.read(page, node, "`defaults`", DEFAULTS_KEYS)
    # Read once by itself, so that a flaw is found even where every step says otherwise.
    if fields is not None:
        _with_policies(page, fields, Step(id=StepId("defaults"), body=RunBody(command="")), 1)
    return fields


def read_step(page: Page, node: Tree, defaults: Fields | None, attempts: int) -> StepRead | None:
    """Read one step; None, if it is no mapping."""
    own = Fields.read(page, node, "a step", STEP_KEYS)
    if own is None:
        return None
    fields = own if defaults is None else own.with_defaults(defaults)
    since = len(page.references)
    name = own.need("id", page.text, None, "a name that no other step has")
    if "if_empty" in own and "for_each" not in own:
        page.flaw(own.at("if_empty"), "`if_empty` stands without `for_each`; a group was expected; remove it")
    reads = fields.take("reads", page.many(page.read), ())
    step = Step(
        id=StepId(name or "") if "for_each" in own else encode_id(name or ""),
        body=_read_body(page, own, fields),
        title=fields.take("title", page.raw, ""),
        why=fields.take("why", page.raw, ""),
        needs=fields.take("needs", page.many(page.text), ()),
        for_each=fields.take("for_each", partial(_read_for_each, page), None),
        if_empty_ok=fields.take("if_empty", partial(page.word, words=("ok",)), None) is not None,
        cwd=fields.take("cwd", page.inner, None),
        env=fields.take("env", page.variables, dict[str, str]()),
        env_from=fields.take("env_from", page.many(page.variable), ()),
        reads=tuple(read for read in reads if not read.startswith("~/")),
        home=tuple(read for read in reads if read.startswith("~/")),
        writes=fields.take("writes", page.many(page.inner), None),
        scratch=fields.take("scratch", page.many(page.inner), ()),
        uses=fields.take("uses", page.many(page.text), ()),
        artifacts=fields.take("artifacts", page.many(page.inner), ()),
        checks=fields.take("checks", partial(read_checks, page), ()),
        unproved=fields.take("unproved", page.flag, default=False),
        probe=fields.take("probe", partial(read_probe, page), None),
        undo=fields.take("undo", page.raw, ""),
        optional=fields.take("optional", page.flag, default=False),
        estimate_s=fields.take("estimate", page.time_s, None),
    )
    step = _with_policies(page, fields, step, attempts)
    if step.optional and "on_failure" not in fields:
        step = replace(step, on_failure=OnFailure.SKIP)  # what needs it goes on, and nobody is asked
    elif isinstance(step.body, AgentBody) and "on_failure" not in fields:
        step = replace(step, on_failure=OnFailure.ASK)  # after its last attempt, and before the report, comes a person
    _judge_effect(page, fields, step)
    if step.artifacts and isinstance(step.body, AskBody):
        text = "`artifacts` stands beside `ask`; a question makes no files; remove it"
        page.flaw(fields.at("artifacts"), text)
    files = fields.take("files", page.many(page.inner), ())
    places = dict(reversed(page.references[since:]))
    page.refuse_references(since, {one.token for one in references_of(step)}, "here")
    return StepRead(
        step=step if name is not None else None,
        files=files,
        place=own.at("id"),
        named={**places, **_named(fields)},
        keys=fields,
    )


def _with_policies(page: Page, fields: Fields, step: Step, attempts: int) -> Step:
    """Return the step with what `defaults` may set beside its surroundings."""
    on_failure, target = fields.take("on_failure", partial(_read_on_failure, page), (OnFailure.BLOCK, None))
    # An agent learns from what the checks said, so that another attempt is another way.
    usual = RetryPolicy(maximum_attempts=attempts, retry_unknown=isinstance(step.body, AgentBody))
    return replace(
        step,
        network=fields.take("network", page.network, default=False),
        sockets=fields.take("sockets", page.many(page.socket), ()),
        confine=fields.take("confine", page.flag, default=True),
        effect=fields.take("effect", page.one_of(Effect), Effect.REVERSIBLE),
        tier=fields.take("tier", page.one_of(Tier), None),
        retry=fields.take("retry", partial(_read_retry, page, attempts), usual),
        timeout_s=fields.take("timeout", page.positive_s, 1800.0),
        on_failure=on_failure,
        rollback_to=target,
    )


def _judge_effect(page: Page, fields: Fields, step: Step) -> None:
    if "effect" in fields or isinstance(step.body, AskBody):
        return
    ways_out = {
        "network": ("`network: true`", step.network is True),
        "sockets": ("`sockets`", bool(step.sockets)),
        "confine": ("`confine: false`", not step.confine),
    }
    for key, (named, is_open) in ways_out.items():
        if is_open:
            text = (
                f"a step with {named} must state its `effect`; one of {', '.join(Effect)} was expected; "
                "add `effect`, for what it does out there cannot be seen from here"
            )
            page.flaw(fields.at(key), text)


def _read_body(page: Page, own: Fields, fields: Fields) -> Body:
    """Read the body; where there is none that can be read, something stands in for it."""
    missing = RunBody(command="")
    kind = own.exactly_one(BODIES, "a step")
    if kind is not None and kind != "run" and "shell" in own:
        page.flaw(own.at("shell"), f"`shell` stands beside `{kind}`; it belongs to `run`; remove it")
    match kind:
        case "run":
            command = own.take("run", page.text, "")
            return RunBody(command=command, shell=fields.take("shell", partial(page.word, words=SHELLS), "bash"))
        case "call":
            function = own.take("call", partial(read_function, page), None)
            return missing if function is None else CallBody(function=function)
        case "agent":
            return own.take("agent", partial(read_agent, page), missing)
        case "ask":
            return own.take("ask", partial(_read_question, page), missing)
        case _:
            return missing


def _read_question(page: Page, node: Tree) -> AskBody | None:
    if not isinstance(node, Table):
        question = page.text(node)
        return None if question is None else AskBody(question=question)
    fields = Fields.read(page, node, "a question", ("question", "options", "default", "show"))
    if fields is None:
        return None
    question = fields.need("question", page.text, "", "what a person is asked")
    options = fields.take("options", page.many(page.literal), ())
    default = fields.take("default", page.literal, None)
    if default is not None and options and default not in options:
        text = f"the default {default!r} is none of the options; one of {', '.join(options)} was expected; choose one"
        page.flaw(fields.at("default"), text)
    if len(set(options)) < len(options):
        page.flaw(fields.at("options"), "an option is listed twice; different ones were expected; remove one")
    show = fields.take("show", page.many(page.inner), ())
    return AskBody(question=question, options=options, default=default, show=show)


def _read_for_each(page: Page, node: Tree) -> ForEach | None:
    if isinstance(node, Items):
        return ForEach(items=_read_items(page, node))
    expected = 'a list, or one name as in {file: {glob: "src/*.py"}}, was expected'
    if not isinstance(node, Table) or len(node.entries) != 1:
        found = f"{len(node.entries)} names" if isinstance(node, Table) else described(node)
        page.flaw(node, f"found {found}; {expected}; write it like that")
        return None
    key, value = node.entries[0]
    name = page.text(key)
    if name is None:
        return None
    if name in {"glob", "lines"} and not isinstance(value, Items | Table):
        page.flaw(key, f"the placeholder's name is missing; {expected}; write {{file: {{{name}: …}}}}")
        return None
    if _NAME.fullmatch(name) is None:
        page.flaw(key, f"{name!r} cannot name a placeholder; letters, digits and _ were expected; choose another name")
        return None
    if isinstance(value, Items):
        return ForEach(name=name, items=_read_items(page, value))
    fields = Fields.read(page, value, "`for_each`", ("glob", "lines")) if isinstance(value, Table) else None
    if fields is None:
        page.flaw(
            value, f"found {described(value)}; a list, {{glob: …}} or {{lines: …}} was expected; write one of them"
        )
        return None
    kind = fields.exactly_one(("glob", "lines"), "`for_each`")
    if kind is None:
        return None
    glob, lines = fields.take("glob", page.inner, None), fields.take("lines", page.text, None)
    return ForEach(name=name, glob=glob, lines=lines) if glob or lines else None


def _read_items(page: Page, node: Items) -> tuple[str, ...]:
    items: list[str] = []
    for item in node.items:
        text = page.literal(item)
        if text is not None and not text:
            page.flaw(item, "the item is empty; a text was expected; remove it")
        elif text in items:
            page.flaw(item, f"the item {text!r} is listed twice; different ones were expected; remove one")
        elif text is not None:
            items.append(text)
    return tuple(items)


def _read_retry(page: Page, attempts: int, node: Tree) -> RetryPolicy | None:
    fields = Fields.read(page, node, "`retry`", RETRY_KEYS)
    if fields is None:
        return None
    usual = RetryPolicy()
    coefficient = fields.take("backoff_coefficient", page.number, usual.backoff_coefficient)
    if coefficient < 1:
        text = f"a coefficient of {coefficient:g} would make waits shorter; 1 or more was expected; raise it"
        page.flaw(fields.at("backoff_coefficient"), text)
    return RetryPolicy(
        initial_interval_s=fields.take("initial_interval", page.time_s, usual.initial_interval_s),
        backoff_coefficient=coefficient,
        maximum_interval_s=fields.take("maximum_interval", page.time_s, usual.maximum_interval_s),
        maximum_attempts=fields.take("maximum_attempts", page.count, attempts),
        non_retryable_error_types=fields.take("non_retryable_error_types", page.many(page.text), ()),
        retry_unknown=True,
    )


def _read_on_failure(page: Page, node: Tree) -> tuple[OnFailure, StepId | None] | None:
    if isinstance(node, Table):
        fields = Fields.read(page, node, "`on_failure`", ("rollback_to",))
        target = None if fields is None else fields.need("rollback_to", page.text, None, "the id of a step")
        return None if target is None else (OnFailure.ROLLBACK, encode_id(target))
    if isinstance(node, Scalar) and node.text.lstrip("{ ").startswith("rollback_to"):
        text = "`rollback_to` does not say where to; {rollback_to: STEP} was expected; name a step that this one needs"
        page.flaw(node, text)
        return None
    word = page.word(node, ("block", "skip", "stop", "ask", "{rollback_to: STEP}"))
    return None if word is None else (OnFailure(word), None)


def _named(fields: Fields) -> dict[str, Place]:
    """Return where other steps are named."""
    needs, on_failure = fields.node("needs"), fields.node("on_failure")
    nodes = needs.items if isinstance(needs, Items) else (needs,)
    places = {node.text: node.place for node in nodes if isinstance(node, Scalar)}
    if isinstance(on_failure, Table):
        targets = [value for _, value in on_failure.entries if isinstance(value, Scalar)]
        places |= {encode_id(target.text): target.place for target in targets}
    return places
