"""Outputs of a body for later steps: `KEY=VALUE` lines in the file `$SUREFOOT_OUTPUT`."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from surefoot.core.regex import regex
from surefoot.expressions import is_whole
from surefoot.masking import Masker
from surefoot.safe_open import open_plain

BYTES_MAX = 65536
KEYS_MAX = 100
_KEY = regex(r"[A-Za-z_][A-Za-z0-9_]*")
_CONTROL = regex(r"[\x00-\x08\x0a-\x1f\x7f]")
_SHOWN = 60


class OutputRefused(ValueError):
    """What a body put out cannot be taken."""


@contextmanager
def output_file(place: Path) -> Generator[Path]:
    """Make an empty file in a folder of its own at `place`, both removed in the end."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(mode=0o700)
    try:
        file = place / "output"
        file.touch()
        yield file
    finally:
        shutil.rmtree(place, ignore_errors=True)


def content_of(file: Path) -> bytes:
    """Return what the file holds, and a byte more than may be at most; nothing, if it is gone.

    Raises:
        OSError: it is no plain file any more, or cannot be read.
    """
    try:
        with open_plain(file) as opened:
            return opened.read(BYTES_MAX + 1)
    except FileNotFoundError:
        return b""


def read_outputs(content: bytes, masker: Masker) -> dict[str, str]:
    """Return the values by their keys; of a key that stands there more than once, the last value counts.

    Raises:
        OutputRefused: a line is malformed, there is too much, or a value holds a secret.
    """
    if len(content) > BYTES_MAX:
        raise OutputRefused(f"$SUREFOOT_OUTPUT is longer than {BYTES_MAX} bytes; put out less, or name a file instead")
    found: dict[str, str] = {}
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line:
            continue
        key, text = _pair(number, line)
        if masker.text(text) != text:
            raise OutputRefused(
                f"line {number} of $SUREFOOT_OUTPUT holds a secret (the value of an env_from variable, or of one whose "
                "name says so, or what has the form of a key); later steps can name a variable in their own "
                "`env_from` instead"
            )
        found[key] = text
    if len(found) > KEYS_MAX:
        raise OutputRefused(f"$SUREFOOT_OUTPUT has {len(found)} keys; at most {KEYS_MAX} were expected; put out fewer")
    return found


def unexpected_in(outputs: Mapping[str, str], expects: Mapping[str, str]) -> tuple[str, ...]:
    """Return the keys whose values are missing, or not as a whole what the expression says."""
    return tuple(key for key, text in expects.items() if key not in outputs or not is_whole(outputs[key], text))


def _pair(number: int, line: bytes) -> tuple[str, str]:
    shown = repr(line[:_SHOWN].decode("utf-8", "replace"))
    where = f"line {number} of $SUREFOOT_OUTPUT, {shown},"
    try:
        key, equals, text = line.decode("utf-8").partition("=")
    except UnicodeDecodeError:
        raise OutputRefused(f"{where} is no UTF-8; write text") from None
    if not equals or not _KEY.fullmatch(key):
        wanted = "KEY=VALUE was expected, KEY of letters, digits and _, without blanks round the `=`"
        raise OutputRefused(f"{where} names no value; {wanted}")
    if _CONTROL.search(text):
        raise OutputRefused(f"{where} holds a control character; a value is one line of plain text")
    return key, text
