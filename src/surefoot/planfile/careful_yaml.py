"""YAML 1.2 as a tree by ruamel.yaml, which says where a text is wrong and why. Slow: `quick_yaml` is asked first."""

from __future__ import annotations

from typing import cast

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode
from ruamel.yaml.reader import ReaderError

from surefoot.core.regex import regex
from surefoot.planfile.tree import (
    DEPTH_MAX,
    QUOTE_BRACES,
    Flaw,
    Items,
    Kind,
    Place,
    Scalar,
    Table,
    Tree,
    missing_value,
    place_at,
    place_of,
)

_NAME_IN_BRACES = regex(r"\{[A-Za-z_][\w.]*\}")
_KINDS = {
    "tag:yaml.org,2002:str": Kind.TEXT,
    "tag:yaml.org,2002:timestamp": Kind.TEXT,
    "tag:yaml.org,2002:merge": Kind.TEXT,
    "tag:yaml.org,2002:int": Kind.NUMBER,
    "tag:yaml.org,2002:float": Kind.NUMBER,
    "tag:yaml.org,2002:bool": Kind.FLAG,
    "tag:yaml.org,2002:null": Kind.NOTHING,
}


def careful_tree(text: str) -> Tree | Flaw:
    """Return the text's one document as a tree, or why it is none."""
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
        place = place_of(_part(error, "problem_mark") or _part(error, "context_mark"))
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
        place = place_of(_part(node, "start_mark"))
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
            return Scalar(missing_value(_part(key, "end_mark")), tree.kind, tree.text)
        return tree


def _part(thing: Node | YAMLError, name: str) -> object:
    """Return an attribute of something the library made: it says nothing about their types."""
    return getattr(thing, name, None)


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
