"""An option whose file may be left out: `--svg` alone means standard output."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePath

from surefoot.errors import UsageError

OPTION = "--svg"
STANDARD_OUTPUT = "-"
_PLANS = {".yaml", ".yml"}


def with_file(args: Sequence[str]) -> list[str]:
    """Return the arguments with `-` for a file that is left out; a plan is never the file."""
    whole: list[str] = []
    for at, word in enumerate(args):
        following = args[at + 1] if at + 1 < len(args) else "--"
        is_alone = following != STANDARD_OUTPUT and following.startswith("-")
        if word == OPTION and (is_alone or PurePath(following).suffix in _PLANS):
            whole.append(f"{OPTION}={STANDARD_OUTPUT}")
        else:
            whole.append(word)
    return whole


def refuse_two_drawings(svg: str | None, *, is_mermaid: bool, is_json: bool) -> None:
    """Refuse two drawings on standard output, where they are no parts of a JSON document.

    Raises:
        UsageError: both are wanted there.
    """
    if is_mermaid and svg == STANDARD_OUTPUT and not is_json:
        raise UsageError("standard output takes one drawing; give `--svg` a file, or leave `--mermaid` out")


def write_drawing(file: str, image: str) -> None:
    """Write a drawing into the file that was named.

    Raises:
        UsageError: it is the name of a plan, or cannot be written.
    """
    target = Path(file)
    if target.suffix in _PLANS:
        raise UsageError(f"{file!r} is the name of a plan; name a file that ends in .svg")
    try:
        target.write_text(image, "utf-8")
    except OSError as error:
        raise UsageError(f"{file!r} cannot be written ({error.strerror}); name another file") from error
