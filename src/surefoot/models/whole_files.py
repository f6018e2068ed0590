"""Whole files as a reply: a line with the path, then the text in a code block; for weak models the form they know best.

No schema holds such a reply: code written as a value of JSON is worse code. What is found becomes a call of `edit`.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import cast

from surefoot.core.regex import regex
from surefoot.ports import Called

_BLOCK = regex(r"(?ms)^(?P<ticks>`{3,})[^\n`]*\n(?P<text>.*?)(?:^(?P=ticks)`*[ \t]*$|\Z)")


def written_in(calls: Sequence[Called], path: str) -> str:
    """Return the text of a file that an earlier reply wrote whole; empty where it did not."""
    created = (one for call in calls for one in cast("list[dict[str, str]]", (call.arguments or {}).get("create", [])))
    return next((one["content"].rstrip("\n") for one in created if one["path"] == path), "")


def call_in(text: str, paths: Sequence[str]) -> Called | None:
    """Return the call that a reply with whole files is; None: there is none in it.

    A block without a path is taken for the file that was asked for, where that is one file alone.
    """
    created: dict[str, str] = {}
    end = 0
    for match in _BLOCK.finditer(text):
        path = _path_in(text[end : match.start()], paths)
        end = match.end()
        if path is not None and match["text"].strip():
            created.setdefault(path, match["text"].rstrip("\n") + "\n")
    if not created:
        return None
    arguments = {"create": [{"path": path, "content": content} for path, content in created.items()]}
    raw = json.dumps(arguments, ensure_ascii=False)
    return Called(name="edit", arguments=arguments, raw=raw, provider_id=f"call_{secrets.token_hex(12)}")


def _path_in(before: str, paths: Sequence[str]) -> str | None:
    """Return the file that the last line before a block names."""
    lines = [line for line in before.splitlines() if line.strip()]
    line = lines[-1] if lines else ""
    names = {path: (path, PurePosixPath(path).name) for path in paths}
    for at in (0, 1):
        found = [path for path, known in names.items() if re.search(rf"(?<![\w/]){re.escape(known[at])}(?!\w)", line)]
        if len(found) == 1:
            return found[0]
    return paths[0] if len(paths) == 1 else None
