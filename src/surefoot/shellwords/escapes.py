r"""The escapes of `$'…'` in bash, such as `\x72`."""

from __future__ import annotations

import re

from surefoot.core.regex import regex

_ESCAPE = regex(r"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|c(.)|(.))", re.DOTALL)
_LETTERS = {"a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def unescaped(text: str) -> str:
    """Return the characters the text stands for."""
    return _ESCAPE.sub(_meant, text)


def _meant(escape: re.Match[str]) -> str:
    *numbers, control, letter = escape.groups()
    for digits, base in zip(numbers, (16, 16, 16, 8), strict=True):
        if digits is not None:
            number = int(digits, base)
            return chr(number & 0xFF if base == 8 else number) if number <= 0x10FFFF else "\ufffd"
    if control is not None:
        return chr(ord(control) & 0x1F)
    return _LETTERS.get(letter, letter if letter in "\\'\"?" else "\\" + letter)
