"""YAML as a tree by libyaml: some forty times faster than `careful_yaml`, for texts that both read alike.

libyaml knows YAML 1.1, says less of what is wrong, and loses its place at rare characters. So it reads what is common,
with the words of YAML 1.2, and leaves the rest: tags, directives, tabs, whatever it refuses. `tests/planfile` compares
the two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import cast

from yaml import YAMLError
from yaml.cyaml import CSafeLoader
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from surefoot.core.regex import regex
from surefoot.planfile.tree import DEPTH_MAX, Items, Kind, Place, Scalar, Table, Tree, missing_value

_RARE = regex(
    r"""[^\n -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]
    |\n%|\n\.\.\.|(?s:.)\n---|[|>][-+0-9]*\#|[|>][-+0-9]*[ ]*(?:\#.*)?\n(?:[ ]*\n)*[ ]+\n|[-,{[:?\n][ ]*\?[ \n]""",
    re.VERBOSE,
)
"""Characters that one refuses, or at which they count lines and columns otherwise; directives; ends of documents;
comments and blanks where the content of a block may begin; keys that begin with a question mark."""
_NUMBER = regex(
    r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+|[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|[-+]?0b[01_]+|[-+]?0o?[0-7_]+|[-+]?[0-9_]+|[-+]?0x[0-9a-fA-F_]+"
)
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), Kind.NOTHING),
    **dict.fromkeys(("true", "True", "TRUE", "false", "False", "FALSE"), Kind.FLAG),
    "=": Kind.TAGGED,
}


class _Rare(Exception):
    """The text holds what the other reader has to read."""


def quick_tree(text: str) -> Tree | None:
    """Return the text's one document as a tree; None where `careful_yaml` has to read it."""
    text = text.replace("\r\n", "\n")
    if _RARE.search(f"\n{text}"):
        return None
    try:
        return _Growing(CSafeLoader(text)).document()
    except (YAMLError, _Rare):
        return None


class _Growing:
    """One reading, from event to event."""

    def __init__(self, parser: CSafeLoader) -> None:
        self.next = cast("Callable[[], Event]", parser.get_event)
        self.anchors: dict[str, Tree] = {}

    def document(self) -> Tree:
        self.next()
        if not isinstance(self.next(), DocumentStartEvent):
            raise _Rare
        tree = self.tree(self.next(), 0)
        is_alone = isinstance(self.next(), DocumentEndEvent) and not isinstance(self.next(), DocumentStartEvent)
        if not is_alone or isinstance(tree, Scalar):
            raise _Rare
        return tree

    def tree(self, event: Event, depth: int) -> Tree:
        if depth > DEPTH_MAX:
            raise _Rare
        if isinstance(event, AliasEvent):
            # An alias within its own value has no tree yet.
            if event.anchor not in self.anchors:
                raise _Rare
            return self.anchors[event.anchor]
        place = Place(event.start_mark.line + 1, event.start_mark.column + 1)
        grown: Tree
        if isinstance(event, ScalarEvent):
            text = str(event.value)
            grown = Scalar(place, _kind(text) if event.implicit[0] else Kind.TEXT, text)
        elif isinstance(event, MappingStartEvent):
            grown = Table(place, tuple(self.entries(depth + 1)))
        else:
            assert isinstance(event, SequenceStartEvent)
            grown = Items(place, tuple(self.items(depth + 1)))
        if event.tag is not None:
            raise _Rare
        if event.anchor is not None:
            self.anchors[event.anchor] = grown
        return grown

    def entries(self, depth: int) -> Iterator[tuple[Tree, Tree]]:
        while not isinstance(event := self.next(), MappingEndEvent):
            if not isinstance(event, ScalarEvent):
                raise _Rare
            key, value = self.tree(event, depth), self.tree(self.next(), depth)
            if isinstance(value, Scalar) and value.kind is Kind.NOTHING and not value.text:
                value = Scalar(missing_value(event.end_mark), value.kind, value.text)
            yield key, value

    def items(self, depth: int) -> Iterator[Tree]:
        while not isinstance(event := self.next(), SequenceEndEvent):
            yield self.tree(event, depth)


def _kind(text: str) -> Kind:
    """Return what an unquoted value is in YAML 1.2."""
    known = _WORDS.get(text)
    if known is not None:
        return known
    return Kind.NUMBER if text[0] in "-+.0123456789" and _NUMBER.fullmatch(text) else Kind.TEXT
