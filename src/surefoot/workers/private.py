"""The private store of a run: tool calls as a model wrote them, where the shown form is masked.

Files are readable by their owner alone, are carried out, and are never exported, shown, or sent to a model. A name is a
digest under a key of the run's own, so that the name in the journal tells nothing about the secret.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from surefoot import safe_open
from surefoot.core.record import record
from surefoot.core.regex import regex
from surefoot.errors import WorkspaceError

_KEY = "key"
_KEY_BYTES = 32
_NAME = regex(r"[0-9a-f]{64}")


@record(kw_only=False)
class PrivateStore:
    """Contents in one folder, by names that tell nothing about them."""

    folder: Path
    """Made when something is first put in."""

    def put(self, content: bytes) -> str:
        """Store content on the disk and return its name. Storing it again changes nothing."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            key = (self.folder / _KEY).read_bytes()
        except FileNotFoundError:
            key = secrets.token_bytes(_KEY_BYTES)
            self._write(_KEY, key)
        name = _name_of(key, content)
        self._write(name, content)
        return name

    def get(self, name: str) -> bytes:
        """Return the content of that name.

        Raises:
            WorkspaceError: it is not there, or is not what was put in.
        """
        if _NAME.fullmatch(name) is None:
            raise WorkspaceError(f"{name!r} is no name of a private copy")
        try:
            content = (self.folder / name).read_bytes()
            is_whole = hmac.compare_digest(_name_of((self.folder / _KEY).read_bytes(), content), name)
        except OSError as error:
            raise WorkspaceError(f"The private copy {name[:12]} in {str(self.folder)!r} is gone: {error}") from error
        if not is_whole:
            raise WorkspaceError(f"The private copy {name[:12]} in {str(self.folder)!r} was altered or damaged")
        return content

    def _write(self, name: str, content: bytes) -> None:
        """Write a file whole: a kill leaves the old one, the new one or none."""
        unfinished = self.folder / f".{name}"
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(descriptor)
        unfinished.replace(self.folder / name)
        safe_open.sync(self.folder)


def _name_of(key: bytes, content: bytes) -> str:
    return hmac.new(key, content, hashlib.sha256).hexdigest()
