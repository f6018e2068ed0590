"""Text of others made safe to be read beside ours: fenced, with invisible characters spelled out.

Each line of a longer text gets a bar in front, so that no line of a plan, model or program looks like one of ours.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from surefoot.core.regex import regex

BAR: Final = "| "
"""In front of each line of a text of several lines that somebody else wrote."""
_UNSEEN: Final = regex(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u2800\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""What steers a terminal, turns the reading direction, breaks a line, takes no room, or is no text at all."""
_JOINERS: Final = frozenset("\u200c\u200d")
_EMOJI_STYLE: Final = "\ufe0f"
_KEYCAPS: Final = frozenset("0123456789#*")
_JOINED_SCRIPTS: Final = range(0x0600, 0x0E00)
"""Arabic, the scripts of India and those near them: they are spelled with joiners."""
_BLANK: Final = regex("[\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]|(?<=\\S)\t")
"""Blanks that no shell takes for one, and tabs that look like several."""
_WORD: Final = regex(r"[^\W_]+")
_LIKE_SIGNS: Final = regex(
    "[\u2024\u2044\u2215\u2216\u2223\u2236\u29f5\u29f8\u29f9\u01c0\u01c3\u037e\u02d0\u0589\u05c3\ua789]"
    "|(?<!\\S)[\u02d7\u2010-\u2015\u2043\u2212\ufe58]+(?=\\S)"
)
"""Signs that look like `. / \\ | : ; !`, and dashes where an option may begin."""
_LIKE_LATIN: Final = frozenset({"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU", "MODIFIER"})
"""Scripts with letters that look like those of the Latin one."""
_TWINS: Final = frozenset("аеорсухіјѕһԁԛԝӏʏАВЕЅІЈКМНОРСТУХԌԚԜᴀᴄᴏᴜᴠᴡᴢοναιρυΑΒΕΖΗΙΚΜΝΟΡΤΥΧօսոհցզԱՍՕ")
"""Letters that cannot be told from Latin ones: a word of nothing else is taken for a Latin one."""
_ODD_LATIN: Final = frozenset("ıȷɑɡɩɪʟʀꞁſᴦ")


def prose(text: str) -> str:
    """Return a text with the characters spelled out that nobody can see; other scripts and emoji stay as they are."""
    return text if text.isascii() and text.isprintable() else _UNSEEN.sub(_spelled_in_prose, text)


def exact(text: str) -> str:
    """Return a command, a path or a name with every character spelled out that is unseen or looks like another."""
    if text.isascii() and text.isprintable():
        return text
    seen = _WORD.sub(_told_apart, _LIKE_SIGNS.sub(_spelled, text))
    return _BLANK.sub(_spelled, _UNSEEN.sub(_spelled, seen))


def spelled_out(texts: Iterable[str]) -> tuple[str, ...]:
    """Say which characters `exact` spells out in these texts, and what they are."""
    pairs = [(text, exact(text)) for text in texts]
    odd = sorted({char for text, told in pairs if told != text for char in text if _spelling(char) in told})
    return tuple(f"{_spelling(char)} ({unicodedata.name(char, 'no name').lower()})" for char in odd)


def in_line(text: str) -> str:
    """Return `exact` of a text on one line; line breaks are spelled out too."""
    return exact(text).replace("\n", "\\n")


def barred(text: str, indent: int) -> Iterator[str]:
    """Yield the lines of a text, each behind a bar."""
    yield from (f"{' ' * indent}{BAR}{line}".rstrip() for line in text.split("\n"))


def fenced(text: str) -> str:
    """Return a text of one line as it is, and one of several with a bar before each."""
    told = prose(text).strip("\n")
    return told if "\n" not in told else "\n".join(barred(told, 0))


def behind(sentence: str, text: str) -> str:
    """Return a sentence of ours with a text behind it; one of several lines stands below it, behind bars."""
    told = exact(text).strip("\n")
    return f"{sentence} {told}" if "\n" not in told else "\n".join([sentence, *barred(told, 2)])


def fenced_below(text: str) -> str:
    """Return a text whose first line is ours and whose further ones are not, these behind bars."""
    first, *others = prose(text).split("\n")
    return "\n".join([first, *(line for other in others for line in barred(other, 2))])


def labelled(label: str, text: str, *, is_exact: bool = True, aside: str = "") -> Iterator[str]:
    """Yield a text behind its label: on the same line if it has one line, else below it, behind bars."""
    told = (exact(text) if is_exact else prose(text)).strip("\n")
    head = f"  {label + ':':<8} "
    if "\n" not in told:
        yield f"{head}{told}{aside}"
        return
    yield f"{head}{told.count(chr(10)) + 1} lines{aside}"
    yield from barred(told, 4)


def _spelling(char: str) -> str:
    code = ord(char)
    if char in "\t\r":
        return "\\t" if char == "\t" else "\\r"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _spelled(found: re.Match[str]) -> str:
    return "".join(map(_spelling, found.group()))


def _spelled_in_prose(found: re.Match[str]) -> str:
    """Leave alone what belongs to an emoji, and the joiners of the scripts that are spelled with them."""
    char, text, at = found.group(), found.string, found.start()
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if char == _EMOJI_STYLE and before and (before in _KEYCAPS or unicodedata.category(before) in {"So", "Sm"}):
        return char
    if char in _JOINERS and before and after:
        is_emoji = (before == _EMOJI_STYLE or unicodedata.category(before) in {"So", "Sk"}) and (
            unicodedata.category(after) == "So"
        )
        if is_emoji or (ord(before) in _JOINED_SCRIPTS and ord(after) in _JOINED_SCRIPTS):
            return char
    return _spelling(char)


def _told_apart(found: re.Match[str]) -> str:
    """Spell out the letters of a word by which it may be taken for another."""
    word = found.group()
    if word.isascii():
        return word
    scripts = {_script(char) for char in word if char.isalpha()}
    is_mixed = bool(scripts & _LIKE_LATIN) and len(scripts) > 1
    is_twin = len(word) > 1 and all(char in _TWINS or char in "0123456789" for char in word)
    return "".join(_spelling(char) if _is_odd(char, is_mixed=is_mixed or is_twin) else char for char in word)


def _is_odd(char: str, *, is_mixed: bool) -> bool:
    if char.isascii():
        return False
    plain = unicodedata.normalize("NFKC", char)
    if char in _ODD_LATIN or (plain != char and plain.isascii()):
        return True  # wide, bold and other forms of ASCII
    return is_mixed and _script(char) in _LIKE_LATIN


@lru_cache(maxsize=4096)
def _script(char: str) -> str:
    """Return the script of a letter: the first word of its name."""
    return unicodedata.name(char, "NONE").partition(" ")[0]


def printable(text: str) -> str:
    """Return text whose odd bytes can be printed."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
