"""The release of Surefoot."""

from __future__ import annotations

RELEASE = "0.1.0"
"""The release that writes. Rows of the journal keep it, so that an older one can say who wrote what it cannot read."""
