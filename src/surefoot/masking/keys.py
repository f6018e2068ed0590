"""Masking of everything that has the form of a key, also in a stream whose chunks cut a key in two.

The few bytes a key begins with are searched first, which is quick. At most half a kilobyte of undecided text is held
back; the rest of a certain key is dropped as it comes. The time stays in proportion to the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from surefoot.core.regex import regex
from surefoot.masking.formats import FORMATS, Format

REPLACEMENT = "***"
"""What stands where a secret was."""

_STARTS = {start: form for form in FORMATS for start in form.starts}
_START_MAX = max(map(len, _STARTS))
_SHARED = (b"xox", b":_", b"sk_", b"hooks", b"_pat_", b"Q~", b"glp", b"_v1_", b"pi-", b"-K")
"""What several starts have in common, and little else has: to look for that is quicker than to look for each."""
_HINTS: dict[bytes, list[bytes]] = {}
"""The starts by what is looked for first."""
for _start in _STARTS:
    _HINTS.setdefault(next((shared for shared in _SHARED if shared in _start), _start), []).append(_start)
_HINT = regex(b"|".join(map(re.escape, _HINTS)))
_HINT_MOST = 1000
"""Up to so many bytes one expression for all of them is quicker than to look for each: ten times, for a command."""
_BEGINNINGS = {start[:length]: form.is_word for start, form in _STARTS.items() for length in range(1, len(start))} | {
    start[:length]: False for start, form in _STARTS.items() if not form.is_word for length in range(1, len(start))
}
"""All that a start can begin with, and whether it has to be the beginning of a word."""
_BEFORE = 8
"""So many bytes before a place decide whether a key can begin there."""
_IN_WORD = regex(rb"[A-Za-z0-9]\Z")
_ESCAPE = regex(rb"(?:\\[nrt]|%[0-9A-Fa-f]{2}|\x1b\[[0-9;]{0,5}m)\Z")
"""Behind these a word can begin, although they end with a letter or digit."""
_CHUNK = 1 << 20


class KeyStream:
    """Masks the keys in a stream; however it is cut into chunks, the result is that of masking the whole."""

    def __init__(self) -> None:
        """Begin with nothing held back."""
        self._before = b""
        """The last bytes that are done with."""
        self._held = b""
        self._more: re.Pattern[bytes] | None = None
        """The pieces of a key that has begun."""

    def feed(self, chunk: bytes) -> bytes:
        """Take the next bytes; return what is certain by now."""
        return self._take(chunk, is_last=False) if chunk else b""

    def finish(self) -> bytes:
        """Return what was held back, masked; nothing may be fed afterwards."""
        return self._take(b"", is_last=True)

    def _take(self, chunk: bytes, *, is_last: bool) -> bytes:
        text = self._before + self._held + chunk
        done = self._drop(text, len(self._before), is_last=is_last)
        out: list[bytes] = []
        end = len(text) if self._more is None else done
        for place, start in _places(text, done):
            if place < done or place >= end:
                continue
            form = _STARTS[start]
            behind = place + len(start)
            if not is_last and _is_open(form, text, place, behind):
                end = place
                break
            match = form.rest_compiled.match(text, behind)
            if match is None:
                continue
            kept = match.end(1) if match.re.groups else place
            out += (text[done:kept], REPLACEMENT.encode())
            self._more = form.more_compiled
            done = self._drop(text, match.end(), is_last=is_last)
            if self._more is not None:
                end = done
                break
        if not is_last:
            end = min(end, _beginning(text, done))
        out.append(text[done:end])
        self._before = text[max(0, end - _BEFORE) : end]
        self._held = text[end:]
        return b"".join(out)

    def _drop(self, text: bytes, place: int, *, is_last: bool) -> int:
        """Return how far the key that has begun goes; near the end of the text it may go on."""
        if self._more is None:
            return place
        match = self._more.match(text, place)
        assert match is not None, "no piece at all matches, too"
        if is_last or len(text) - match.end() > 1:
            self._more = None
        return match.end()


def mask_keys(content: bytes) -> bytes:
    """Return the bytes with every key replaced; the very same object where there is none."""
    if len(content) <= _HINT_MOST:
        has_hint = _HINT.search(content) is not None
    else:
        has_hint = any(hint in content for hint in _HINTS)
    if not has_hint:
        return content
    stream = KeyStream()
    masked = stream.feed(content) + stream.finish()
    return content if masked == content else masked


def formats_in(file: BinaryIO) -> tuple[str, ...]:
    """Name the formats of the keys that stand in the rest of a file; what documentation is full of is left out."""
    found: dict[str, None] = {}
    end = b""
    overlap = max(form.bytes_max for form in FORMATS) + _BEFORE
    while chunk := file.read(_CHUNK):
        text = end + chunk
        for place, start in _places(text, 0):
            form = _STARTS[start]
            if form.is_found and form.rest_compiled.match(text, place + len(start)):
                found[form.name] = None
        end = text[-overlap:]
    return tuple(found)


def _places(text: bytes, begin: int) -> Iterator[tuple[int, bytes]]:
    """Find, from left to right, where a key could begin, and how."""
    starts = [start for hint, starts in _HINTS.items() if text.find(hint, begin) >= 0 for start in starts]
    return iter(sorted((place, start) for start in starts for place in _places_of(start, text, begin)))


def _places_of(start: bytes, text: bytes, begin: int) -> Iterator[int]:
    place = text.find(start, begin)
    while place >= 0:
        if not _STARTS[start].is_word or _is_word_start(text, place):
            yield place
        place = text.find(start, place + 1)


def _is_word_start(text: bytes, place: int) -> bool:
    before = text[max(0, place - _BEFORE) : place]
    return _IN_WORD.search(before) is None or _ESCAPE.search(before) is not None


def _is_open(form: Format, text: bytes, place: int, behind: int) -> bool:
    """Tell whether what comes next could still decide if a key begins at a place."""
    if len(text) - place >= form.bytes_max:
        return False
    match = form.within_compiled.match(text, behind)
    return match is not None and match.end() == len(text)


def _beginning(text: bytes, begin: int) -> int:
    """Return where the end of the text could be the beginning of a start; its length, where it could not."""
    for place in range(max(begin, len(text) - _START_MAX + 1), len(text)):
        is_word = _BEGINNINGS.get(text[place:])
        if is_word is not None and (not is_word or _is_word_start(text, place)):
            return place
    return len(text)
