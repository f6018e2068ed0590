"""File names no run ever commits, unless git tracks the file already, whatever `.gitignore` says."""

from __future__ import annotations

import re

from surefoot.core.regex import regex

CACHE_NAMES = ("__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache")
"""Folders whose change says nothing about a lane."""
LANE_NAMES = (".tox", ".venv")
"""Folders that are part of how a lane was prepared."""
IGNORED = (*CACHE_NAMES, *LANE_NAMES, ".coverage*", "!.coveragerc", "*.egg-info")
"""The list as git's exclude patterns. `.coveragerc` is a settings file that people commit, not a result."""

_CACHES = "|".join(map(re.escape, CACHE_NAMES)) + r"|\.coverage(?!rc(?:/|$))[^/]*"
_LANES = "|".join(map(re.escape, LANE_NAMES)) + r"|[^/]*\.egg-info"
_CACHE = regex(rf"(?:.*/)?(?:{_CACHES})(?:/.*)?", re.DOTALL)
_EXCLUDED = regex(rf"(?:.*/)?(?:{_CACHES}|{_LANES})(?:/.*)?", re.DOTALL)


def is_cache(path: str) -> bool:
    """Tell whether `path` is, or lies in, a cache by its fixed name."""
    return _CACHE.fullmatch(path) is not None


def is_never_committed(path: str) -> bool:
    """Tell whether `path` is, or lies in, something that no run commits unless git tracks it already."""
    return _EXCLUDED.fullmatch(path) is not None
