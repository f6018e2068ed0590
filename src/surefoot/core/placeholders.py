"""The replacement of placeholders in a step: `{item}` of a group, `{steps.ID.KEY}` of earlier steps.

Values are shell-quoted in commands, escaped in globs, regular expressions and SQL texts, literal elsewhere. A text is
replaced in one go, so that a value never counts as a placeholder.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, cast

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
    for match in _REFERENCE.finditer(text):
        name, dot, key = match[1].rpartition(".")
        found.append(Reference(token=match[0], step=StepId(name if dot else key), key=key if dot else ""))
    return tuple(found)


def references_of(step: Step) -> tuple[Reference, ...]:
    """Return the references of a step, each once."""
    found: dict[str, Reference] = {}

    def note(text: str) -> str:
        if _MARK in text:
            found.update((one.token, one) for one in references_in(text))
        return text

    _rewritten(step, dict.fromkeys(Way, note))
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


_STEP_WAYS, _CHECK_WAYS = _ways_of(TABLES["step"].keys), _ways_of(TABLES["check"].keys)
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


def _rewritten(step: Step, to: _Rewriting) -> Step:
    plain, probe, each, compare = to[Way.PLAIN], step.probe, step.for_each, step.compare
    if each is not None:
        each = replace(
            each,
            items=None if each.items is None else tuple(map(plain, each.items)),
            glob=None if each.glob is None else to[Way.GLOB](each.glob),
            lines=None if each.lines is None else to[Way.SHELL](each.lines),
        )
    return replace(
        step,
        **_changes(step, _STEP_WAYS, to),
        for_each=each,
        home=tuple(map(plain, step.home)),
        undo_run=to[Way.SHELL](step.undo_run),
        body=replace(step.body, **_changes(step.body, _BODY_WAYS.get(type(step.body), ()), to)),
        checks=tuple(
            replace(check, ask=_question(check.ask, to), **_changes(check, _CHECK_WAYS, to)) for check in step.checks
        ),
        probe=None if probe is None else replace(probe, ask=_question(probe.ask, to)),
        compare=None if compare is None else replace(compare, run=to[Way.SHELL](compare.run)),
    )


def _question(ask: Any, to: _Rewriting) -> Any:
    return replace(ask, **_changes(ask, _KIND_WAYS.get(ask.__class__, ()), to))


def _changes(record: object, ways: _Ways, to: _Rewriting) -> dict[str, Any]:
    """Return the fields that hold texts, each rewritten in its way."""
    return {name: _text(value, to[way]) for name, way in ways if (value := getattr(record, name))}


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
