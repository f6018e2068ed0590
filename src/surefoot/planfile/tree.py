"""YAML 1.2 text as a tree in which every value knows its line and column, counted from 1."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import cast

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode
from ruamel.yaml.reader import ReaderError

from surefoot.core.record import record
from surefoot.core.regex import regex

DEPTH_MAX = 50
"""No plan nests deeper; more is a mistake or an attack."""
LENGTH_MAX = 4_000_000
"""No plan is longer: reading it would take longer than a minute. 10,000 steps need less than a million characters."""

QUOTE_BRACES = (
    "a value with `{` in it stands unquoted in a `{…}` or `[…]`, where YAML reads braces itself; "
    'a quoted text was expected; put the value in quotes, as in {run: "echo {file}"}'
)
_NAME_IN_BRACES = regex(r"\{[A-Za-z_][\w.]*\}")


class Kind(Enum):
    """What an unquoted or quoted piece of YAML is read as."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    NOTHING = "nothing"
    TAGGED = "tagged"


_KINDS = {
    "tag:yaml.org,2002:str": Kind.TEXT,
    "tag:yaml.org,2002:timestamp": Kind.TEXT,
    "tag:yaml.org,2002:merge": Kind.TEXT,
    "tag:yaml.org,2002:int": Kind.NUMBER,
    "tag:yaml.org,2002:float": Kind.NUMBER,
    "tag:yaml.org,2002:bool": Kind.FLAG,
    "tag:yaml.org,2002:null": Kind.NOTHING,
}


@record(kw_only=False)
class Place:
    """Where something begins."""

    line: int
    """From 1."""
    column: int
    """From 1."""


@record(kw_only=False)
class Flaw:
    """Something wrong at a place."""

    place: Place
    text: str
    """What is wrong; what was expected; what to do."""


@record(kw_only=False, eq=False)
class Scalar:
    """A single value."""

    place: Place
    kind: Kind
    text: str
    """As written, without quotes."""


@record(kw_only=False, eq=False)
class Items:
    """A list."""

    place: Place
    items: tuple[Tree, ...]


@record(kw_only=False, eq=False)
class Table:
    """A mapping, its keys not yet judged."""

    place: Place
    entries: tuple[tuple[Tree, Tree], ...]
    """Keys and values in the order of the file; keys may repeat."""


Tree = Scalar | Items | Table


def read_tree(text: str) -> Tree | Flaw:
    """Return the text's one document as a tree, or why it is none."""
    if len(text) > LENGTH_MAX:
        way_out = "where many steps need the same steps, put one step between them"
        return Flaw(Place(1, 1), f"it has {len(text)} characters; at most {LENGTH_MAX} were expected; {way_out}")
    yaml = YAML(typ="safe", pure=True)
    # A repeated anchor is allowed in YAML, and a warning would reach nobody.
    yaml.composer.warn_double_anchors = False
    try:
        root = cast("Node | None", yaml.compose(text))  # pyright: ignore[reportUnknownMemberType]
        if root is None:
            return Flaw(Place(1, 1), "the file is empty; a plan was expected; begin with `goal:` and `steps:`")
        return _Growing().tree(root, 0)
    except _Tangled as tangled:
        return tangled.flaw
    except RecursionError:
        return Flaw(Place(1, 1), f"it nests too deeply; at most {DEPTH_MAX} levels were expected; make it flatter")
    except ReaderError as error:
        position = cast("int", _part(error, "position"))
        found = f"U+{ord(text[position]):04X}" if position < len(text) else "a character"
        wrong = "is a control character, which YAML does not allow; printable text was expected; remove it"
        return Flaw(place_at(text, position), f"{found} {wrong}")
    except MarkedYAMLError as error:
        place = _place(_part(error, "problem_mark") or _part(error, "context_mark"))
        lines = text.splitlines()
        line = lines[place.line - 1] if place.line <= len(lines) else ""
        problem, around = str(_part(error, "problem") or ""), str(_part(error, "context") or "")
        return Flaw(place, _cure(problem, around, line, place.column))
    except YAMLError as error:
        return Flaw(Place(1, 1), f"it is no YAML: {error}; YAML 1.2 was expected; correct it")


class _Tangled(Exception):
    """The document refers to itself or nests too deeply."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.text)
        self.flaw = flaw


class _Growing:
    """One conversion; what several aliases refer to is converted once."""

    def __init__(self) -> None:
        self.done: dict[int, Tree] = {}
        self.open: set[int] = set()

    def tree(self, node: Node, depth: int) -> Tree:
        if id(node) in self.done:
            return self.done[id(node)]
        place = _place(_part(node, "start_mark"))
        if id(node) in self.open:
            text = "the value contains itself through an alias; a value with an end was expected; remove the alias"
            raise _Tangled(Flaw(place, text))
        if depth > DEPTH_MAX:
            text = f"it nests too deeply; at most {DEPTH_MAX} levels were expected; make it flatter"
            raise _Tangled(Flaw(place, text))
        self.open.add(id(node))
        grown: Tree
        if isinstance(node, MappingNode):
            pairs = cast("list[tuple[Node, Node]]", _part(node, "value"))
            entries = ((self.tree(key, depth + 1), self._value(key, value, depth)) for key, value in pairs)
            grown = Table(place, tuple(entries))
        elif isinstance(node, SequenceNode):
            items = cast("list[Node]", _part(node, "value"))
            grown = Items(place, tuple(self.tree(item, depth + 1) for item in items))
        else:
            kind = _KINDS.get(str(_part(node, "tag")), Kind.TAGGED)
            grown = Scalar(place, kind, str(_part(node, "value")))
        self.open.discard(id(node))
        self.done[id(node)] = grown
        return grown

    def _value(self, key: Node, value: Node, depth: int) -> Tree:
        tree = self.tree(value, depth + 1)
        if isinstance(tree, Scalar) and tree.kind is Kind.NOTHING and not tree.text:
            # For a value that is missing the library names the place of whatever comes next.
            end = _place(_part(key, "end_mark"))
            return Scalar(Place(end.line, end.column + 1), tree.kind, tree.text)
        return tree


def _part(thing: Node | YAMLError, name: str) -> object:
    """Return an attribute of something the library made: it says nothing about their types."""
    return getattr(thing, name, None)


def _place(mark: object) -> Place:
    line, column = getattr(mark, "line", 0), getattr(mark, "column", 0)
    return Place(int(line) + 1, int(column) + 1)


def place_at(text: str, index: int) -> Place:
    """Return the place of the character at an index."""
    before = text[:index]
    return Place(before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1)


def text_of(content: bytes) -> str | Flaw:
    """Return the text of a file, or where it is no UTF-8."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        wrong = f"the byte 0x{content[error.start]:02x} is no UTF-8; UTF-8 text was expected; save the file as UTF-8"
        return Flaw(place_at(before, len(before)), wrong)


def problems_of(file: object, flaws: Iterable[Flaw]) -> tuple[str, ...]:
    """Return the flaws of a file as people read them, in the order of the file."""
    ordered = sorted(flaws, key=lambda flaw: (flaw.place.line, flaw.place.column))
    return tuple(f"{file}:{flaw.place.line}:{flaw.place.column}: {flaw.text}" for flaw in ordered)


def _cure(problem: str, around: str, line: str, column: int) -> str:
    """Say in a user's words what the library says of a line in its own."""
    at = line[column - 1 : column]
    is_cut_short = "expected ',' or" in problem or "expected <block end>" in problem
    if "but got '{'" in problem or (is_cut_short and _NAME_IN_BRACES.search(line)):
        return QUOTE_BRACES
    if "'\\t'" in problem or at == "\t":
        return "a tab stands where YAML wants spaces; spaces were expected; replace the tab"
    if "mapping values are not allowed" in problem:
        return (
            "a `:` stands where no key can be; a value, or a key in the column of its neighbours, was expected; "
            "quote the value if the `:` belongs to it, or correct the indentation"
        )
    if "alias" in problem or "alias" in around:
        return 'a value that begins with `*` is read as an alias; a text was expected; put it in quotes, as in "*.py"'
    if "cannot start any token" in problem:
        return f"a value cannot begin with {at!r}; a text was expected; put it in quotes"
    if "another document" in problem:
        return "a second document begins here; one plan in one file was expected; remove the `---`"
    if "quoted scalar" in around and "end of stream" in problem:
        return "a quote is opened and never closed; its end was expected; close it"
    said = f"{problem} {around}".strip()
    return f"it is no valid YAML ({said}); YAML 1.2 was expected; look at the indentation, quotes and brackets here"
