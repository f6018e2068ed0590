"""The readers of a plan file, made from the schema of plans: one for each kind of value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields
from functools import cache, partial
from typing import Any

from surefoot.core.agent_programs import is_worker
from surefoot.core.output_conditions import EXAMPLES, condition
from surefoot.core.plan_keys import TEXT, Key, Kind, Table, Value
from surefoot.core.plan_schema import TABLES, names_of
from surefoot.core.probe_kinds import has_password, place_of
from surefoot.expressions import CURE, flaw_of
from surefoot.planfile import tree
from surefoot.planfile.fields import Fields, Page, described
from surefoot.planfile.tree import Items, Scalar, Tree

Reader = Callable[[Page, Tree], Any]
"""Returns what stands at a node; None, if it could not be read and a flaw is noted."""


def read_value(page: Page, node: Tree, value: Value, own: Mapping[str, Reader] | None = None) -> Any:
    """Read a value of any kind; None, if it could not be read and a flaw is noted.

    Args:
        page: the file.
        node: where the value stands.
        value: what it has to be.
        own: readers of values that take more than the schema says, by their table or else their kind.
    """
    if value.is_many:
        return page.many(lambda item: read_value(page, item, value._replace(is_many=False), own))(node)
    if own and (read := own.get(value.table or value.kind)):
        return read(page, node)
    match value.kind:
        case "word":
            word = page.word(node, value.words)
            return next((one for one in value.words if one == word), None)  # which may be a member of an enumeration
        case "record":
            return read_record(page, node, TABLES[value.table])
        case _:
            return _READERS[value.kind](page, node)


def read_keys(page: Page, node: Tree, name: str) -> Fields | None:
    """Judge the keys of a mapping by the table of that name."""
    return Fields.read(page, node, TABLES[name].said, names_of(name))


def read_values(
    page: Page, found: Fields, keys: Iterable[Key], own: Mapping[str, Reader] | None = None
) -> dict[str, Any]:
    """Return the values of keys that are set and could be read, by the fields they fill.

    Args:
        page: the file.
        found: the mapping.
        keys: which keys.
        own: as for `read_value`.
    """
    values: dict[str, Any] = {}
    for key in keys:
        if key.name not in found.entries and not key.need:
            continue
        node = found.node(key.name)
        if node is None and key.need and key.fills:
            page.flaw(found.place, f"`{key.name}` is missing; {key.need} was expected; add it")
            values |= {key.fills: ""} if key.value == TEXT else {}  # so that the rest is judged, too
        if node is None or not key.fills:
            continue
        value = read_value(page, node, key.value, own)
        if value is not None or key.value.kind == "plain":  # any data may be null
            values[key.fills] = value
    return values


def read_record(page: Page, node: Tree, table: Table) -> Any:
    """Read a mapping, or the value of its main key alone, into the record of its table."""
    assert table.type is not None
    values = values_in(page, node, table)
    return None if values is None else made(table.type, values)


def values_in(page: Page, node: Tree, table: Table) -> dict[str, Any] | None:
    """Read a mapping, or the value of its main key alone, by the fields of its table; None: it is none."""
    if table.alone and not isinstance(node, tree.Table):
        key = table.key(table.alone)
        value = read_value(page, node, key.value)
        return None if value is None else {key.fills: value}
    found = Fields.read(page, node, table.said, table.names)
    return None if found is None else dict(read_values(page, found, table.keys))


def made(kind: type[Any], values: Mapping[str, Any]) -> Any:
    """Return the record with these values; None, if one is missing that it has to have."""
    return kind(**values) if _needed(kind) <= values.keys() else None


@cache
def _needed(kind: type[Any]) -> frozenset[str]:
    return frozenset(one.name for one in fields(kind) if one.default is MISSING and one.default_factory is MISSING)


def read_kind(page: Page, found: Fields, table: Table) -> Any:
    """Read the question of a check or probe into the record of its kind."""
    name = found.exactly_one([kind.name for kind in table.kinds], table.said)
    kind = next((kind for kind in table.kinds if kind.name == name), None)
    if name is None or kind is None:
        return None
    of = f"a {table.said.removeprefix('a ')} of kind `{name}`"
    own = (kind.keys[0], *(() if kind.is_nested else kind.keys[1:]))
    allowed = [key.name for key in (*own, *table.keys)]
    for key in found:
        if key not in allowed:
            page.flaw(found.at(key), f"`{key}` does not belong to {of}; {', '.join(allowed)} were expected; remove it")
    if kind.is_nested:
        node = found.node(name)
        assert node is not None
        within = Fields.read(page, node, f"`{name}`", [key.name for key in kind.within])
        return None if within is None else _question(page, within, kind, f"`{name}`")
    return _question(page, found, kind, f"a `{name}` {table.said.removeprefix('a ')}")


def _question(page: Page, found: Fields, kind: Kind, said: str) -> Any:
    values = read_values(page, found, kind.within)
    if kind.one_of and found.exactly_one(kind.one_of, said) not in values:
        return None
    return made(kind.type, values)


def checked(is_good: Callable[[Any], object], wrong: str, read: Reader = Page.text) -> Reader:
    """Return a reader that refuses some of the values which another one takes.

    Args:
        is_good: tells whether a value is taken.
        wrong: what is said where it is not; `{}` stands for the value.
        read: the other reader.
    """

    def read_checked(page: Page, node: Tree) -> Any:
        value = read(page, node)
        if value is None or is_good(value):
            return value
        page.flaw(node, wrong.replace("{}", repr(value) if isinstance(value, str) else f"{value:g}"))
        return None

    return read_checked


def _read_condition(page: Page, node: Tree) -> str | None:
    """Read a condition over a value that a step puts out."""
    text = page.text(node)
    flaw = None if text is None else condition(text)
    if isinstance(flaw, str):
        page.flaw(node, f"{text!r} {flaw}; one as {EXAMPLES} was expected; write it like that")
        return None
    return text


def _changed(change: Callable[[Any], Any], read: Reader) -> Reader:
    """Return a reader that changes what another one takes."""

    def read_changed(page: Page, node: Tree) -> Any:
        value = read(page, node)
        return None if value is None else change(value)

    return read_changed


def _is_version(text: str) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        return "{" in text or bool(Version(text))
    except InvalidVersion:
        return False


_read_needle = checked(bool, "the text is empty; one to look for was expected; write it", Page.raw)


def _read_pattern(page: Page, node: Tree, *, by_line: bool = False) -> str | None:
    text = (_read_needle if by_line else Page.text)(page, node)
    if text is None or not (flaw := flaw_of(text, by_line=by_line)):
        return text
    way_out = ", or ask by `run: grep …`" if by_line else ""
    page.flaw(node, f"it is no regular expression that can be used here ({flaw}); {CURE}{way_out}")
    return None


def _read_expected(page: Page, node: Tree) -> dict[str, str] | None:
    cure = "the outputs with what they have to be like were expected; write them as {KEY: EXPRESSION}"
    return page.named(node, cure, page.variable, partial(_read_pattern, page))


def _argv(page: Page, node: Tree) -> tuple[str, ...] | None:
    if not isinstance(node, Items) or not node.items:
        expected = "a list of the program and its arguments was expected; no shell splits a text"
        found = "the list is empty" if isinstance(node, Items) else f"found {described(node)}"
        page.flaw(node, f"{found}; {expected}; write it like [git, status]")
        return None
    words = [page.literal(item) for item in node.items]
    if words[0] is not None and not words[0].strip():
        page.flaw(node.items[0], "the program has no name; one was expected; write it")
    return tuple(word for word in words if word is not None)


def _http_answer(page: Page, node: Tree) -> Any:
    if isinstance(node, tree.Table) and not node.entries:
        page.flaw(node, "any answer would match; `status` or `json` was expected; add one")
    return read_record(page, node, TABLES["answer"])


def _values_by_path(page: Page, node: Tree) -> dict[str, object] | None:
    if not isinstance(node, tree.Table):
        page.flaw(node, f"found {described(node)}; values by dotted path were expected; write {{a.b: value}}")
        return None
    return {path: page.plain(value) for key, value in node.entries if (path := page.literal(key)) is not None}


def _rows(page: Page, node: Tree) -> Any:
    """Read a pattern over rows; a value alone is that with which the first row begins."""
    table = TABLES["rows"]
    assert table.type is not None
    if isinstance(node, Items):
        page.flaw(node, "found a list; a value, or {rows: N, value: V}, was expected; write one of them")
        return None
    if not isinstance(node, tree.Table):
        return table.type(first=(page.plain(node),))
    found = read_keys(page, node, "rows")
    if found is None:
        return None
    if not node.entries:
        page.flaw(node, "any answer would match; `rows` or `value` was expected; add one")
    value = found.node("value")
    if value is not None and not isinstance(value, Scalar):
        page.flaw(value, f"found {described(value)}; a text, a number, true, false or null was expected; write one")
    first = () if value is None else (page.plain(value),)
    return table.type(**read_values(page, found, table.keys), first=first)


def _rows_number(page: Page, node: Tree) -> int | None:
    if isinstance(node, Scalar) and node.kind is tree.Kind.NUMBER and node.text.isdecimal():
        return int(node.text)
    page.flaw(node, f"found {described(node)}; a whole number of 0 or more was expected; write one, as in 1")
    return None


read_model: Reader = checked(
    re.compile(r"[A-Za-z][\w.-]*:.*\S").fullmatch,
    "{} names no provider and model; PROVIDER:MODEL was expected; write both, as in anthropic:claude-sonnet-5-5",
)
read_worker: Reader = checked(
    is_worker,
    "{} names no agent; acp:NAME or acp:COMMAND was expected; write one, as in acp:claude",
)
_read_address = checked(
    lambda text: not has_password(text),
    "a password stands in the address, and the journal keeps plans; the name of a variable was expected; put it into a "
    "variable and write $NAME in its place, or $NAME for the whole address",
)
_READERS: Mapping[str, Reader] = {
    "text": Page.text,
    "any_text": Page.raw,
    "literal": Page.literal,
    "path": Page.inner,
    "read": Page.read,
    "flag": Page.flag,
    "network": Page.network,
    "train": Page.train,
    "count": Page.count,
    "number": Page.number,
    "condition": _read_condition,
    "coefficient": checked(
        lambda coefficient: coefficient >= 1,
        "a coefficient of {} would make waits shorter; 1 or more was expected; raise it",
        Page.number,
    ),
    "time": Page.time_s,
    "duration": Page.positive_s,
    "variable": Page.variable,
    "variables": Page.variables,
    "socket": checked(
        re.compile(r"/.*|\$[A-Za-z_][A-Za-z0-9_]*", re.DOTALL).fullmatch,
        "{} names no socket; an absolute path or a variable such as $SSH_AUTH_SOCK was expected; write it like that",
    ),
    "function": checked(
        re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*").fullmatch,
        "{} names no function; package.module:function was expected; write it like that",
    ),
    "model": read_model,
    "worker": read_worker,
    "argv": _argv,
    "program_folder": checked(
        lambda folder: ":" not in folder,
        "{} has a colon, which parts folders on the PATH; one folder was expected; write each as an item of its own",
        Page.inner,
    ),
    "plain": Page.plain,
    "needle": _read_needle,
    "pattern": _read_pattern,
    "expected_outputs": _read_expected,
    "pattern_by_line": partial(_read_pattern, by_line=True),
    "answer": _http_answer,
    "rows": _rows,
    "rows_number": _rows_number,
    "status": checked(
        range(100, 600).__contains__, "{} is no HTTP status; 100 to 599 were expected; correct it", Page.count
    ),
    "values_by_path": _values_by_path,
    "sha256": _changed(
        str.lower,
        checked(
            re.compile(r"[0-9a-fA-F]{64}").fullmatch,
            "it is no SHA-256; 64 hexadecimal digits were expected; write what `sha256sum` prints",
            Page.literal,
        ),
    ),
    "web_address": checked(
        re.compile("https?://.*", re.DOTALL).fullmatch,
        "{} is no web address; http://… or https://… was expected; write it in full",
    ),
    "method": _changed(str.upper, Page.text),
    "port": checked(
        lambda text: "{" in text or place_of(text) is not None,
        "{} is no port; a port from 1 to 65535, alone or as HOST:PORT, was expected; write it like 8080 or "
        "db.example.org:5432",
        Page.literal,
    ),
    "package": checked(
        re.compile(r"[A-Z0-9](?:[A-Z0-9._-]*[A-Z0-9])?|.*\{.*", re.IGNORECASE | re.DOTALL).fullmatch,
        "{} names no package; letters, digits, and between them . _ - were expected; write its name alone",
    ),
    "version": checked(
        _is_version, "{} is no version; one such as 1.2 or 2.0rc1 was expected; correct it", Page.literal
    ),
    "address": _read_address,
    "query": checked(
        re.compile(r"(?:\s|\(|--[^\n]*\n)*(?:select|with|values)\b", re.IGNORECASE).match,
        "the statement is no query; SELECT, WITH or VALUES was expected; select what shows the effect",
    ),
    "database": checked(
        re.compile(r"sqlite:///.+|postgres(?:ql)?://.*|\$[A-Za-z_][A-Za-z0-9_]*|\{.*", re.DOTALL).fullmatch,
        "{} is no database's URL; sqlite:///PATH, postgresql://… or $NAME was expected; write it like that",
        _read_address,
    ),
}
"""By the kinds of `surefoot.core.plan_keys.Value`."""
