"""The reader of steps: how the parts of a step fit together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

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
    VerifyBody,
)
from surefoot.core.plan_keys import FUNCTION
from surefoot.core.plan_schema import BODIES, ON_FAILURE, TABLES
from surefoot.core.probe_kinds import Probe
from surefoot.core.record import record
from surefoot.core.regex import regex
from surefoot.planfile.check_reader import read_checks
from surefoot.planfile.fields import Fields, Page, described
from surefoot.planfile.readers import made, read_keys, read_kind, read_record, read_value, read_values, values_in
from surefoot.planfile.tree import Items, Place, Scalar, Table, Tree

_NAME = regex(r"[A-Za-z_][A-Za-z0-9_]*")


@record
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
    fields = read_keys(page, node, "defaults")
    # Read once by itself, so that a flaw is found even where every step says otherwise.
    if fields is not None:
        _read_values(page, fields, "defaults")
    return fields


def read_step(page: Page, node: Tree, defaults: Fields | None, attempts: int) -> StepRead | None:
    """Read one step; None, if it is no mapping."""
    own = read_keys(page, node, "step")
    if own is None:
        return None
    fields = own if defaults is None else own.with_defaults(defaults)
    since = len(page.references)
    values = _read_values(page, fields, "step")
    name = values.get("id") or None
    if "if_empty" in own and "for_each" not in own:
        page.flaw(own.at("if_empty"), "`if_empty` stands without `for_each`; a group was expected; remove it")
    values |= {"id": StepId(name or "") if "for_each" in own else encode_id(name or "")}
    values |= {"body": _read_body(page, own, fields), "if_empty_ok": _takes(page, fields, "if_empty") is not None}
    step = _with_policies(values, attempts)
    _judge_effect(page, fields, step)
    _judge_products(page, fields, step)
    files = _takes(page, fields, "files") or ()
    places = dict(reversed(page.references[since:]))
    if places:
        page.refuse_references(since, {one.token for one in references_of(step)}, "here")
    return StepRead(
        step=step if name is not None else None,
        files=files,
        place=own.at("id"),
        named={**places, **_named(fields)},
        keys=fields,
    )


def _read_values(page: Page, fields: Fields, table: str) -> dict[str, Any]:
    """Return what a step says by the fields they fill; `retry` and `on_failure` as the values of several fields."""
    own = {
        "for_each": _read_for_each,
        "check": read_checks,
        "probe": _read_probe,
        "retry": _read_retry,
        "undo": _read_undo,
        "ladders": _read_on_failure,
    }
    return read_values(page, fields, TABLES[table].keys, own)


def _takes(page: Page, fields: Fields, key: str) -> Any:
    """Read a key that fills no field of the step."""
    node = fields.node(key)
    return None if node is None else read_value(page, node, TABLES["step"].key(key).value)


def _with_policies(values: dict[str, Any], attempts: int) -> Step:
    """Return the step, with what follows from its parts where it does not say otherwise."""
    is_agent = values["body"].by_model
    # An agent learns from what the checks said, so that another attempt is another way.
    retries = is_agent or "retry" in values
    retry: dict[str, Any] = {"maximum_attempts": attempts, "retry_unknown": retries, **values.pop("retry", {})}
    on_failure: dict[str, Any] = values.pop("on_failure", {})
    if "on_failure" not in on_failure and values.get("optional"):
        on_failure["on_failure"] = OnFailure.SKIP  # what needs it goes on, and nobody is asked
    elif "on_failure" not in on_failure and is_agent:
        on_failure["on_failure"] = OnFailure.ASK  # after its last attempt, and before the report, comes a person
    reads: tuple[str, ...] = values.pop("reads", ())
    home = tuple(read for read in reads if read.startswith("~/"))
    reads = tuple(read for read in reads if read not in home)
    undo: dict[str, Any] = values.pop("undo", {})
    return Step(**values, **on_failure, **undo, reads=reads, home=home, retry=RetryPolicy(**retry))


def _judge_effect(page: Page, fields: Fields, step: Step) -> None:
    if "effect" in fields or not step.body.acts:
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


def _judge_products(page: Page, fields: Fields, step: Step) -> None:
    if step.artifacts and not step.body.acts:
        text = "`artifacts` stands beside `ask`; a question makes no files; remove it"
        page.flaw(fields.at("artifacts"), text)
    if step.expects and not step.body.has_outputs:
        text = "`expects` is about outputs, which only `run` and `call` have; remove it"
        page.flaw(fields.at("expects"), text)


def _read_body(page: Page, own: Fields, fields: Fields) -> Body:
    """Read the body; where there is none that can be read, something stands in for it."""
    kind = own.exactly_one(BODIES, "a step")
    if kind is not None and kind != "run" and "shell" in own:
        page.flaw(own.at("shell"), f"`shell` stands beside `{kind}`; it belongs to `run`; remove it")
    if kind is not None and kind != "agent" and "worker" in own:
        page.flaw(own.at("worker"), f"`worker` stands beside `{kind}`; it belongs to `agent`; remove it")
    node = None if kind is None else own.node(kind)
    body = None if kind is None or node is None else _BODY_READERS[kind](page, node, fields)
    return RunBody(command="") if body is None else body


def _read_command(page: Page, node: Tree, fields: Fields) -> RunBody:
    return RunBody(command=page.text(node) or "", shell=_takes(page, fields, "shell") or "bash")


def _read_call(page: Page, node: Tree, _: Fields) -> CallBody | None:
    function = read_value(page, node, FUNCTION)
    return None if function is None else CallBody(function=function)


def _read_agent(page: Page, node: Tree, fields: Fields) -> Body | None:
    values = values_in(page, node, TABLES["agent"]) or {}
    own: str | None = values.pop("worker", None)
    body: AgentBody | None = made(AgentBody, values)
    worker: str | None = _takes(page, fields, "worker") if own is None else own
    if body is None or worker is None:
        return body
    if body.model is not None:
        text = f"`worker` stands beside the model {body.model!r}; an agent of others has its own; remove one of them"
        page.flaw(node if own is not None else fields.at("worker"), text)
    return body.given_to(worker)


def _read_verify(page: Page, node: Tree, fields: Fields) -> VerifyBody | None:
    if page.flag(node) is not True:
        page.flaw(node, "`verify` takes `true`; leave it out where the step has another body")
        return None
    if "checks" not in fields:
        page.flaw(node, "`verify` stands without `checks`; what is to be verified was expected; add a check")
    return VerifyBody()


def _read_question(page: Page, node: Tree, _: Fields) -> AskBody | None:
    if not isinstance(node, Table):
        return read_record(page, node, TABLES["question"])
    fields = read_keys(page, node, "question")
    if fields is None:
        return None
    body: AskBody | None = made(AskBody, read_values(page, fields, TABLES["question"].keys))
    if body is None:
        return None
    if body.default is not None and body.options and body.default not in body.options:
        expected = f"one of {', '.join(body.options)} was expected; choose one"
        page.flaw(fields.at("default"), f"the default {body.default!r} is none of the options; {expected}")
    if len(set(body.options)) < len(body.options):
        page.flaw(fields.at("options"), "an option is listed twice; different ones were expected; remove one")
    return body


_BODY_READERS: Mapping[str, Callable[[Page, Tree, Fields], Body | None]] = {
    "run": _read_command,
    "call": _read_call,
    "agent": _read_agent,
    "ask": _read_question,
    "verify": _read_verify,
}


def _read_probe(page: Page, node: Tree) -> Probe | None:
    table = TABLES["probe"]
    fields = read_keys(page, node, "probe")
    ask = None if fields is None else read_kind(page, fields, table)
    return None if fields is None or ask is None else Probe(ask=ask, **read_values(page, fields, table.keys))


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


def _read_retry(page: Page, node: Tree) -> dict[str, Any] | None:
    fields = read_keys(page, node, "retry")
    return None if fields is None else read_values(page, fields, TABLES["retry"].keys)


_LADDERS = {"default": "on_failure", "execution": "on_execution", "verification": "on_verification"}
"""The keys of `on_failure` by kind, with the fields that they fill."""


def _read_on_failure(page: Page, node: Tree) -> dict[str, Any] | None:
    """Return what follows a failure: the same after each, or by its kind."""
    if not isinstance(node, Table) or _goes_back(node):
        return _read_way_on(page, node)
    fields = read_keys(page, node, "ladders")
    found: dict[str, Any] = {}
    for name, field in _LADDERS.items():
        given = None if fields is None else fields.node(name)
        way = None if given is None else _read_way_on(page, given)
        if given is None or way is None:
            continue
        target = way.get("rollback_to")
        if target is not None and found.setdefault("rollback_to", target) != target:
            page.flaw(given, "a step goes back to one step only, and another one is named before; name the same one")
        found[field] = way["on_failure"]
    return found or None


def _goes_back(node: Table) -> bool:
    return any(isinstance(key, Scalar) and key.text == "rollback_to" for key, _ in node.entries)


def _read_way_on(page: Page, node: Tree) -> dict[str, Any] | None:
    if isinstance(node, Table):
        fields = read_keys(page, node, "rollback")
        target = None if fields is None else fields.need("rollback_to", page.text, None, "the id of a step")
        return None if target is None else {"on_failure": OnFailure.ROLLBACK, "rollback_to": encode_id(target)}
    if isinstance(node, Scalar) and node.text.lstrip("{ ").startswith("rollback_to"):
        text = "`rollback_to` does not say where to; {rollback_to: STEP} was expected; name a step that this one needs"
        page.flaw(node, text)
        return None
    word = page.word(node, (*ON_FAILURE, "{rollback_to: STEP}"))
    return None if word is None else {"on_failure": OnFailure(word)}


def _read_undo(page: Page, node: Tree) -> dict[str, Any] | None:
    if not isinstance(node, Table):
        return {"undo": page.raw(node) or ""}
    fields = read_keys(page, node, "undo")
    return None if fields is None else read_values(page, fields, TABLES["undo"].keys)


def _named(fields: Fields) -> dict[str, Place]:
    """Return where other steps are named."""
    needs, on_failure = fields.node("needs"), fields.node("on_failure")
    nodes = needs.items if isinstance(needs, Items) else (needs,)
    places = {node.text: node.place for node in nodes if isinstance(node, Scalar)}
    if isinstance(on_failure, Table):
        tables = [on_failure, *(value for _, value in on_failure.entries if isinstance(value, Table))]
        targets = [value for one in tables if _goes_back(one) for _, value in one.entries if isinstance(value, Scalar)]
        places |= {encode_id(target.text): target.place for target in targets}
    return places
