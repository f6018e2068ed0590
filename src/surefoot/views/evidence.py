"""Stored evidence as text, or the reason why it cannot be read."""

from __future__ import annotations

from surefoot.api.home import Home
from surefoot.core.ids import BlobId
from surefoot.errors import JournalError


def blob_text(home: Home, blob: str | None) -> str:
    """Return stored evidence as text; where it cannot be read, why."""
    if blob is None:
        return ""
    try:
        return home.journal.blobs.get(BlobId(blob)).decode("utf-8", "replace")
    except JournalError as error:
        return error.message
