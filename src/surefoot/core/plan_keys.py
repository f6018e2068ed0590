"""The building blocks of the plan schema: keys, values, kinds of checks and probes, tables of keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

from surefoot.core.regex import regex

_MINUTE_S = 60
_LINK = regex(r"\[([^\]]*)\]\([^)]*\)")


class Way(StrEnum):
    """How a placeholder in a text is replaced, so that its value means nothing but itself there."""

    PLAIN = "plain"
    SHELL = "shell"
    GLOB = "glob"
    REGEX = "regex"
    SQL = "sql"


class Value(NamedTuple):
    """What a key takes."""

    kind: str
    """Names a reader of `surefoot.planfile.readers` and a shape of `surefoot.planfile.json_schema`."""
    words: tuple[str, ...] = ()
    """For `word`: the words."""
    table: str = ""
    """For `record`, `list` and `named`: the table of the keys within."""
    is_many: bool = False
    """Whether a list is taken as well; one value alone stands for a list of one."""


def words(choices: Iterable[str], *, many: bool = False) -> Value:
    """Return the value that is one of some words, or of the members of an enumeration."""
    return Value("word", words=tuple(choices), is_many=many)


def record_of(table: str) -> Value:
    """Return the value that is a mapping with the keys of a table."""
    return Value("record", table=table)


def list_of(table: str) -> Value:
    """Return the value that is a list of such mappings."""
    return Value("list", table=table)


def named(table: str) -> Value:
    """Return the value that has such mappings by names."""
    return Value("named", table=table)


TEXT = Value("text")
ANY_TEXT = Value("any_text")
"""A text that may be empty."""
LITERAL = Value("literal")
"""A text, or a number as it is written."""
PATH = Value("path")
"""A path or glob that stays inside the folder it is relative to."""
TEXTS = TEXT._replace(is_many=True)
LITERALS = LITERAL._replace(is_many=True)
PATHS = PATH._replace(is_many=True)
FLAG = Value("flag")
COUNT = Value("count")
NUMBER = Value("number")
TIME = Value("time")
"""A duration, which may be nothing."""
DURATION = Value("duration")
"""A duration above nothing."""
VARIABLES = Value("variables")
NETWORK = Value("network")
FUNCTION = Value("function")
PLAIN = Value("plain")
"""Any data."""


class Key(NamedTuple):
    """One key of a table: all there is to say of it."""

    name: str
    """As people write it."""
    value: Value
    """What it takes."""
    meaning: str
    """For editors and the reference page."""
    more: str = ""
    """What the reference page says beyond that."""
    usual: str | None = None
    """What holds where the key is not set, in words; None: the default of the field says it."""
    need: str = ""
    """For a key that must be there: what is missing without it."""
    field: str | None = None
    """The field that it fills; None: of the key's name. Empty: none, its reader does more."""
    is_default: bool = False
    """Whether `defaults` may hold it."""
    way: Way | None = None
    """How placeholders in it are replaced; None: they stay as they are."""
    planner: str = ""
    """What a planner is told of it; empty: no model may write it."""
    planned: Value | None = None
    """What a planner may write, if that is less than what people may."""

    @property
    def plain_meaning(self) -> str:
        """Return the meaning without what only makes sense on the reference page."""
        return _LINK.sub(r"\1", self.meaning).replace("; see below", "")

    @property
    def fills(self) -> str:
        """Name the field that the key fills."""
        return self.name if self.field is None else self.field

    def usual_in(self, kind: type[Any] | None) -> str:
        """Say what holds where the key is not set: its own words, or the default of its field in records of a kind."""
        if self.usual is not None or self.need or kind is None:
            return self.usual or ""
        value = defaults_of(kind).get(self.fills)
        if value is None or value in ("", (), {}):
            return "none"
        if self.value.kind in ("time", "duration"):
            minutes, rest = divmod(value, _MINUTE_S)
            return f"`{value:g}s`" if rest else f"`{minutes:g}m`"
        if isinstance(value, int | float) and not isinstance(value, bool):
            return f"{value:.15g}"
        return f"`{str(value).lower() if isinstance(value, bool) else value}`"


class Kind(NamedTuple):
    """One kind of check or probe: its record and the keys that belong to it alone."""

    type: type[Any]
    """The record that holds the question."""
    keys: tuple[Key, ...]
    """The key that names the kind, and those that stand beside it or, where it has a table, in it."""
    verdicts: tuple[str, ...]
    """When it says what, in the order of the verdicts of its table."""
    one_of: tuple[str, ...] = ()
    """Keys of which exactly one is set."""

    @property
    def name(self) -> str:
        """Return the key that names the kind."""
        return self.keys[0].name

    @property
    def is_nested(self) -> bool:
        """Tell whether its keys stand in a mapping of their own."""
        return self.keys[0].value.kind == "record"

    @property
    def within(self) -> tuple[Key, ...]:
        """Return the keys that fill its record."""
        return self.keys[1:] if self.is_nested else self.keys


class Table(NamedTuple):
    """The keys of one mapping in a plan file."""

    said: str
    """What messages call the mapping."""
    keys: tuple[Key, ...]
    """In the order of the reference."""
    type: type[Any] | None = None
    """The record it is read into; None: its reader makes something else of it."""
    alone: str = ""
    """The key that is meant by a value that is no mapping; empty: such a value is refused."""
    kinds: tuple[Kind, ...] = ()
    """The kinds of which a mapping has exactly one."""
    verdicts: tuple[str, ...] = ()
    """What the verdicts of its kinds are called."""
    one_of: tuple[str, ...] = ()
    """Keys of which exactly one is set."""

    @property
    def names(self) -> tuple[str, ...]:
        """Return all keys: those that name a kind, those that belong to one, and those that are common."""
        kinds = [kind.name for kind in self.kinds]
        return tuple(dict.fromkeys([*kinds, *self.beside, *(key.name for key in self.keys)]))

    @property
    def beside(self) -> Mapping[str, tuple[tuple[Kind, Key], ...]]:
        """Return the keys that stand beside those that name a kind, each with the kinds that have it."""
        found: dict[str, tuple[tuple[Kind, Key], ...]] = {}
        for kind in self.kinds:
            for key in () if kind.is_nested else kind.keys[1:]:
                found[key.name] = (*found.get(key.name, ()), (kind, key))
        return found

    def key(self, name: str) -> Key:
        """Return the key of that name."""
        return next(key for key in self.keys if key.name == name)


@cache
def defaults_of(kind: type[Any]) -> Mapping[str, Any]:
    """Return the defaults of the fields of a record that have one."""
    return {
        one.name: one.default if one.default_factory is MISSING else one.default_factory()
        for one in fields(kind)
        if one.default is not MISSING or one.default_factory is not MISSING
    }
