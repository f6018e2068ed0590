"""Masking of known secret values, in all their forms (plain, quoted, encoded, line by line), also in a stream."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO
from urllib.parse import quote, quote_plus

from surefoot.core.regex import regex
from surefoot.masking.keys import REPLACEMENT

_VALUE_MIN = 4
"""Shorter values would mask ordinary words."""
_LINE_MIN = 8
"""Shorter lines of a multi-line value (an `=====`, a brace) are no secret by themselves."""
_BASE64_CORE_MIN = 8
"""Shorter stretches of base64 turn up by chance."""
_HEX_MIN = 8
"""The digits of a shorter value, in hex or base32, turn up by chance."""
_BASE64_WIDTHS = (64, 76)
"""How long the lines are into which programs part base64."""
_UNQUOTED = regex(r"([^A-Za-z0-9_@%+=:,./-])")
"""What a shell's `printf %q` puts a backslash before."""
_ESCAPED = regex("%[0-9A-F]{2}")
_CHUNK = 1 << 20
"""So many bytes of a file are looked at in one go."""
_START = 4
"""So many first bytes decide whether a place can be the start of a secret at all."""


class Values:
    """Replaces the given values, and their usual encodings, by `***`."""

    def __init__(self, values: Iterable[str]) -> None:
        """Prepare for `values`; those shorter than four characters are not masked."""
        forms = {form for value in values if len(value) >= _VALUE_MIN for form in _forms(value)}
        ordered = sorted(forms, key=lambda form: (-len(form), form))
        raw = sorted({form.encode("utf-8", "surrogateescape") for form in ordered}, key=lambda form: (-len(form), form))
        self._text = re.compile(_alternatives([re.escape(form) for form in ordered])) if ordered else None
        self._patterns = _Patterns(raw) if raw else None

    def text(self, text: str) -> str:
        """Return `text` with every secret replaced."""
        return self._text.sub(REPLACEMENT, text) if self._text else text

    def content(self, content: bytes) -> bytes:
        """Return the bytes with every secret replaced."""
        return self._patterns.whole.sub(REPLACEMENT.encode(), content) if self._patterns else content

    def is_in(self, file: BinaryIO) -> bool:
        """Tell whether a secret stands in the rest of a file."""
        if self._patterns is None:
            return False
        end = b""
        while chunk := file.read(_CHUNK):
            if self._patterns.whole.search(end + chunk):
                return True
            end = (end + chunk)[-self._patterns.longest :]
        return False

    def __bool__(self) -> bool:
        """Tell whether there is anything to mask."""
        return self._patterns is not None

    def stream(self) -> ValueStream:
        """Begin to mask a stream of bytes."""
        return ValueStream(self._patterns)


class ValueStream:
    """Masks a stream; however it is cut into chunks, the result is that of masking the whole."""

    def __init__(self, patterns: _Patterns | None) -> None:
        """Begin with nothing held back."""
        self._patterns = patterns
        self._held = b""

    def feed(self, chunk: bytes) -> bytes:
        """Take the next bytes; return what is certain by now.

        Held back is only an end that is the beginning of a secret, so at most one byte less than the longest.
        """
        if self._patterns is None:
            return chunk
        text = self._held + chunk
        out: list[bytes] = []
        done = 0
        for start in (*self._patterns.unfinished(text), len(text)):
            # A secret that is complete wins over one that would only begin inside it.
            while done <= start and (match := self._patterns.whole.search(text, done)) and match.start() < start:
                out += (text[done : match.start()], REPLACEMENT.encode())
                done = match.end()
            if done <= start:
                out.append(text[done:start])
                done = start
                break
        self._held = text[done:]
        return b"".join(out)

    def finish(self) -> bytes:
        """Return what was held back, masked; nothing may be fed afterwards."""
        held, self._held = self._held, b""
        return self._patterns.whole.sub(REPLACEMENT.encode(), held) if self._patterns else held


class _Patterns:
    """The byte forms of all secrets, longest first."""

    def __init__(self, forms: list[bytes]) -> None:
        """Compile the search for whole forms and for places where one could begin."""
        whole = _alternatives([re.escape(form).decode("latin-1") for form in forms])
        self.whole = re.compile(whole.encode("latin-1"))
        self._starts = re.compile(b"|".join(map(re.escape, sorted({form[:_START] for form in forms}))))
        self._by_start: dict[bytes, list[bytes]] = {}
        for form in forms:
            self._by_start.setdefault(form[:_START], []).append(form)
        self.longest = len(forms[0])

    def unfinished(self, text: bytes) -> Iterator[int]:
        """Find, from left to right, the places from which `text` to its end is the beginning of a longer form."""
        place = max(0, len(text) - self.longest + 1)
        while match := self._starts.search(text, place):
            start = match.start()
            forms = self._by_start[match.group()]
            if any(len(form) > len(text) - start and form.startswith(text[start:]) for form in forms):
                yield start
            place = start + 1
        for start in range(max(place, len(text) - _START + 1), len(text)):
            if any(first.startswith(text[start:]) for first in self._by_start):
                yield start


def _alternatives(escaped: list[str]) -> str:
    """Return an expression for any of these in their order; those that begin alike are tried only where one can begin.

    One after the other, hundreds of forms would take their time at each character of a text.
    """
    by_start: dict[str, list[str]] = {}
    for form in escaped:
        length = 2 if form.startswith("\\") else 1
        by_start.setdefault(form[:length], []).append(form[length:])
    return "|".join(f"{start}(?:{'|'.join(rest)})" for start, rest in by_start.items())


def _forms(value: str) -> set[str]:
    import base64
    import html

    spelt = {value, *_json_forms(value), html.escape(value), html.escape(value, quote=False)}
    spelt |= {form for one in _json_forms(value) for form in _json_forms(one)}  # JSON in a text of JSON
    spelt |= {repr(value)[1:-1], ascii(value)[1:-1], value.replace("'", "'\"'\"'"), _UNQUOTED.sub(r"\\\1", value)}
    spelt |= {line for line in value.splitlines() if len(line) >= _LINE_MIN}
    in_url = {quote(value, safe=""), quote(value), quote(value, safe="!'()*"), quote_plus(value)}
    spelt |= in_url | {_ESCAPED.sub(lambda found: found[0].lower(), form) for form in in_url}
    raw = value.encode("utf-8", "surrogateescape")
    if len(raw) >= _HEX_MIN:
        spelt |= {raw.hex(), raw.hex().upper(), base64.b32encode(raw).decode("ascii").rstrip("=")}
    return spelt | set(_base64_forms(raw))


def _json_forms(value: str) -> set[str]:
    return {json.dumps(value, ensure_ascii=is_ascii)[1:-1] for is_ascii in (True, False)}


def _base64_forms(value: bytes) -> Iterator[str]:
    """Yield the value's base64, and the part of it that stays the same inside something longer (`user:secret`)."""
    import base64

    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(value).decode("ascii")
        yield whole
        for width in _BASE64_WIDTHS:
            lines = [whole[begin : begin + width] for begin in range(0, len(whole), width)]
            if len(lines) > 1:
                yield from ("\n".join(lines), "\r\n".join(lines), *(line for line in lines[:-1]))
        if len(whole.rstrip("=")) >= _BASE64_CORE_MIN:
            yield whole.rstrip("=")
        for before in range(3):
            # Each character holds six bits; those that also hold bits of a neighbour are left out.
            first, last = -(-before * 8 // 6), (before + len(value)) * 8 // 6
            core = encode(bytes(before) + value).decode("ascii")[first:last]
            if len(core) >= _BASE64_CORE_MIN:
                yield core
