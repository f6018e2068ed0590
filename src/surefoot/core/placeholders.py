"""What becomes of the placeholders in a step: `{item}` of a group, `{steps.ID.KEY}` of what earlier steps put out.

Owns which texts of a step are replaced, and how: shell-quoted in commands, so that they mean nothing but themselves in
globs, regular expressions of probes and texts of SQL, literal elsewhere.
All of a text is replaced in one go, so that a value never counts as a placeholder. Must never know where a value comes
from: `surefoot.core.outputs` does. Read that next.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from surefoot.core.globs import literal
from surefoot.core.ids import StepId, encode_id
from surefoot.core.plan import (
    AgentBody,
    AskBody,
    Body,
    CallBody,
    CallCheck,
    ChangedCheck,
    Check,
    CommandCheck,
    FileCheck,
    FunctionBody,
    RunBody,
    Step,
    TestsCheck,
)
from surefoot.core.probing import (
    CallProbe,
    FileProbe,
    FunctionProbe,
    GitProbe,
    HttpProbe,
    PackageProbe,
    PortProbe,
    ProbeQuestion,
    ProcessProbe,
    RunProbe,
    SqlProbe,
)
from surefoot.core.record import record

_REFERENCE = re.compile(r"(?<!\$)\{steps\.((?:[^{}\s]|\{[A-Za-z_][A-Za-z0-9_]*\})+)\}")
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
    return tuple(_reference(match) for match in _REFERENCE.finditer(text))


def references_of(step: Step) -> tuple[Reference, ...]:
    """Return the references of a step, each once."""
    found: dict[str, Reference] = {}

    def note(text: str) -> str:
        if _MARK in text:
            found.update((one.token, one) for one in references_in(text))
        return text

    _changes(step, _Rewriting(note, note, note, note, note))
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

    plain = rewriting(str)
    ways = plain, rewriting(shlex.quote), rewriting(literal), rewriting(re.escape), rewriting(_in_sql)
    step = _rewritten(template, _Rewriting(*ways))
    return step if item is None else replace(step, id=encode_id(plain(template.id)), for_each=None)


@dataclass(frozen=True, slots=True)
class _Rewriting:
    """What is done to the texts of a step, by what they are."""

    plain: _Text
    shell: _Text
    glob: _Text
    regex: _Text
    sql: _Text

    def globs(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(self.glob, texts))


def _in_sql(value: str) -> str:
    """Return the value as it stands between the quotes of a text in SQL."""
    return value.replace("'", "''")


def _reference(match: re.Match[str]) -> Reference:
    name, dot, key = match[1].rpartition(".")
    return Reference(token=match[0], step=StepId(name if dot else key), key=key if dot else "")


def _rewritten(step: Step, to: _Rewriting) -> Step:
    return replace(step, **_changes(step, to))


def _changes(step: Step, to: _Rewriting) -> dict[str, Any]:
    """Return every field of a step that holds texts, each rewritten."""
    plain = to.plain
    probe, each = step.probe, step.for_each
    if each is not None:
        each = replace(
            each,
            items=None if each.items is None else tuple(map(plain, each.items)),
            glob=None if each.glob is None else to.glob(each.glob),
            lines=None if each.lines is None else to.shell(each.lines),
        )
    return {
        "title": plain(step.title),
        "why": plain(step.why),
        "for_each": each,
        "body": _body(step.body, to),
        "cwd": None if step.cwd is None else plain(step.cwd),
        "env": {name: plain(value) for name, value in step.env.items()},
        "reads": to.globs(step.reads),
        "writes": None if step.writes is None else to.globs(step.writes),
        "scratch": to.globs(step.scratch),
        "artifacts": to.globs(step.artifacts),
        "uses": tuple(map(plain, step.uses)),
        "sockets": tuple(map(plain, step.sockets)),
        "home": tuple(map(plain, step.home)),
        "checks": tuple(_check(check, to) for check in step.checks),
        "probe": None if probe is None else replace(probe, ask=_probe(probe.ask, to)),
        "undo": plain(step.undo),
    }


def _body(body: Body, to: _Rewriting) -> Body:
    match body:
        case RunBody():
            return replace(body, command=to.shell(body.command))
        case AskBody():
            options, show = tuple(map(to.plain, body.options)), to.globs(body.show)
            return replace(body, question=to.plain(body.question), options=options, show=show)
        case AgentBody():
            return replace(body, instructions=to.plain(body.instructions))
        case CallBody() | FunctionBody():
            return body


def _check(check: Check, to: _Rewriting) -> Check:
    ask, plain = check.ask, to.plain
    match ask:
        case CommandCheck() | TestsCheck():
            ask = replace(ask, command=to.shell(ask.command))
        case FileCheck():
            texts = {
                key: plain(text) for key in ("contains", "lacks", "matches") if (text := getattr(ask, key)) is not None
            }
            ask = replace(ask, glob=to.glob(ask.glob), **texts)
        case ChangedCheck():
            ask = replace(ask, globs=to.globs(ask.globs))
        case CallCheck():
            pass
    env = {name: plain(value) for name, value in check.env.items()}
    cwd = None if check.cwd is None else plain(check.cwd)
    return replace(check, name=plain(check.name), ask=ask, cwd=cwd, env=env, uses=tuple(map(plain, check.uses)))


def _probe(ask: ProbeQuestion, to: _Rewriting) -> ProbeQuestion:
    plain = to.plain
    match ask:
        case FileProbe():
            return replace(ask, path=plain(ask.path))
        case GitProbe():
            return replace(ask, remote=plain(ask.remote), ref=plain(ask.ref), commit=plain(ask.commit))
        case HttpProbe():
            return replace(ask, url=plain(ask.url))
        case RunProbe():
            return replace(ask, command=to.shell(ask.command))
        case ProcessProbe():
            pid_file = None if ask.pid_file is None else plain(ask.pid_file)
            return replace(ask, pattern=to.regex(ask.pattern), pid_file=pid_file)
        case PortProbe():
            return replace(ask, port=plain(ask.port))
        case PackageProbe():
            return replace(ask, package=plain(ask.package), version=plain(ask.version), index=plain(ask.index))
        case SqlProbe():
            return replace(ask, query=to.sql(ask.query), url=plain(ask.url))
        case CallProbe() | FunctionProbe():
            return ask
