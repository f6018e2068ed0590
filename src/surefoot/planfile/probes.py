"""Probes of a plan file.

Owns their keys and kinds. Must never ask one. Read `surefoot.planfile.steps` next.
"""

from __future__ import annotations

import re
from functools import partial

from surefoot.core.probing import (
    CallProbe,
    FileProbe,
    GitProbe,
    HttpAnswer,
    HttpProbe,
    PackageProbe,
    PortProbe,
    Probe,
    ProbeQuestion,
    ProcessProbe,
    RunProbe,
    SqlAnswer,
    SqlProbe,
    has_password,
    place_of,
)
from surefoot.expressions import CURE, flaw_of
from surefoot.planfile.checks import read_function
from surefoot.planfile.fields import Fields, Page, described
from surefoot.planfile.tree import Items, Kind, Scalar, Table, Tree

PROBE_KINDS = ("file", "git", "http", "run", "call", "process", "port", "package", "sql")
_PATTERNS = ("applied", "not_applied")
_KEYS: dict[str, tuple[str, ...]] = {
    "file": ("sha256",),
    "git": ("ref", "is"),
    "http": ("method", *_PATTERNS),
    "run": ("confine",),
    "process": ("pid_file",),
    "package": ("version", "index"),
    "sql": ("url", *_PATTERNS),
}
PROBE_KEYS = (*PROBE_KINDS, *dict.fromkeys(key for keys in _KEYS.values() for key in keys), "within")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_STATUSES = range(100, 600)
_PACKAGE = re.compile(r"[A-Z0-9](?:[A-Z0-9._-]*[A-Z0-9])?", re.IGNORECASE)
_QUERY = re.compile(r"(?:\s|\(|--[^\n]*\n)*(?:select|with|values)\b", re.IGNORECASE)
_DATABASE = re.compile(r"sqlite:///.+|postgres(?:ql)?://.*|\$[A-Za-z_][A-Za-z0-9_]*|\{.*", re.DOTALL)


def read_probe(page: Page, node: Tree) -> Probe | None:
    """Read one probe."""
    fields = Fields.read(page, node, "a probe", PROBE_KEYS)
    if fields is None:
        return None
    kind = fields.exactly_one(PROBE_KINDS, "a probe")
    if kind is None:
        return None
    allowed = (kind, *_KEYS.get(kind, ()), "within")
    for key in fields:
        if key not in allowed:
            text = f"`{key}` does not belong to a probe of kind `{kind}`; {', '.join(allowed)} were expected; remove it"
            page.flaw(fields.at(key), text)
    ask = _read_ask(page, fields, kind)
    return None if ask is None else Probe(ask=ask, within_s=fields.take("within", page.time_s, 0.0))


def _read_ask(page: Page, fields: Fields, kind: str) -> ProbeQuestion | None:
    match kind:
        case "file":
            path = fields.take("file", page.text, None)
            digest = fields.take("sha256", partial(_sha256, page), None)
            return None if path is None else FileProbe(path=path, sha256=digest)
        case "git":
            return _read_git(page, fields)
        case "http":
            return _read_http(page, fields)
        case "run":
            command = fields.take("run", page.text, None)
            confine = fields.take("confine", page.flag, default=False)
            return None if command is None else RunProbe(command=command, confine=confine)
        case "call":
            function = fields.take("call", partial(read_function, page), None)
            return None if function is None else CallProbe(function=function)
        case "process":
            return _read_process(page, fields)
        case "port":
            port = fields.take("port", partial(_port, page), None)
            return None if port is None else PortProbe(port=port)
        case "package":
            return _read_package(page, fields)
        case _:
            return _read_sql(page, fields)


def _read_git(page: Page, fields: Fields) -> GitProbe | None:
    remote = fields.take("git", page.text, None)
    ref = fields.need("ref", page.text, None, "a branch or full ref name")
    commit = fields.need("is", page.literal, None, "the commit it should be at")
    if remote is None or ref is None or commit is None:
        return None
    return GitProbe(remote=remote, ref=ref, commit=commit)


def _read_process(page: Page, fields: Fields) -> ProcessProbe | None:
    pattern = fields.take("process", page.text, None)
    pid_file = fields.take("pid_file", page.text, None)
    if pattern is None:
        return None
    if flaw := flaw_of(pattern):
        page.flaw(fields.at("process"), f"it is no regular expression that can be used here ({flaw}); {CURE}")
        return None
    return ProcessProbe(pattern=pattern, pid_file=pid_file)


def _port(page: Page, node: Tree) -> str | None:
    text = page.literal(node)
    if text is not None and "{" not in text and place_of(text) is None:
        expected = "a port from 1 to 65535, alone or as HOST:PORT, was expected"
        page.flaw(node, f"{text!r} is no port; {expected}; write it like 8080 or db.example.org:5432")
        return None
    return text


def _read_package(page: Page, fields: Fields) -> PackageProbe | None:
    name = fields.take("package", page.text, None)
    if name is not None and "{" not in name and _PACKAGE.fullmatch(name) is None:
        expected = "letters, digits, and between them . _ - were expected"
        page.flaw(fields.at("package"), f"{name!r} names no package; {expected}; write its name alone")
    version = fields.need("version", partial(_version, page), None, "the release")
    index = fields.need("index", partial(_address, page), None, "the address of a simple index, or a folder,")
    if name is None or version is None or index is None:
        return None
    return PackageProbe(package=name, version=version, index=index)


def _version(page: Page, node: Tree) -> str | None:
    from packaging.version import InvalidVersion, Version

    text = page.literal(node)
    try:
        if text is not None and "{" not in text:
            Version(text)
    except InvalidVersion:
        page.flaw(node, f"{text!r} is no version; one such as 1.2 or 2.0rc1 was expected; correct it")
        return None
    return text


def _address(page: Page, node: Tree) -> str | None:
    """Read an address, in which no password may stand."""
    text = page.text(node)
    if text is not None and has_password(text):
        wrong = "a password stands in the address, and the journal keeps plans"
        cure = "put it into a variable and write $NAME in its place, or $NAME for the whole address"
        page.flaw(node, f"{wrong}; the name of a variable was expected; {cure}")
        return None
    return text


def _read_sql(page: Page, fields: Fields) -> SqlProbe | None:
    query = fields.take("sql", page.text, None)
    if query is not None and _QUERY.match(query) is None:
        text = "the statement is no query; SELECT, WITH or VALUES was expected; select what shows the effect"
        page.flaw(fields.at("sql"), text)
    url = fields.need("url", partial(_address, page), None, "the database's URL")
    if url is not None and _DATABASE.fullmatch(url) is None:
        expected = "sqlite:///PATH, postgresql://… or $NAME was expected"
        page.flaw(fields.at("url"), f"{url!r} is no database's URL; {expected}; write it like that")
    answer = partial(_read_rows, page)
    applied, not_applied = fields.take("applied", answer, None), fields.take("not_applied", answer, None)
    if query is None or url is None:
        return None
    return SqlProbe(query=query, url=url, applied=applied, not_applied=not_applied)


def _read_rows(page: Page, node: Tree) -> SqlAnswer | None:
    """Read a pattern over rows; a value alone is that with which the first row begins."""
    if isinstance(node, Items):
        page.flaw(node, "found a list; a value, or {rows: N, value: V}, was expected; write one of them")
        return None
    if not isinstance(node, Table):
        return SqlAnswer(first=(page.plain(node),))
    fields = Fields.read(page, node, "an answer of a database", ("rows", "value"))
    if fields is None:
        return None
    if not node.entries:
        page.flaw(node, "any answer would match; `rows` or `value` was expected; add one")
    value = fields.node("value")
    if value is not None and not isinstance(value, Scalar):
        page.flaw(value, f"found {described(value)}; a text, a number, true, false or null was expected; write one")
    first = () if value is None else (page.plain(value),)
    return SqlAnswer(rows=fields.take("rows", partial(_rows, page), None), first=first)


def _rows(page: Page, node: Tree) -> int | None:
    if isinstance(node, Scalar) and node.kind is Kind.NUMBER and node.text.isdecimal():
        return int(node.text)
    page.flaw(node, f"found {described(node)}; a whole number of 0 or more was expected; write one, as in 1")
    return None


def _sha256(page: Page, node: Tree) -> str | None:
    text = page.literal(node)
    if text is not None and _SHA256.fullmatch(text) is None:
        page.flaw(node, f"found {described(node)}; 64 hexadecimal digits were expected; paste the file's SHA-256")
        return None
    return None if text is None else text.lower()


def _read_http(page: Page, fields: Fields) -> HttpProbe | None:
    url = fields.take("http", page.text, None)
    if url is None:
        return None
    if not url.startswith(("http://", "https://")):
        page.flaw(fields.at("http"), f"{url!r} is no web address; http://… or https://… was expected; write it in full")
    answer = partial(_read_answer, page)
    return HttpProbe(
        url=url,
        method=fields.take("method", page.text, "GET").upper(),
        applied=fields.need("applied", answer, HttpAnswer(), "the answer that shows the effect, as in {status: 200}"),
        not_applied=fields.take("not_applied", answer, None),
    )


def _read_answer(page: Page, node: Tree) -> HttpAnswer | None:
    fields = Fields.read(page, node, "an HTTP answer", ("status", "json"))
    if fields is None:
        return None
    if not list(fields):
        page.flaw(node, "any answer would match; `status` or `json` was expected; add one")
    status = fields.take("status", page.count, None)
    if status is not None and status not in _STATUSES:
        page.flaw(fields.at("status"), f"{status} is no HTTP status; 100 to 599 were expected; correct it")
    return HttpAnswer(status=status, json=fields.take("json", partial(_read_values, page), dict[str, object]()))


def _read_values(page: Page, node: Tree) -> dict[str, object] | None:
    if not isinstance(node, Table):
        page.flaw(node, f"found {described(node)}; values by dotted path were expected; write {{a.b: value}}")
        return None
    return {path: page.plain(value) for key, value in node.entries if (path := page.literal(key)) is not None}
