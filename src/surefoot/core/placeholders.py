"""The replacement of placeholders in a step: `{item}` of a group, `{steps.ID.KEY}` of earlier steps.

Values are shell-quoted in commands, escaped in globs, regular expressions and SQL texts, literal elsewhere. A text is
replaced in one go, so that a value never counts as a placeholder.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from operator import is_
from typing import Any, TypeVar, cast

from surefoot.core.globs import literal
from surefoot.core.ids import StepId, encode_id
from surefoot.core.plan import AgentBody, AskBody, Body, RunBody, Step, WorkerBody
from surefoot.core.plan_keys import Key, Way
from surefoot.core.plan_schema import TABLES
from surefoot.core.record import record
from surefoot.core.regex import regex

_REFERENCE = regex(r"(?<!\$)\{steps\.((?:[^{}\s]|\{[A-Za-z_][A-Za-z0-9_]*\})+)\}")
_MARK = "{steps."
"""What every reference begins with."""
_Text = Callable[[str], str]
T = TypeVar("T")


@record
class Reference:
    """One `{steps.ID.KEY}`."""

    token: str
    """As it stands in the plan, braces included."""
    step: StepId
    """The step whose output it stands for, as the plan writes it."""
    key: str
    """Which of its outputs; empty, if the plan names none."""


def references_in(text: str) -> tuple[Reference, ...]:
    """Return the references that stand in a text."""
    found: list[Reference] = []
    for match in _REFERENCE.finditer(text) if _MARK in text else ():
        name, dot, key = match[1].rpartition(".")
        found.append(Reference(token=match[0], step=StepId(name if dot else key), key=key if dot else ""))
    return tuple(found)


def references_of(step: Step) -> tuple[Reference, ...]:
    """Return the references of a step, each once."""
    found: dict[str, Reference] = {}
    for one, ways in _holding(step):
        for name, _ in ways:
            value = getattr(one, name)
            for text in _texts(value) if value else ():
                if _MARK in text:
                    found.update((reference.token, reference) for reference in references_in(text))
    return tuple(found.values())


def member_of(group: Step, item: str) -> Step:
    """Return the member of `group` for `item`; its references stay until it is started."""
    return bound(group, item, {})


def bound(template: Step, item: str | None, values: Mapping[str, str]) -> Step:
    """Return the step with its placeholders replaced.

    Args:
        template: the step, or the group it is a member of, as the plan has it.
        item: for a member of a group, its item.
        values: what to put in place of references, by their tokens.
    """
    tokens = dict(values)
    pattern = "|".join(rf"(?<!\$){re.escape(token)}" for token in values)
    if item is not None:
        assert template.for_each is not None
        token = f"{{{template.for_each.name}}}"
        tokens[token] = item
        pattern = "|".join(filter(None, (pattern, re.escape(token))))
    if not pattern:
        return template
    found = re.compile(pattern)

    def rewriting(quote: _Text) -> _Text:
        return lambda text: found.sub(lambda match: quote(tokens[match[0]]), text)

    to = {way: rewriting(quote) for way, quote in _QUOTES.items()}
    step = _rewritten(template, to)
    return step if item is None else replace(step, id=encode_id(to[Way.PLAIN](template.id)), for_each=None)


_QUOTES: Mapping[Way, _Text] = {
    Way.PLAIN: str,
    Way.SHELL: shlex.quote,
    Way.GLOB: literal,
    Way.REGEX: re.escape,
    Way.SQL: lambda value: value.replace("'", "''"),
}
_Ways = tuple[tuple[str, Way], ...]
"""The fields of a record whose texts may hold placeholders, and how those are replaced."""


def _ways_of(keys: Iterable[Key]) -> _Ways:
    return tuple((key.fills, key.way) for key in keys if key.way is not None)


_STEP_WAYS: _Ways = (*_ways_of(TABLES["step"].keys), ("home", Way.PLAIN), ("undo_run", Way.SHELL))
_CHECK_WAYS = _ways_of(TABLES["check"].keys)
_EACH_WAYS: _Ways = (("items", Way.PLAIN), ("glob", Way.GLOB), ("lines", Way.SHELL))
_COMPARE_WAYS: _Ways = (("run", Way.SHELL),)
_BODY_WAYS: Mapping[type[Body], _Ways] = {
    RunBody: (("command", Way.SHELL),),
    AgentBody: _ways_of(TABLES["agent"].keys),
    WorkerBody: _ways_of([TABLES["agent"].key("do")]),
    AskBody: _ways_of(TABLES["question"].keys),
}
_KIND_WAYS: Mapping[type, _Ways] = {
    kind.type: _ways_of(kind.within) for name in ("check", "probe") for kind in TABLES[name].kinds
}
_Rewriting = Mapping[Way, _Text]
"""What is done to the texts of a step, by what they are."""


def _holding(step: Step) -> Iterator[tuple[object, _Ways]]:
    """Yield each record of a step in which placeholders may stand, with the fields that hold them."""
    if step.for_each is not None:
        yield step.for_each, _EACH_WAYS
    yield step, _STEP_WAYS
    yield step.body, _BODY_WAYS.get(type(step.body), ())
    for check in step.checks:
        yield check.ask, _KIND_WAYS.get(type(check.ask), ())
        yield check, _CHECK_WAYS
    if step.probe is not None:
        yield step.probe.ask, _KIND_WAYS.get(type(step.probe.ask), ())
    if step.compare is not None:
        yield step.compare, _COMPARE_WAYS


def _texts(value: object) -> Iterable[str]:
    """Return the texts of a field."""
    match value:
        case str():
            return (value,)
        case tuple():
            return cast("tuple[str, ...]", value)
        case Mapping():
            return cast("Mapping[str, str]", value).values()
        case _:
            return ()


def _rewritten(step: Step, to: _Rewriting) -> Step:
    """Return the step with its texts rewritten; whatever none of that changes is not made anew."""
    each, own = _filled(step.for_each, _EACH_WAYS, to), _changes(step, _STEP_WAYS, to)
    body = _filled(step.body, _BODY_WAYS.get(type(step.body), ()), to)
    checks = tuple([_asking(check, _CHECK_WAYS, to) for check in step.checks])
    probe, compare = _asking(step.probe, (), to), _filled(step.compare, _COMPARE_WAYS, to)
    own |= {} if all(map(is_, checks, step.checks)) else {"checks": checks}
    return _with(step, {**own, "for_each": each, "body": body, "probe": probe, "compare": compare})


def _asking(one: T, ways: _Ways, to: _Rewriting) -> T:
    """Return a check, or a probe, with its texts and those of its question rewritten."""
    if one is None:
        return one
    ask: object = cast("Any", one).ask
    return _with(one, {"ask": _filled(ask, _KIND_WAYS.get(type(ask), ()), to), **_changes(one, ways, to)})


def _filled(one: T, ways: _Ways, to: _Rewriting) -> T:
    return one if one is None else _with(one, _changes(one, ways, to))


def _with(one: T, values: Mapping[str, Any]) -> T:
    """Return a record with these values; the same one, where it has them."""
    changed = {name: value for name, value in values.items() if value is not getattr(one, name)}
    return cast("T", replace(cast("Any", one), **changed)) if changed else one


def _changes(one: object, ways: _Ways, to: _Rewriting) -> dict[str, Any]:
    """Return the fields that hold texts which are other ones when rewritten."""
    held = ((name, way, value) for name, way in ways if (value := getattr(one, name)))
    return {name: text for name, way, value in held if (text := _text(value, to[way])) != value}


def _text(value: object, rewrite: _Text) -> object:
    match value:
        case str():
            return rewrite(value)
        case tuple():
            return tuple(map(rewrite, cast("tuple[str, ...]", value)))
        case Mapping():
            table = cast("Mapping[str, str]", value)
            return {name: rewrite(text) for name, text in table.items()}
        case _:
            return value
