"""The grammar of the table of harmless commands: rows, subcommands, options, operands."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from fnmatch import fnmatchcase
from functools import cache
from itertools import product
from typing import Final

from surefoot.core.harmless_table import HARMLESS_COMMANDS
from surefoot.core.record import record
from surefoot.core.regex import regex
from surefoot.core.short_text import shortened

OUTSIDE: Final = regex(r"[/~]|\w[\w+.-]*://|\$(?!PWD\b|\{PWD\})|(?:.*/)?\.\.(?:/|$)", re.DOTALL)
"""A path, or an address, that is not of the project."""
_LOADING = regex(
    r"--?.*(?:config|plugin|require|setup|loader|init|preset|script|hook|module|reporter|resolver|runner|environment|"
    r"transform|import|load)"
)
_WRITING = regex(r"--.*(?:out|xml|report|dest|target|prefix|save|log|dir|root|file)")
"""Options of which a file or a folder is the value, and mostly one that is written."""
SCRATCH: Final = regex(r"/tmp(?:/(?!(?:.*/)?\.\.(?:/|$))|$)|/dev/(?:null|stdout|stderr|fd/\d+)$|-$", re.DOTALL)  # noqa: S108 - names that are compared
"""Where anything may be written: the temporary folder is the step's own."""
RUNNING: Final = frozenset({"script", "file", "no-fetched", "inner"})
"""What follows the first operand of these belongs to what is run."""


@record
class Shape:
    """The ways of one program, or of one of its subcommands, that are known to be harmless."""

    takes_any: bool = False
    """Whether every option is harmless but those in `denied`."""
    flags: frozenset[str] = frozenset()
    """Options without a value: letters as `-x`, words as `--all`; they may hold stars."""
    valued: Mapping[str, str] = field(default_factory=dict[str, str])
    """Options with a value, each with the name of what judges the value."""
    ending: frozenset[str] = frozenset()
    """Options after whose value everything belongs to what is run."""
    denied: frozenset[str] = frozenset()
    """Options that run, send or open something; also when they are abbreviated."""
    needed: frozenset[str] = frozenset()
    """Options of which one has to be there: without it more is read from elsewhere."""
    operands: str = "any"
    """The name of what judges the arguments that are no options."""


Tree = dict[tuple[str, ...], Shape]
"""The shapes of a program, by subcommands."""
Judged = Callable[[str, str, str], str | None]
"""Says what is wrong with the value of an option: given the judge, the program and the value."""


def quoted(text: str) -> str:
    """Return a word as a message shows it."""
    return f"`{shortened(text, 60)}`"


def find(tree: Tree, words: Sequence[str]) -> tuple[list[str], Shape | None, Sequence[str]]:
    """Return the subcommand that the words name, its shape, and the words that are left; global options are skipped."""
    base = tree.get((), Shape())
    path: list[str] = []
    left: list[str] = []
    at, deepest = 0, max(len(key) for key in tree)
    while at < len(words) and len(path) < deepest and words[at] != "--":
        word = words[at]
        taken = 1
        if any(_begins(key, [*path, word]) for key in tree):
            path.append(word)
        elif word[:1] in {"-", "+"} and len(word) > 1:
            taken += word in base.valued
            left += words[at : at + taken]
        else:
            break
        at += taken
    shape = _shape_at(tree, path)
    operand = next(iter(words[at:]), "--")
    is_unknown = shape is None or (not path and len(tree) > 1 and base.operands == "any")
    if is_unknown and operand != "--":
        return [*path, operand], None, ()
    return path, shape, [*left, *words[at:]]


def _shape_at(tree: Tree, path: Sequence[str]) -> Shape | None:
    """Return the shape of a subcommand, which takes the options of its program as well."""
    shape = next((one for key, one in tree.items() if len(key) == len(path) and _begins(key, path)), None)
    base = tree.get(())
    if shape is None or shape is base or base is None:
        return shape
    flags, denied = shape.flags | base.flags, shape.denied | base.denied
    return replace(shape, flags=flags, denied=denied, valued={**base.valued, **shape.valued})


def _begins(key: Sequence[str], path: Sequence[str]) -> bool:
    return len(key) >= len(path) and all(map(fnmatchcase, path, key))


# --- options


def taken_apart(
    shape: Shape, name: str, words: Sequence[str], judged: Judged
) -> tuple[list[str], str | None, str | None]:
    """Return the arguments that are no options, the first option that is not known, and what is wrong with a value."""
    found: list[str] = []
    seen: set[str] = set()
    left = deque(words)
    while left:
        word = left.popleft()
        if _is_plus_flag(shape, word):
            continue
        is_operand = not word.startswith("-") or len(word) == 1
        found += [word] if is_operand else []
        if word == "--" or (is_operand and shape.operands in RUNNING):
            found += left
            break
        if is_operand:
            continue
        option = _option(shape, word)
        unknown = _unknown(shape, option, word, next(iter(left), ""))
        if option is None or unknown is not None:
            return found, unknown, None
        seen.add(option[0])
        if option[1] == _ENDING:
            return [], None, None
        reason = _flaw_of_value(option, name, left, judged)
        if reason is not None:
            return found, None, reason
    if shape.needed and not shape.needed & seen:
        return found, None, f"{quoted(name)} is given no command here, and reads what it does from elsewhere"
    return found, None, None


def _is_plus_flag(shape: Shape, word: str) -> bool:
    return word.startswith("+") and any(fnmatchcase(word, flag) for flag in shape.flags)


def _flaw_of_value(option: _Option, name: str, left: deque[str], judged: Judged) -> str | None:
    """Say what is wrong with the value of an option, which is the next word if it does not stand with the option."""
    _, judge, value = option
    if judge is not None and value is None and left:
        # A number may be left out: then the next word is no value.
        value = left[0] if judge == "number" and not left[0].isdigit() else left.popleft()
    return None if judge is None or value is None else judged(judge, name, value)


def _unknown(shape: Shape, option: _Option | None, word: str, following: str) -> str | None:
    """Return an option that is not known, or that loads or writes outside the project where any option is harmless."""
    if option is None:
        return word
    known, _, value = option
    path = value or word.partition("=")[2] or following
    if not shape.takes_any or not OUTSIDE.match(path):
        return None
    loads = _LOADING.match(known) and not path.startswith("$")
    # Anything may be written in the temporary folder, or where a variable names the place.
    is_open = SCRATCH.match(path) or path.startswith("$") or path == ".."
    if not loads and (is_open or not _WRITING.match(known)):
        return None
    return word if path in word else f"{word} {path}"


_ENDING = ";"
_Option = tuple[str, str | None, str | None]
"""The option as the table knows it, what judges its value (None: it has none), and the value if it stands with it."""


def _option(shape: Shape, word: str) -> _Option | None:
    """Say what an option is; None: it is not known."""
    name, has_value, value = word.partition("=")
    if any(_is_denied(name, word, denied) for denied in shape.denied):
        return None
    if name in shape.ending:
        return name, _ENDING, None
    if name in shape.valued:
        return name, shape.valued[name], value if has_value else None
    if any(fnmatchcase(name, flag) or fnmatchcase(word, flag) for flag in shape.flags):
        return name, None, None
    if word.startswith("--"):
        return (name, None, None) if shape.takes_any else None
    return _bundle(shape, word)


def _bundle(shape: Shape, word: str) -> _Option | None:
    """Say what letters are that stand together, such as `-xzf`."""
    if word[1:].isdigit() and (shape.takes_any or "-#" in shape.flags):
        return word, None, None
    for at, letter in enumerate(word[1:], 1):
        option, rest = f"-{letter}", word[at + 1 :]
        if option in shape.denied:
            return None
        if option in shape.ending:
            return option, _ENDING, None
        if option in shape.valued:
            return option, shape.valued[option], rest or None
        if option not in shape.flags and not shape.takes_any:
            return None
    return word[:2], None, None


def _is_denied(name: str, word: str, denied: str) -> bool:
    if denied.startswith("--"):
        return name.startswith("--") and denied.startswith(name)
    return len(denied) > 2 and (fnmatchcase(word, denied) or name in {denied, f"-{denied}"})


# --- the table


@cache  # most commands of the command line never need it
def table() -> Mapping[str, Tree]:
    """Return the table: the shapes of each program."""
    found: dict[str, Tree] = {}
    for row in filter(None, re.sub(r"\n[ ]+", " ", HARMLESS_COMMANDS).splitlines()):
        head, _, tokens = row.partition(" :")
        programs, *path = (_braced(word) for word in re.sub(r",\s+", ",", head).split())
        shape = _read_shape([one for token in tokens.split() for one in _braced(token)])
        for name, key in product(programs, product(*path)):
            assert key not in found.get(name, {}), f"{name} {' '.join(key)} stands twice in the table"
            found.setdefault(name, {})[key] = shape
    return found


def _braced(word: str) -> list[str]:
    pieces = re.split(r"\{([^{}]*)\}", word)
    options = [piece.split(",") if at % 2 else [piece] for at, piece in enumerate(pieces)]
    return ["".join(chosen) for chosen in product(*options)]


def _read_shape(tokens: Sequence[str]) -> Shape:
    flags, denied, ending, needed = set[str](), set[str](), set[str](), set[str]()
    valued: dict[str, str] = {}
    operands = "any"
    for one in tokens:
        if one.startswith("@"):
            operands = one[1:]
        elif one.startswith("!"):
            denied.add(one[1:])
        elif one.startswith("+-"):
            needed.add(one[1:])
        elif one.endswith(";"):
            ending.add(one[:-1])
        elif "=" in one:
            name, _, judge = one.partition("=")
            valued[name] = judge
        elif one.startswith("."):
            flags.add(one[1:])
        elif one.startswith("-") and not one.startswith("--") and "*" not in one:
            flags |= {f"-{letter}" for letter in one[1:]}
        elif one != "*":
            flags.add(one)
    return Shape(
        takes_any="*" in tokens,
        flags=frozenset(flags),
        valued=valued,
        ending=frozenset(ending),
        denied=frozenset(denied),
        needed=frozenset(needed),
        operands=operands,
    )
