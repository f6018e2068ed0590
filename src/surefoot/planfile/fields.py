"""Readers of single values of a plan file, with types, places and collected mistakes.

A reader returns None for what it could not read and has noted why; the walk goes on, so that every mistake is found at
once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import field
from difflib import get_close_matches
from enum import StrEnum
from typing import TypeVar

from surefoot.core.globs import GLOB_LENGTH_MAX
from surefoot.core.placeholders import references_in
from surefoot.core.plan import LOOPBACK, TRAIN_MOST, Network
from surefoot.core.record import record
from surefoot.core.regex import regex
from surefoot.core.short_text import shortened
from surefoot.planfile.tree import QUOTE_BRACES, Flaw, Items, Kind, Place, Scalar, Table, Tree

T = TypeVar("T")
D = TypeVar("D")
E = TypeVar("E", bound=StrEnum)

DURATION_MAX_S = 366 * 86400.0
_DURATION = regex(r"(?:([\d.]+)d)?(?:([\d.]+)h)?(?:([\d.]+)m)?(?:([\d.]+)s)?(?:([\d.]+)ms)?")
_UNIT_SECONDS = (86400.0, 3600.0, 60.0, 1.0, 0.001)
_NOT_GIVEN = regex("[\0\ud800-\udfff]")
"""Characters that no program can be given."""
_VARIABLE = regex(r"[A-Za-z_][A-Za-z0-9_]*")


@record(frozen=False, kw_only=False)
class Page:
    """One file while it is read: the flaws found so far."""

    flaws: dict[Flaw, None] = field(default_factory=dict[Flaw, None])
    references: list[tuple[str, Place]] = field(default_factory=list[tuple[str, Place]])
    """Where `{steps.ID.KEY}` was read in a text."""

    def flaw(self, at: Tree | Place, text: str) -> None:
        """Note a flaw; one found twice is kept once."""
        self.flaws[Flaw(at if isinstance(at, Place) else at.place, text)] = None

    def raw(self, node: Tree) -> str | None:
        """Read a text that may be empty."""
        if is_braced_name(node):
            self.flaw(node, QUOTE_BRACES)
            return None
        if not isinstance(node, Scalar) or node.kind is not Kind.TEXT:
            cure = "put it in quotes" if isinstance(node, Scalar) else "write one"
            if isinstance(node, Scalar) and node.kind is Kind.NOTHING:
                cure = "write one, or remove the key"
            self.flaw(node, f"found {described(node)}; a text was expected; {cure}")
            return None
        if _NOT_GIVEN.search(node.text):
            self.flaw(
                node, "the text holds a character no program can be given; printable text was expected; remove it"
            )
            return None
        self.references += [(reference.token, node.place) for reference in references_in(node.text)]
        return node.text

    def refuse_references(self, since: int, replaced: Collection[str], where: str) -> None:
        """Note a flaw for each reference read since then that nothing replaces."""
        for token, place in self.references[since:]:
            if token not in replaced:
                wrong = f"the placeholder {token} is not replaced {where}"
                cure = "write what it shall stand for, or hand it on by a file"
                self.flaw(place, f"{wrong}; a text without it was expected; {cure}")

    def text(self, node: Tree) -> str | None:
        """Read a text that says something."""
        text = self.raw(node)
        if text is not None and not text.strip():
            self.flaw(node, "the text is empty; some words were expected; write them, or remove the key")
            return None
        return text

    def literal(self, node: Tree) -> str | None:
        """Read a text, or a number as it is written."""
        if isinstance(node, Scalar) and node.kind is Kind.NUMBER:
            return node.text
        return self.raw(node)

    def flag(self, node: Tree) -> bool | None:
        """Read `true` or `false`."""
        if isinstance(node, Scalar) and node.kind is Kind.FLAG:
            return node.text.lower() in {"true", "yes", "on", "y"}
        self.flaw(node, f"found {described(node)}; `true` or `false` was expected; write one of them without quotes")
        return None

    def network(self, node: Tree) -> Network | None:
        """Read how far a network reaches."""
        if isinstance(node, Scalar) and node.kind is Kind.TEXT and node.text == LOOPBACK:
            return LOOPBACK
        if isinstance(node, Scalar) and node.kind is Kind.FLAG:
            return self.flag(node)
        expected = "`true`, `false` or `loopback` was expected"
        self.flaw(node, f"found {described(node)}; {expected}; write one of them without quotes")
        return None

    def train(self, node: Tree) -> int | None:
        """Read how many results are judged together; 0 stands for `auto`."""
        if isinstance(node, Scalar) and node.kind is Kind.TEXT and node.text == "auto":
            return 0
        value = _number(node)
        if value is None or value != int(value) or not 1 <= value <= TRAIN_MOST:
            expected = f"`auto` or a whole number from 1 to {TRAIN_MOST} was expected"
            self.flaw(node, f"found {described(node)}; {expected}; write one of them without quotes")
            return None
        return int(value)

    def number(self, node: Tree) -> float | None:
        """Read a number that is not negative."""
        value = _number(node)
        if value is None or value < 0:
            self.flaw(node, f"found {described(node)}; a number of 0 or more was expected; write one, as in 2.5")
            return None
        return value

    def count(self, node: Tree) -> int | None:
        """Read a whole number of 1 or more."""
        value = _number(node)
        if value is None or value < 1 or not value.is_integer():
            self.flaw(node, f"found {described(node)}; a whole number of 1 or more was expected; write one, as in 3")
            return None
        return int(value)

    def time_s(self, node: Tree) -> float | None:
        """Read a duration with its unit, in seconds."""
        if isinstance(node, Scalar) and node.kind is Kind.NUMBER:
            cure = f"write {node.text}s if seconds are meant"
            self.flaw(node, f"{node.text} has no unit; a duration such as 90s, 30m or 2h was expected; {cure}")
            return None
        seconds = seconds_in(node.text) if isinstance(node, Scalar) and node.kind is Kind.TEXT else None
        if seconds is None:
            found = described(node)
            self.flaw(node, f"found {found}; a duration such as 500ms, 90s, 30m, 2h or 1h30m was expected; write one")
            return None
        if seconds > DURATION_MAX_S:
            self.flaw(node, f"{described(node)} is more than a year; a shorter duration was expected; shorten it")
            return None
        return seconds

    def positive_s(self, node: Tree) -> float | None:
        """Read a duration above nothing, in seconds."""
        seconds = self.time_s(node)
        if seconds == 0:
            self.flaw(node, "the duration is nothing; one above 0s was expected; write a longer one")
            return None
        return seconds

    def one_of(self, kind: type[E]) -> Callable[[Tree], E | None]:
        """Return a reader of an enumeration's words."""

        def read(node: Tree) -> E | None:
            word = self.word(node, tuple(kind))
            return None if word is None else kind(word)

        return read

    def word(self, node: Tree, words: Collection[str]) -> str | None:
        """Read one of some words."""
        if isinstance(node, Scalar) and node.kind is Kind.TEXT and node.text in words:
            return node.text
        near = get_close_matches(node.text, words, 1) if isinstance(node, Scalar) else []
        cure = f"did you mean `{near[0]}`?" if near else "choose one"
        expected = (
            f"one of {', '.join(words)} was expected" if len(words) > 1 else f"`{next(iter(words))}` was expected"
        )
        self.flaw(node, f"found {described(node)}; {expected}; {cure}")
        return None

    def many(self, read: Callable[[Tree], T | None]) -> Callable[[Tree], tuple[T, ...] | None]:
        """Return a reader of a list of texts in which one alone may stand for a list of one."""

        def read_many(node: Tree) -> tuple[T, ...] | None:
            if isinstance(node, Items):
                return tuple(value for item in node.items if (value := read(item)) is not None)
            value = read(node)
            return None if value is None else (value,)

        return read_many

    def inner(self, node: Tree) -> str | None:
        """Read a path, or a glob over paths, that stays inside the folder it is relative to."""
        text = self.text(node)
        if text is not None and (text.startswith(("/", "~")) or ".." in text.split("/")):
            self.flaw(
                node, f"{text!r} leads out; a path inside the folder was expected; write it relative, without `..`"
            )
            return None
        if text is not None and len(text) > GLOB_LENGTH_MAX:
            wanted = f"a path or glob of at most {GLOB_LENGTH_MAX} was expected; write a shorter one"
            self.flaw(node, f"found {len(text)} characters; {wanted}")
            return None
        return text

    def read(self, node: Tree) -> str | None:
        """Read a glob as `inner` does, or a place of the user's home as `~/…`."""
        text = self.text(node)
        if text is None or not text.startswith("~/"):
            return self.inner(node)
        if ".." in text.split("/") or not text[2:].strip("/.") or set("*?[") & set(text):
            expected = "a file or folder of the home by its name was expected"
            self.flaw(node, f"{text!r} is no place of the home; {expected}; write it in full, as in ~/.ssh/config")
            return None
        return text

    def variable(self, node: Tree) -> str | None:
        """Read the name of an environment variable."""
        text = self.text(node)
        if text is not None and _VARIABLE.fullmatch(text) is None:
            self.flaw(
                node, f"{text!r} cannot name a variable; letters, digits and _ were expected; choose another name"
            )
            return None
        return text

    def variables(self, node: Tree) -> dict[str, str] | None:
        """Read environment variables with their values."""
        return self.named(node, "variables were expected; write them as {NAME: value}", self.variable, self.literal)

    def named(
        self, node: Tree, cure: str, key: Callable[[Tree], str | None], value: Callable[[Tree], T | None]
    ) -> dict[str, T] | None:
        """Read values by names, each name once."""
        if not isinstance(node, Table):
            self.flaw(node, f"found {described(node)}; {cure}")
            return None
        found: dict[str, T] = {}
        for place, held in node.entries:
            name, read = key(place), value(held)
            if name is not None and name in found:
                self.flaw(place, f"`{name}` stands here a second time; each name once was expected; remove one")
            if name is not None and read is not None:
                found[name] = read
        return found

    def plain(self, node: Tree) -> object:
        """Read any data, for comparison with what a probe is answered."""
        match node:
            case Items():
                return [self.plain(item) for item in node.items]
            case Table():
                return {self.raw(key): self.plain(value) for key, value in node.entries}
            case Scalar(kind=Kind.NUMBER):
                value = _number(node)
                if value is None:
                    self.flaw(node, f"found {described(node)}; JSON has no such number; write a finite one")
                    return None
                return int(value) if value.is_integer() and "." not in node.text else value
            case Scalar(kind=Kind.FLAG):
                return self.flag(node)
            case Scalar(kind=Kind.NOTHING):
                return None
            case Scalar():
                return self.raw(node)


class Fields:
    """One mapping of the file, its keys judged."""

    def __init__(self, page: Page, place: Place, entries: Mapping[str, Tree]) -> None:
        self.page = page
        self.place = place
        self.entries = entries
        """The values by their keys."""

    @classmethod
    def read(
        cls, page: Page, node: Tree, what: str, known: Collection[str], later_keys: Collection[str] = ()
    ) -> Fields | None:
        """Judge a mapping's keys; None, if it is none."""
        if not isinstance(node, Table):
            expected = f"{what} as a mapping was expected; write `key: value` pairs: {', '.join(known)}"
            page.flaw(node, f"found {described(node)}; {expected}")
            return None
        entries: dict[str, Tree] = {}
        for key, value in node.entries:
            name = key.text if isinstance(key, Scalar) and key.kind is Kind.TEXT else None
            if name in entries:
                first = entries[name].place.line
                page.flaw(
                    key, f"`{name}` stands here a second time (first: line {first}); once was expected; remove one"
                )
            elif name is not None and name in later_keys:
                page.flaw(key, f"`{name}` in {what} comes with a later release of Surefoot; remove it")
            elif name is not None and name in known:
                entries[name] = value
            else:
                page.flaw(key, _unknown(key, name, what, known))
        return cls(page, node.place, entries)

    def with_defaults(self, defaults: Fields) -> Fields:
        """Return the fields with another's values for keys that are not set."""
        return Fields(self.page, self.place, {**defaults.entries, **self.entries})

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def node(self, key: str) -> Tree | None:
        """Return the value of a key as it stands in the file."""
        return self.entries.get(key)

    def at(self, key: str) -> Place:
        """Return where the value of a key stands, or else where the mapping begins."""
        node = self.entries.get(key)
        return self.place if node is None else node.place

    def take(self, key: str, read: Callable[[Tree], T | None], default: D) -> T | D:
        """Read the value of a key; the default, if it is not set or could not be read."""
        node = self.entries.get(key)
        if node is None:
            return default
        value = read(node)
        return default if value is None else value

    def need(self, key: str, read: Callable[[Tree], T | None], default: D, what: str) -> T | D:
        """Read the value of a key that must be there."""
        if key not in self.entries:
            self.page.flaw(self.place, f"`{key}` is missing; {what} was expected; add it")
        return self.take(key, read, default)

    def exactly_one(self, keys: Collection[str], what: str) -> str | None:
        """Return the one key of several that is set."""
        present = [key for key in self.entries if key in keys]
        if len(present) == 1:
            return present[0]
        names = ", ".join(f"`{key}`" for key in keys)
        if present:
            both = " and ".join(f"`{key}`" for key in present)
            self.page.flaw(self.at(present[1]), f"{what} has {both}; exactly one of {names} was expected; keep one")
        else:
            self.page.flaw(self.place, f"{what} has none of {names}; exactly one was expected; add one")
        return None


def is_braced_name(node: Tree) -> bool:
    """Tell whether a mapping is really an unquoted `{name}`."""
    if not isinstance(node, Table) or len(node.entries) != 1:
        return False
    key, value = node.entries[0]
    is_bare = isinstance(value, Scalar) and value.kind is Kind.NOTHING and not value.text
    return is_bare and isinstance(key, Scalar) and key.kind is Kind.TEXT and node.place != key.place


def _unknown(key: Tree, name: str | None, what: str, known: Collection[str]) -> str:
    listed = f"its keys are {', '.join(known)}"
    if name is None:
        return f"found {described(key)} as a key; a word was expected; {listed}"
    if name == "<<":
        return "`<<` (merge) is not part of YAML 1.2; a plain key was expected; use `defaults` for what steps share"
    near = get_close_matches(name, known, 1)
    if near:
        return f"`{name}` is no key of {what}; one of its keys was expected; did you mean `{near[0]}`?"
    return f"`{name}` is no key of {what}; {listed}; remove it"


def described(node: Tree) -> str:
    """Say in a few words what stands there."""
    match node:
        case Items():
            return "a list"
        case Table():
            return "a mapping"
        case Scalar(kind=Kind.NOTHING):
            return "nothing"
        case Scalar(kind=Kind.NUMBER):
            return f"the number {node.text}"
        case Scalar(kind=Kind.FLAG):
            return f"`{node.text}`"
        case Scalar(kind=Kind.TAGGED):
            return "a value with a tag (`!…`)"
        case Scalar():
            return f"the text {shortened(node.text, 40)!r}"


def _number(node: Tree) -> float | None:
    if not isinstance(node, Scalar) or node.kind is not Kind.NUMBER:
        return None
    try:
        digits = node.text.replace("_", "")
        value = float(int(digits, 0)) if digits[:2].lower() in {"0x", "0o", "0b"} else float(digits)
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def seconds_in(text: str) -> float | None:
    """Return a duration such as 90s, 1h30m or 7d in seconds; None: the text is none."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        return None
    try:
        amounts = [float(amount) if amount else 0.0 for amount in match.groups()]
    except ValueError:
        return None
    return sum(amount * unit for amount, unit in zip(amounts, _UNIT_SECONDS, strict=True))
