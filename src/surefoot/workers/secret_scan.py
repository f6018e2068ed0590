"""The search for secrets in files: values of `env_from` variables, and forms of keys."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from surefoot import safe_open
from surefoot.masking import formats_in
from surefoot.workers.run_context import RunContext
from surefoot.workspace.staged_files import too_large

_LARGEST = 1 << 20
"""Larger files are not looked through for keys: they are not written by hand."""


def holds_secret(context: RunContext, root: Path, path: str) -> bool:
    """Tell whether a file below `root` holds a secret, by name or content."""
    if context.declared.text(path) != path:
        return True
    status = safe_open.status_of(root / path)
    if status is None:
        return False
    if stat.S_ISLNK(status.st_mode):
        target = safe_open.target_of(root / path)
        return context.declared.text(target) != target
    if not stat.S_ISREG(status.st_mode):
        return False
    if status.st_size > context.limits.file_bytes_max:
        raise too_large("writes", path, status.st_size, context.limits)
    with safe_open.open_plain(root / path) as opened:
        return context.declared.is_in(opened)


def with_keys(root: Path, paths: Iterable[str]) -> Iterator[str]:
    """Yield the files below `root` in which something has the form of a key; it may be an example of one."""
    for path in paths:
        status = safe_open.status_of(root / path)
        if status is None or not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
            continue
        with safe_open.open_plain(root / path) as opened:
            if formats_in(opened):
                yield path
