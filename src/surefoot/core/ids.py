"""Identifier types, and the rules for step ids."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NewType
from urllib.parse import quote

from surefoot.core.regex import regex
from surefoot.core.stars import between_stars, joined

RunId = NewType("RunId", str)
StepId = NewType("StepId", str)
BlobId = NewType("BlobId", str)

ID_LENGTH_MAX = 200
_ID_CHARACTERS = "-/@+._"
_PLAIN_ID = regex(r"[A-Za-z0-9._/@+-]*", re.ASCII)
"""Ids that stand for themselves; nearly all do."""
_GLOB_PARTS = regex(r"(\*|\?)")
RUN_ID = regex(r"[0-9]{8}-[0-9a-z]{6}")


def encode_id(text: str) -> StepId:
    """Return `text` as a step id: characters outside `A-Z a-z 0-9 . _ - / @ +` are percent-encoded."""
    plain = _PLAIN_ID.fullmatch(text)
    return StepId(text if plain else quote(text, safe=_ID_CHARACTERS, errors="surrogateescape"))


def words_file(step: StepId) -> str:
    """Return the name of the file in which stands what a model writes just now for a step."""
    return f"{step.replace('/', '%2F')[-ID_LENGTH_MAX:]}.words"


def idempotency_key(run: RunId, step: StepId, command: str = "") -> str:
    """Return what names an effect in all its attempts: run and step; of an agent's commands, which of them as well."""
    return f"{run}:{step}:{command}" if command else f"{run}:{step}"


def matches_id(pattern: str, name: str) -> bool:
    """Tell whether the glob `pattern` over ids matches `name`; `*` matches `/` too."""
    pieces = between_stars(_GLOB_PARTS.split(pattern), lambda part: "." if part == "?" else re.escape(part))
    return re.fullmatch(joined(pieces, "."), name, re.DOTALL) is not None


def is_id_glob(pattern: str) -> bool:
    """Tell whether `pattern` is a glob over ids rather than one id."""
    return "*" in pattern or "?" in pattern


def nearest_said(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean …?` where a known name is near to one that is not; else nothing."""
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), 1)
    return f"; did you mean {near[0]!r}?" if near else ""
