"""`file` probes: whether a path exists, and with which content."""

from __future__ import annotations

import hashlib
from pathlib import Path

from surefoot.core.event_words import Applied
from surefoot.core.probe_kinds import FileProbe
from surefoot.probes.reply import ProbeReply


def ask_file(kind: FileProbe, root: Path) -> ProbeReply:
    """Look at the path, which counts from the lane's root."""
    path = root / kind.path
    try:
        path.stat()
        if kind.sha256 is None:
            return ProbeReply(answer=Applied.APPLIED, text=f"{path} exists")
        if not path.is_file():
            return ProbeReply(answer=Applied.UNKNOWN, text=f"{path} is not a plain file")
        with path.open("rb") as content:
            found = hashlib.file_digest(content, "sha256").hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return ProbeReply(answer=Applied.NOT_APPLIED, text=f"{path} does not exist")
    except OSError as error:
        return ProbeReply(answer=Applied.UNKNOWN, text=f"{path}: {error.strerror}")
    except ValueError as error:
        return ProbeReply(answer=Applied.UNKNOWN, text=f"{kind.path!r}: {error}")
    if found == kind.sha256.lower():
        return ProbeReply(answer=Applied.APPLIED, text=f"{path} has the expected content")
    # Neither of the declared answers: it may be what was there before, or the half of what should be there.
    return ProbeReply(answer=Applied.UNKNOWN, text=f"{path} exists with other content: its SHA-256 is {found}")
