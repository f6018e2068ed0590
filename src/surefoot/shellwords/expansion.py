"""The expansion of words: braces, variables whose value stands in the same text, splitting.

A variable stands for each value it is given anywhere in the text, whatever the order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise, product

from surefoot.core.record import record
from surefoot.core.regex import regex
from surefoot.shellwords.syntax import Kind, Piece, Script, Simple, Unreadable, Word
from surefoot.shellwords.word_budget import Budget

EXPANDED_MAX = 512
"""So many words one word becomes, and so many readings a command has; more are not looked at."""
_VALUE_STEPS = 20
"""What looking up one value of a variable takes."""
_PART_STEPS = 8
"""What putting one part of a word in its place takes."""
_DECLARED = regex(r"([A-Za-z_][A-Za-z0-9_]*)(\+?)=")
DECLARING = {"export", "declare", "typeset", "local", "readonly"}
_FILLING = {"read", "mapfile", "readarray", "getopts", "let", "unset", "printf"}
_RANGE = regex(r"(-?\d+|[A-Za-z])\.\.(-?\d+|[A-Za-z])(?:\.\.-?\d+)?")
_PATTERN = regex(r"[*?\[]")
_HERE = ("pwd", "git rev-parse --show-toplevel")

Values = dict[str, list[Word | None]]
"""What is given to each variable anywhere; None: something that cannot be told."""
Choice = Mapping[str, str | None]
"""One value for each variable."""


@record(kw_only=False)
class Term:
    """One argument."""

    text: str
    """Its characters; what is not known stands as it is written, as in `$x/y`."""
    is_known: bool = True
    """Whether nothing in it is left to the shell."""
    is_pattern: bool = False
    """Whether the shell takes it for a pattern over file names."""


@record(kw_only=False)
class _Part:
    text: str
    is_quoted: bool
    is_known: bool = True
    is_split: bool = False


def values_in(script: Script) -> Values:
    """Return what the text gives to variables."""
    found: Values = {name: list(values) for name, values in script.values.items()}
    for simple in script.commands:
        for name, value in simple.assignments:
            found.setdefault(name, []).append(value)
        first = simple.words[0][0].text if simple.words else ""
        for word in simple.words[1:] if first in DECLARING | _FILLING else ():
            match = _DECLARED.match(word[0].text)
            if match and first in DECLARING:
                rest = (Piece(Kind.TEXT, word[0].text[match.end() :], word[0].is_quoted), *word[1:])
                found.setdefault(match.group(1), []).append(None if match.group(2) else rest)
            elif first in _FILLING:
                for name in re.findall(r"[A-Za-z_]\w*", word[0].text):
                    found.setdefault(name, []).append(None)
    return found


def readings_of(words: Sequence[Word], values: Values, budget: Budget) -> Iterator[list[Term]]:
    """Yield the arguments that the words become, for each choice of values, as far as the budget goes.

    Raises:
        Unreadable: there are too many.
    """
    names = sorted({piece.text for word in words for piece in word if piece.kind is Kind.VARIABLE})
    if not names:
        yield list(_terms(words, {}, budget))
        return
    options = [[(name, value) for value in _texts(name, values, (), budget)] for name in names]
    for count, choice in enumerate(product(*options)):
        if count >= EXPANDED_MAX:
            raise Unreadable("its variables have too many values")
        yield list(_terms(words, dict(choice), budget))


def _terms(words: Iterable[Word], choice: Choice, budget: Budget) -> Iterator[Term]:
    for word in words:
        plain = _plain(word)
        if plain is not None:
            budget.spend(2 * (_PART_STEPS + len(plain.text)))
            yield plain
            continue
        parts: list[_Part] = []
        for piece in word:
            found = list(_parts(piece, choice))
            budget.spend(sum(_PART_STEPS + len(part.text) for part in found))
            parts += found
        for expanded in _braced(parts, budget):
            budget.spend(sum(_PART_STEPS + len(part.text) for part in expanded))
            yield from _split(expanded)


def _plain(word: Word) -> Term | None:
    """Return the argument that a word of one piece of text stands for, as most do; None: look closer."""
    if len(word) != 1 or word[0].kind is not Kind.TEXT or not word[0].text:
        return None
    text = word[0].text
    if word[0].is_quoted:
        return Term(text)
    return None if "{" in text else Term(text, is_pattern=_PATTERN.search(text) is not None)


def _parts(piece: Piece, choice: Choice) -> Iterator[_Part]:
    if piece.kind is Kind.TEXT and not piece.is_quoted:
        # Braces are told apart from what stands between them.
        yield from (_Part(text, is_quoted=False) for text in re.split(r"([{},])", piece.text) if text)
        return
    match piece.kind:
        case Kind.TEXT:
            text = piece.text
        case Kind.VARIABLE:
            text = choice.get(piece.text)
        case _:
            text = _printed(piece.commands)
    if text is not None:
        yield _Part(text, piece.is_quoted, is_split=piece.kind is not Kind.TEXT and not piece.is_quoted)
    else:
        yield _Part(f"${piece.text}" if piece.kind is Kind.VARIABLE else piece.text, piece.is_quoted, is_known=False)


def _printed(commands: Sequence[Simple]) -> str | None:
    """Return what a substitution prints, for a few commands of which that is certain."""
    if len(commands) != 1 or commands[0].redirects or commands[0].assignments:
        return None
    words = ["".join(piece.text for piece in word) for word in commands[0].words]
    if any(piece.kind is not Kind.TEXT for word in commands[0].words for piece in word):
        return None
    match words:
        case ["mktemp", *_]:
            return "/tmp/made-by-mktemp"  # noqa: S108 - a name that stands for one, no file
        case ["which", name] | ["command", "-v", name]:
            return name
        case ["echo", *said] if not said[:1] or not said[0].startswith("-"):
            return " ".join(said)
        case _:
            return "." if " ".join(words) in _HERE else None


def _braced(parts: list[_Part], budget: Budget) -> list[list[_Part]]:
    """Expand `{a,b}` and `{1..3}`."""
    done: list[list[_Part]] = []
    waiting = [parts]
    while waiting:
        one = waiting.pop(0)
        budget.spend(len(one) + len(waiting))
        group = _first_group(one)
        if group is None:
            done.append(one)
        else:
            start, end, options = group
            waiting = [one[:start] + option + one[end + 1 :] for option in options] + waiting
        if len(done) + len(waiting) > EXPANDED_MAX:
            raise Unreadable("its braces stand for too many words")
    return done


def _first_group(parts: Sequence[_Part]) -> tuple[int, int, list[list[_Part]]] | None:
    opened: list[tuple[int, list[int]]] = []
    found: tuple[int, int, list[list[_Part]]] | None = None
    for at, part in enumerate(parts):
        if part.is_quoted or not part.is_known or part.is_split:
            continue
        if part.text == "{":
            opened.append((at, []))
        elif part.text == "," and opened:
            opened[-1][1].append(at)
        elif part.text == "}" and opened:
            start, commas = opened.pop()
            options = _options(parts, start, commas, at)
            if options and (found is None or start < found[0]):
                found = (start, at, options)
    return found


def _options(parts: Sequence[_Part], start: int, commas: Sequence[int], end: int) -> list[list[_Part]]:
    if commas:
        edges = [start, *commas, end]
        return [list(parts[low + 1 : high]) for low, high in pairwise(edges)]
    inside = "".join(part.text for part in parts[start + 1 : end])
    match = _RANGE.fullmatch(inside)
    if match is None:
        return []
    low, high = match.groups()
    if low.lstrip("-").isdigit() and high.lstrip("-").isdigit():
        ends = sorted((int(low[:9]), int(high[:9])))
        texts = [str(number) for number in range(ends[0], min(ends[1] + 1, ends[0] + EXPANDED_MAX + 1))]
    elif len(low) == len(high) == 1:
        ends = sorted((ord(low), ord(high)))
        texts = [chr(number) for number in range(ends[0], ends[1] + 1)]
    else:
        return []
    return [[_Part(text, is_quoted=False)] for text in texts]


def _split(parts: Sequence[_Part]) -> Iterator[Term]:
    """Split where the value of an unquoted variable has blanks."""
    text, is_known, is_pattern, is_there = "", True, False, False
    for part in parts:
        pieces = re.split(r"[ \t\n]+", part.text) if part.is_split else [part.text]
        for at, piece in enumerate(pieces):
            if at:
                if is_there:
                    yield Term(text, is_known, is_pattern)
                text, is_known, is_pattern, is_there = "", True, False, False
            text += piece
            is_known = is_known and part.is_known
            is_pattern = is_pattern or (not part.is_quoted and _PATTERN.search(piece) is not None)
            is_there = is_there or part.is_quoted or bool(piece)
    if is_there:
        yield Term(text, is_known, is_pattern)


def _texts(name: str, values: Values, within: tuple[str, ...], budget: Budget) -> list[str | None]:
    """Return the texts a variable can stand for; None among them: something else, too."""
    if name == "PWD":
        return ["."]
    if name in within or name not in values:
        return [None]
    found: dict[str | None, None] = {}
    for value in values[name]:
        budget.spend(_VALUE_STEPS + len(within))
        for text in [None] if value is None else _joined(value, values, (*within, name), budget):
            found[text] = None
        if len(found) > EXPANDED_MAX:
            raise Unreadable("its variables have too many values")
    return list(found)


def _joined(word: Word, values: Values, within: tuple[str, ...], budget: Budget) -> list[str | None]:
    texts: list[str | None] = [""]
    for piece in word:
        if piece.kind is Kind.VARIABLE:
            options = _texts(piece.text, values, within, budget)
        else:
            options = [piece.text if piece.kind is Kind.TEXT else _printed(piece.commands)]
        budget.spend(_VALUE_STEPS + _length(texts) * len(options) + _length(options) * len(texts))
        texts = [None if text is None or option is None else text + option for text in texts for option in options]
        if len(texts) > EXPANDED_MAX:
            raise Unreadable("its variables have too many values")
    return texts


def _length(texts: Sequence[str | None]) -> int:
    return sum(1 + len(text or "") for text in texts)
