"""`[lanes]` of a settings file: how much a step may write, keep and print.

Both files may set these limits; a project's can only lower them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields as fields_of

from surefoot.core.record import record
from surefoot.planfile.fields import Fields, Page
from surefoot.planfile.tree import Tree

FILE_CURE = "write less, list the file in `scratch`, or raise `{}` of [lanes] in your surefoot.toml"


@record
class LaneLimits:
    """How much a step may write, keep and print. Lengths are those that files say they have, holes included."""

    file_bytes_max: int = 1 << 30
    """One file that a step changes or keeps as an artifact."""
    step_bytes_max: int = 8 << 30
    """All files together that one attempt changes; and all that it keeps as artifacts."""
    step_files_max: int = 200_000
    """The number of them."""
    output_bytes_max: int = 100_000_000
    """So much of what a command prints is kept: the beginning, and at most 1 MB of the end."""


LANE_KEYS = tuple(field.name for field in fields_of(LaneLimits))


def read_lane_limits(page: Page, node: Tree) -> dict[str, int]:
    """Read what a file says of them."""
    fields = Fields.read(page, node, "`[lanes]`", LANE_KEYS)
    if fields is None:
        return {}
    return {key: fields.take(key, page.count, 0) for key in LANE_KEYS if key in fields}


def lane_limits(own: Mapping[str, int], theirs: Mapping[str, int]) -> LaneLimits:
    """Return the limits that the user's file and a project's say together."""
    limits = LaneLimits(**own)
    return LaneLimits(**{key: min(getattr(limits, key), theirs.get(key, getattr(limits, key))) for key in LANE_KEYS})
