"""The words of bash: quotes, escapes, expansions, here-documents.

A substitution inside a word is a script of its own, read by the same reader.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from surefoot.core.regex import regex
from surefoot.shellwords.syntax import Kind, Piece, Redirect, Script, Unreadable, Word
from surefoot.shellwords.word_budget import Budget

_DEPTH_MAX = 50
"""No one writes substitutions within substitutions deeper than this."""
_PLAIN = regex(r"""[^\s\\'"$`;&|()<>]+""")
_PLAIN_IN_TEST = regex(r"""[^\s\\'"$`]+""")
_PLAIN_IN_QUOTES = regex(r'[^\\"$`]+')
_PLAIN_IN_TEXT = regex(r"[^\\$`]+")
_PLAIN_IN_BRACES = regex(r"""[^\\'"$`{}]+""")
_NAME = regex(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]|[@*#?$!-]")
_WHOLE_NAME = regex(r"([A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-])\}")
_SETTING_NAME = regex(r"([A-Za-z_][A-Za-z0-9_]*)(?:\[[^\]]{200}|(?:\[[^\]]{0,199}\])?:?=)")
"""What begins a longer index counts as a setting, too: how it ends is not looked for."""
_ESCAPE = regex(r"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|c(.)|(.))", re.DOTALL)
_LETTERS = {"a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
LEVEL_STEPS = 30
"""What reading a script, or a substitution in one, takes whatever its length."""


class Words:
    """A place in a text, and how words are read from there."""

    def __init__(self, text: str, script: Script, depth: int, budget: Budget) -> None:
        """Begin at the beginning."""
        budget.spend(len(text))
        self.text = text
        self.budget = budget
        self.at = 0
        self.script = script
        self.depth: int = depth
        self.awaited: list[tuple[Redirect, str, bool, bool]] = []
        """Here-documents whose text comes after this line: delimiter, whether it is quoted, whether tabs go."""

    def read_list(self, closing: Collection[str]) -> None:
        """Read commands up to one of the closing words."""
        raise NotImplementedError

    def within(self, text: str) -> Words:
        """Return a reader for a text within this one."""
        raise NotImplementedError

    def read_word(self, *, in_test: bool = False) -> Word:
        """Read one word; it is empty where none begins."""
        pieces: list[Piece] = []
        plain = _PLAIN_IN_TEST if in_test else _PLAIN
        while self.at < len(self.text):
            match = plain.match(self.text, self.at)
            if match:
                self.at = match.end()
                pieces.append(Piece(Kind.TEXT, match.group()))
            elif self.text[self.at] in "\\'\"$`":
                pieces += self._read_marked()
            elif self.text[self.at] in "<>" and self.text.startswith("(", self.at + 1):
                pieces.append(self._read_files())
            else:
                break
        return tuple(pieces)

    def read_arithmetic(self, end: str) -> None:
        """Pass over an arithmetic expression, reading the substitutions in it."""
        self._deepen()
        open_brackets = 0
        while not (self.text.startswith(end, self.at) and not open_brackets):
            if self.at >= len(self.text):
                raise Unreadable(f"an arithmetic expression is never closed by {end}")
            if self.text[self.at] in "\\'\"$`":
                self._read_marked()
                continue
            open_brackets += {"(": 1, ")": -1}.get(self.text[self.at], 0)
            self.at += 1
        self.depth -= 1
        self.at += len(end)

    def is_arithmetic(self, start: int) -> bool:
        """Tell whether what begins after `((` is closed by `))`, and is not one group within another."""
        open_brackets, at = 2, start
        while at < len(self.text) and open_brackets:
            open_brackets += {"(": 1, ")": -1}.get(self.text[at], 0)
            if open_brackets == 1:
                break
            at += 1
        self.budget.spend(at - start)
        return self.text.startswith("))", at)

    def read_awaited(self) -> None:
        """Read the here-documents that begin on this line."""
        awaited, self.awaited = self.awaited, []
        for redirect, delimiter, is_quoted, drops_tabs in awaited:
            lines: list[str] = []
            while self.at < len(self.text):
                end = self.text.find("\n", self.at) + 1 or len(self.text)
                line, self.at = self.text[self.at : end], end
                bare = line.lstrip("\t") if drops_tabs else line
                if bare.removesuffix("\n") == delimiter:
                    break
                lines.append(bare)
            text = "".join(lines)
            redirect.target = (Piece(Kind.TEXT, text, is_quoted=True),) if is_quoted else self.within(text).read_text()

    def read_text(self) -> Word:
        """Read all of the text as one in which expansions happen, but quotes mean nothing."""
        pieces: list[Piece] = []
        while self.at < len(self.text):
            match = _PLAIN_IN_TEXT.match(self.text, self.at)
            if match:
                self.at = match.end()
                pieces.append(Piece(Kind.TEXT, match.group(), is_quoted=True))
            else:
                pieces += self._read_in_quotes()
        return tuple(pieces)

    def _read_marked(self) -> list[Piece]:
        """Read what a quote, a backslash, a dollar or a backtick begins."""
        match self.text[self.at]:
            case "\\":
                escaped = self.text[self.at + 1 : self.at + 2]
                self.at += 2
                return [] if escaped == "\n" else [Piece(Kind.TEXT, escaped or "\\", is_quoted=True)]
            case "'":
                start = self.at + 1
                end = self.text.find("'", start)
                if end < 0:
                    raise Unreadable("a quote is opened and never closed by '")
                self.at = end + 1
                return [Piece(Kind.TEXT, self.text[start:end], is_quoted=True)]
            case '"':
                return self._read_quoted(1)
            case "`":
                return [self._read_backticks(is_quoted=False)]
            case _:
                return self._read_dollar(is_quoted=False)

    def _read_quoted(self, skipped: int) -> list[Piece]:
        self.at += skipped
        pieces = [Piece(Kind.TEXT, "", is_quoted=True)]
        while self.at < len(self.text):
            match = _PLAIN_IN_QUOTES.match(self.text, self.at)
            if match:
                self.at = match.end()
                pieces.append(Piece(Kind.TEXT, match.group(), is_quoted=True))
            elif self.text[self.at] == '"':
                self.at += 1
                return pieces
            else:
                pieces += self._read_in_quotes()
        raise Unreadable('a quote is opened and never closed by "')

    def _read_in_quotes(self) -> list[Piece]:
        """Read what a backslash, a dollar or a backtick begins where double quotes, or a here-document, hold it."""
        if self.text[self.at] == "`":
            return [self._read_backticks(is_quoted=True)]
        if self.text[self.at] == "$":
            return self._read_dollar(is_quoted=True)
        escaped = self.text[self.at + 1 : self.at + 2]
        self.at += 1 + len(escaped)
        if escaped == "\n":
            return []
        return [Piece(Kind.TEXT, escaped if escaped and escaped in '$`"\\' else "\\" + escaped, is_quoted=True)]

    def _read_backticks(self, *, is_quoted: bool) -> Piece:
        start = self.at
        self.at += 1
        inside: list[str] = []
        while self.text[self.at : self.at + 1] != "`":
            if self.at >= len(self.text):
                raise Unreadable("a quote is opened and never closed by `")
            at = self.at + (self.text[self.at] == "\\" and self.text[self.at + 1 : self.at + 2] in {"`", "\\", "$"})
            inside.append(self.text[at : at + 1])
            self.at = at + 1
        self.at += 1
        first = len(self.script.commands)
        self._deeper(self.within("".join(inside)), ())
        return self._unknown(start, is_quoted=is_quoted, first=first)

    def _read_dollar(self, *, is_quoted: bool) -> list[Piece]:
        following = self.text[self.at + 1 : self.at + 2]
        match following:
            case "(":
                return [self._read_substitution(is_quoted=is_quoted)]
            case "{":
                return [self._read_braces(is_quoted=is_quoted)]
            case "[":
                start = self.at
                self.at += 2
                self.read_arithmetic("]")
                return [self._unknown(start, is_quoted=is_quoted)]
            case "'" if not is_quoted:
                return [Piece(Kind.TEXT, self._read_escaped(), is_quoted=True)]
            case '"' if not is_quoted:
                return self._read_quoted(2)
            case "\\" if self.text.startswith("\\\n", self.at + 1):
                raise Unreadable("a line ends within an expansion")
            case _:
                name = _NAME.match(self.text, self.at + 1)
                self.at = name.end() if name else self.at + 1
                return [
                    Piece(Kind.VARIABLE, name.group(), is_quoted) if name else Piece(Kind.TEXT, "$", is_quoted=True)
                ]

    def _read_escaped(self) -> str:
        """Read `$'…'`."""
        at = self.at + 2
        while at < len(self.text) and self.text[at] != "'":
            at += 2 if self.text[at] == "\\" else 1
        if at >= len(self.text):
            raise Unreadable("a quote is opened and never closed by '")
        start, self.at = self.at + 2, at + 1
        return _ESCAPE.sub(_unescaped, self.text[start:at])

    def _read_substitution(self, *, is_quoted: bool) -> Piece:
        start = self.at
        if self.text.startswith("((", self.at + 1) and self.is_arithmetic(self.at + 3):
            self.at += 3
            self.read_arithmetic("))")
            return self._unknown(start, is_quoted=is_quoted)
        self.at += 2
        first = len(self.script.commands)
        self._deeper(self, (")",))
        self._close(")")
        return self._unknown(start, is_quoted=is_quoted, first=first)

    def _unknown(self, start: int, *, is_quoted: bool, first: int | None = None) -> Piece:
        """Return what only the shell can tell: its text as it is written, and the commands read in it since `first`."""
        commands = () if first is None else tuple(self.script.commands[first:])
        self.budget.spend(self.at - start + len(commands))
        return Piece(Kind.UNKNOWN, self.text[start : self.at], is_quoted, commands)

    def _read_files(self) -> Piece:
        """Read `<(…)` or `>(…)`."""
        start = self.at
        self.at += 2
        self._deeper(self, (")",))
        self._close(")")
        return self._unknown(start, is_quoted=True)

    def _read_braces(self, *, is_quoted: bool) -> Piece:
        start = self.at
        whole = _WHOLE_NAME.match(self.text, self.at + 2)
        if whole:
            self.at = whole.end()
            return Piece(Kind.VARIABLE, whole.group(1), is_quoted)
        setting = _SETTING_NAME.match(self.text, self.at + 2)
        if setting:
            self.script.values.setdefault(setting.group(1), []).append(None)
        self.at += 2
        self._deepen()
        while not self.text.startswith("}", self.at):
            if self.at >= len(self.text):
                raise Unreadable("an expansion is never closed by }")
            match = _PLAIN_IN_BRACES.match(self.text, self.at)
            if match:
                self.at = match.end()
            elif self.text[self.at] == "{" or (self.text[self.at] == "'" and is_quoted):
                self.at += 1
            else:
                self._read_marked()
        self.depth -= 1
        self.at += 1
        self.script.evaluates = self.script.evaluates or self.text.endswith("@P}", start, self.at)
        return self._unknown(start, is_quoted=is_quoted)

    def _deeper(self, reader: Words, closing: Collection[str]) -> None:
        self._deepen()
        reader.depth = self.depth
        reader.read_list(closing)
        if reader is not self and reader.at < len(reader.text):
            raise Unreadable(f"{reader.text[reader.at : reader.at + 10]!r} stands where no command can begin")
        self.depth -= 1

    def _deepen(self) -> None:
        self.depth += 1
        self.budget.spend(LEVEL_STEPS)
        if self.depth > _DEPTH_MAX:
            raise Unreadable(f"it nests more than {_DEPTH_MAX} levels deep")

    def _close(self, end: str) -> None:
        if not self.text.startswith(end, self.at):
            raise Unreadable(f"something is opened and never closed by {end}")
        self.at += len(end)


def _unescaped(escape: re.Match[str]) -> str:
    r"""Return the character that an escape of `$'…'` stands for, such as `\x72`."""
    *numbers, control, letter = escape.groups()
    for digits, base in zip(numbers, (16, 16, 16, 8), strict=True):
        if digits is not None:
            number = int(digits, base)
            return chr(number & 0xFF if base == 8 else number) if number <= 0x10FFFF else "\ufffd"
    if control is not None:
        return chr(ord(control) & 0x1F)
    return _LETTERS.get(letter, letter if letter in "\\'\"?" else "\\" + letter)
