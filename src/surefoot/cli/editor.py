"""A text opened in the person's own editor."""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from surefoot.errors import UsageError

_USUAL = "vi"


def editor_command(environ: Mapping[str, str] = os.environ) -> list[str]:
    """Return the editor: `$VISUAL`, else `$EDITOR`, else `vi`.

    Raises:
        UsageError: the variable is no command.
    """
    wanted = environ.get("VISUAL") or environ.get("EDITOR") or _USUAL
    try:
        return shlex.split(wanted)
    except ValueError as error:
        raise UsageError(f"the editor {wanted!r} is no command ({error}); set VISUAL to one") from error


@contextmanager
def written_down(text: bytes, suffix: str) -> Generator[Path]:
    """Put text into a file that nobody else reads, for as long as it is edited."""
    with tempfile.TemporaryDirectory(prefix="surefoot-") as folder:
        path = Path(folder) / f"edit{suffix}"
        path.write_bytes(text)
        yield path


def edited(text: bytes, suffix: str) -> bytes:
    """Let the person edit text, and return it as they left it.

    Raises:
        UsageError: there is no such editor, or it failed.
    """
    import subprocess

    command = editor_command()
    with written_down(text, suffix) as path:
        try:
            code = subprocess.run([*command, str(path)], check=False).returncode
        except OSError as error:
            raise refused(command, str(error)) from error
        if code != 0:
            raise refused(command, f"exit status {code}")
        return path.read_bytes()


def refused(command: list[str], why: str) -> UsageError:
    """Return what is said about an editor that failed."""
    return UsageError(f"the editor {shlex.join(command)!r} failed ({why}), so nothing was sent; set VISUAL to another")
