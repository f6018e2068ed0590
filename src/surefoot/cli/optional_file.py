"""An option whose file may be left out: `--svg` alone means standard output."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from typer.core import TyperCommand

OPTION = "--svg"
STANDARD_OUTPUT = "-"
_PLANS = {".yaml", ".yml"}


class WithOptionalFile(TyperCommand):
    """A command whose `--svg` is followed by a file or by none."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments, with `-` for a file that is left out; a plan is never the file."""
        whole: list[str] = []
        for at, word in enumerate(args):
            following = args[at + 1] if at + 1 < len(args) else "--"
            is_alone = following != STANDARD_OUTPUT and following.startswith("-")
            if word == OPTION and (is_alone or PurePath(following).suffix in _PLANS):
                whole.append(f"{OPTION}={STANDARD_OUTPUT}")
            else:
                whole.append(word)
        return super().parse_args(ctx, whole)
