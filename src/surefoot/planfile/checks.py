"""Checks of a plan file.

Owns their keys, their kinds and the names checks get when they have none. Must never ask one. Read
`surefoot.planfile.steps` next.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

from surefoot.core.plan import (
    CallCheck,
    ChangedCheck,
    Check,
    CheckQuestion,
    CommandCheck,
    Expect,
    FileCheck,
    TestsCheck,
)
from surefoot.expressions import CURE, flaw_of
from surefoot.planfile.fields import Fields, Page, described
from surefoot.planfile.tree import Items, Tree

CHECK_KINDS = ("run", "tests", "file", "call", "changed")
FILE_QUESTIONS = ("exists", "contains", "lacks", "matches")
COMMON_KEYS = ("name", "expect", "timeout", "cwd", "env", "network", "confine", "uses", "held_back")
LATER_KEYS = ("sockets",)
FORMATS = ("junit", "unittest")
_EXTRA_KEYS = {"tests": ("format",), "file": FILE_QUESTIONS}
_ALL_KEYS = (*CHECK_KINDS, *FILE_QUESTIONS, "format", *COMMON_KEYS)
_FUNCTION = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_NAME_LENGTH_MAX = 60


def read_checks(page: Page, node: Tree) -> tuple[Check, ...] | None:
    """Read a list of checks and give each a name of its own."""
    if not isinstance(node, Items):
        page.flaw(node, f"found {described(node)}; a list of checks was expected; begin each with `-`")
        return None
    checks: list[Check] = []
    unnamed: list[int] = []
    taken: set[str] = set()
    for item in node.items:
        fields = Fields.read(page, item, "a check", _ALL_KEYS, LATER_KEYS)
        check = None if fields is None else _read_check(page, fields)
        if fields is None or check is None:
            continue
        if "name" not in fields:
            unnamed.append(len(checks))
        elif check.name in taken:
            text = f"a check before is named {check.name!r}, too; names of their own were expected; rename one"
            page.flaw(fields.at("name"), text)
        else:
            taken.add(check.name)
        checks.append(check)
    for index in unnamed:
        checks[index] = replace(checks[index], name=_free_name(checks[index].name, taken))
    return tuple(checks)


def read_function(page: Page, node: Tree) -> str | None:
    """Read the name of a Python function."""
    text = page.text(node)
    if text is not None and _FUNCTION.fullmatch(text) is None:
        page.flaw(node, f"{text!r} names no function; package.module:function was expected; write it like that")
        return None
    return text


def _read_check(page: Page, fields: Fields) -> Check | None:
    kind = fields.exactly_one(CHECK_KINDS, "a check")
    if kind is None:
        return None
    allowed = (kind, *_EXTRA_KEYS.get(kind, ()), *COMMON_KEYS)
    for key in fields:
        if key not in allowed:
            text = f"`{key}` does not belong to a check of kind `{kind}`; {', '.join(allowed)} were expected; remove it"
            page.flaw(fields.at(key), text)
    ask = _read_ask(page, fields, kind)
    if ask is None:
        return None
    return Check(
        name=fields.take("name", page.text, _described_ask(ask)),
        ask=ask,
        expect=fields.take("expect", page.one_of(Expect), Expect.PASS),
        timeout_s=fields.take("timeout", page.positive_s, 600.0),
        cwd=fields.take("cwd", page.inner, None),
        env=fields.take("env", page.variables, dict[str, str]()),
        network=fields.take("network", page.network, default=False),
        uses=fields.take("uses", page.many(page.text), ()),
        confine=fields.take("confine", page.flag, default=True),
        held_back=fields.take("held_back", page.flag, default=False),
    )


def _read_ask(page: Page, fields: Fields, kind: str) -> CheckQuestion | None:
    if kind in {"run", "tests"}:
        command = fields.take(kind, page.text, None)
        form = fields.take("format", partial(page.word, words=FORMATS), "junit")
        if command is None:
            return None
        return CommandCheck(command=command) if kind == "run" else TestsCheck(command=command, format=form)
    if kind == "call":
        function = fields.take("call", partial(read_function, page), None)
        return None if function is None else CallCheck(function=function)
    if kind == "changed":
        globs = fields.take("changed", page.many(page.inner), None)
        return None if globs is None else ChangedCheck(globs=globs)
    return _read_file_ask(page, fields)


def _read_file_ask(page: Page, fields: Fields) -> FileCheck | None:
    glob = fields.take("file", page.inner, None)
    question = fields.exactly_one(FILE_QUESTIONS, "a `file` check")
    if glob is None or question is None:
        return None
    if question == "exists":
        exists = fields.take("exists", page.flag, None)
        return None if exists is None else FileCheck(glob=glob, exists=exists)
    text = fields.take(question, page.raw, None)
    if text == "":
        page.flaw(fields.at(question), "the text is empty; one to look for was expected; write it")
    if not text:
        return None
    match question:
        case "contains":
            return FileCheck(glob=glob, contains=text)
        case "lacks":
            return FileCheck(glob=glob, lacks=text)
        case _:
            return FileCheck(glob=glob, matches=text) if _is_pattern(page, fields, text) else None


def _is_pattern(page: Page, fields: Fields, text: str) -> bool:
    if flaw := flaw_of(text, by_line=True):
        page.flaw(
            fields.at("matches"),
            f"it is no regular expression that can be used here ({flaw}); {CURE}, or ask by `run: grep …`",
        )
        return False
    return True


def _described_ask(ask: CheckQuestion) -> str:
    """Make a name that says what is asked."""
    match ask:
        case CommandCheck() | TestsCheck():
            name = ask.command
        case CallCheck():
            name = ask.function
        case ChangedCheck():
            name = f"changed only {', '.join(ask.globs)}"
        case FileCheck(exists=bool()):
            name = f"{ask.glob} {'exists' if ask.exists else 'does not exist'}"
        case FileCheck():
            word = next(word for word in FILE_QUESTIONS[1:] if getattr(ask, word) is not None)
            name = f"{ask.glob} {word} {getattr(ask, word)!r}"
    name = " ".join(name.split())
    return name if len(name) <= _NAME_LENGTH_MAX else name[: _NAME_LENGTH_MAX - 1] + "…"


def _free_name(name: str, taken: set[str]) -> str:
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    taken.add(free)
    return free
