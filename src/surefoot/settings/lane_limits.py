"""How much a step may write, keep and print, so that none fills the disk: `[lanes]` of the settings."""

from __future__ import annotations

from surefoot.core.record import record

FILE_CURE = "write less, list the file in `scratch`, or raise `{}` of [lanes] in your surefoot.toml"


@record
class LaneLimits:
    """How much a step may write, keep and print. Lengths are those that files say they have, holes included."""

    file_bytes_max: int = 1 << 30
    step_bytes_max: int = 8 << 30
    step_files_max: int = 200_000
    output_bytes_max: int = 100_000_000
