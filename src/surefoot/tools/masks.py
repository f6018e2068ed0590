"""The difference between a mask (`***`) that a model copied and three stars that it means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import cast

from surefoot.masking import REPLACEMENT
from surefoot.tools.lane_files import LaneFiles, Refused

_STARS = "\ue000" * len(REPLACEMENT)
"""Stands for stars that stand in a file itself, while its secrets are masked."""
_BESIDE = 4
"""So many characters on both sides of a mask tell whether it is the same one elsewhere."""

Mask = Callable[[str], str]
"""Returns a text as it is shown, with its secrets masked."""


def copied_from(text: str, before: str, shown: Iterable[str], files: LaneFiles, mask: Mask) -> str:
    """Return the file in which a mask in the text stands for a secret; empty where no new mask does.

    Args:
        text: what a file shall hold.
        before: what it holds now. If that has a secret, no stars may be added: they could stand for it.
        shown: the files that the model was shown.
        files: the files of the lane.
        mask: what the model was shown them through.
    """
    if text.count(REPLACEMENT) <= before.count(REPLACEMENT):
        return ""
    if mask(before) != before:
        return "this file"
    for path in shown:
        try:
            content = files.read(path).content.decode("utf-8")
        except (Refused, UnicodeDecodeError):
            continue  # it is gone, or was never shown
        if any(_is_in(text, *sides) for sides in _sides_of_masks(content, mask)):
            return path
    return ""


def place_of_secret(value: object, mask: Mask, place: str = "") -> str:
    """Return where in arguments the first text with a secret stands, such as `steps[1].run`; empty: nowhere."""
    if isinstance(value, str):
        return place if mask(value) != value else ""
    if isinstance(value, Mapping):
        pairs = cast("Mapping[str, object]", value).items()
        inner = [(one, f"{place}.{key}" if place else key) for key, one in pairs]
        if any(mask(key) != key for key in cast("Mapping[str, object]", value)):
            return place or "the names"
    elif isinstance(value, list | tuple):
        inner = [(one, f"{place}[{at}]") for at, one in enumerate(cast("Sequence[object]", value))]
    else:
        inner = []
    return next((found for one, at in inner if (found := place_of_secret(one, mask, at))), "")


def _sides_of_masks(content: str, mask: Mask) -> Iterator[tuple[str, str]]:
    """Yield what stands on both sides of each secret, on its line."""
    before, *pieces = mask(content.replace(REPLACEMENT, _STARS)).split(REPLACEMENT)
    for after in pieces:
        yield before.rpartition("\n")[2][-_BESIDE:], after.partition("\n")[0][:_BESIDE]
        before = after


def _is_in(text: str, left: str, right: str) -> bool:
    """Tell whether a mask with these neighbours stands in the text; shorter ones begin or end the line."""
    at = text.find(left + REPLACEMENT + right)
    while at >= 0:
        end = at + len(left + REPLACEMENT + right)
        begins = len(left) == _BESIDE or text[at - 1 : at] in ("", "\n")
        ends = len(right) == _BESIDE or text[end : end + 1] in ("", "\n", "\r")
        if begins and ends:
            return True
        at = text.find(left + REPLACEMENT + right, at + 1)
    return False
