"""Probes of a plan file.

Owns their keys and kinds. Must never ask one. Read `surefoot.planfile.steps` next.
"""

from __future__ import annotations

import re
from functools import partial

from surefoot.core.plan import FileProbe, GitProbe, HttpAnswer, HttpProbe, Probe, RunProbe
from surefoot.planfile.fields import Fields, Page, described
from surefoot.planfile.tree import Table, Tree

PROBE_KINDS = ("file", "git", "http", "run")
LATER_KEYS = ("port", "process", "package", "sql", "held_back")
_KEYS = {"file": ("sha256",), "git": ("ref", "is"), "http": ("method", "applied", "not_applied"), "run": ()}
PROBE_KEYS = (*PROBE_KINDS, "sha256", "ref", "is", "method", "applied", "not_applied", "within")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_STATUSES = range(100, 600)

ProbeAsk = FileProbe | GitProbe | HttpProbe | RunProbe


def read_probe(page: Page, node: Tree) -> Probe | None:
    """Read one probe."""
    fields = Fields.read(page, node, "a probe", PROBE_KEYS, LATER_KEYS)
    if fields is None or fields.planned:
        return None
    kind = fields.exactly_one(PROBE_KINDS, "a probe")
    if kind is None:
        return None
    allowed = (kind, *_KEYS[kind], "within")
    for key in fields:
        if key not in allowed:
            text = f"`{key}` does not belong to a probe of kind `{kind}`; {', '.join(allowed)} were expected; remove it"
            page.flaw(fields.at(key), text)
    ask = _read_ask(page, fields, kind)
    return None if ask is None else Probe(ask=ask, within_s=fields.take("within", page.time_s, 0.0))


def _read_ask(page: Page, fields: Fields, kind: str) -> ProbeAsk | None:
    main = fields.take(kind, page.text, None)
    if kind == "git":
        ref = fields.need("ref", page.text, None, "a branch or full ref name")
        commit = fields.need("is", page.literal, None, "the commit it should be at")
        if main is None or ref is None or commit is None:
            return None
        return GitProbe(remote=main, ref=ref, commit=commit)
    if main is None:
        return None
    if kind == "file":
        return FileProbe(path=main, sha256=fields.take("sha256", partial(_sha256, page), None))
    return RunProbe(command=main) if kind == "run" else _read_http(page, fields, main)


def _sha256(page: Page, node: Tree) -> str | None:
    text = page.literal(node)
    if text is not None and _SHA256.fullmatch(text) is None:
        page.flaw(node, f"found {described(node)}; 64 hexadecimal digits were expected; paste the file's SHA-256")
        return None
    return None if text is None else text.lower()


def _read_http(page: Page, fields: Fields, url: str) -> HttpProbe:
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
