"""The grammar of bash commands: lists, pipelines, compound commands, functions.

All simple commands come out, in conditions, loops, functions and substitutions alike. What bash would refuse is refused
here too, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from surefoot.core.regex import regex
from surefoot.shellwords.syntax import Kind, Piece, Redirect, Script, Simple, Unreadable, Word
from surefoot.shellwords.word_budget import Budget
from surefoot.shellwords.words import LEVEL_STEPS, Words

_RESERVED = regex(r"(?:[a-z]+|\{|\}|!|\[\[|\]\])(?=[\s;&|()<>]|$)")
_OPENING = {"if", "while", "until", "for", "select", "case", "{", "[[", "function", "time", "!", "coproc"}
_INNER = {"then", "else", "elif", "fi", "do", "done", "esac", "in", "}", "]]"}
_INDEX = regex(r"\[[^\]]{0,200}(?:\$\(|`)")
"""An index that runs a command: `[[ -v … ]]` evaluates it, also where it is quoted."""
_INDEX_STEPS = 8
"""What looking for such an index takes for each character."""
_ASSIGNMENT = regex(r"([A-Za-z_][A-Za-z0-9_]*)(\[[^\]\s]*\])?(\+?)=")
_REDIRECT = regex(r"(?:\d+|\{[A-Za-z_]\w*\})?(<<<|<<-|<<|<>|<&|>>|>&|>\||<(?!\()|>(?!\()|&>>|&>)")
_BLANKS = regex(r"(?:[ \t]+|\\\n|#[^\n]*)*+")
_AFTER_ITEM = regex(r";;&|;;|;&")
_BETWEEN = regex(r"&&|\|\||&(?!>)|;(?![;&])")
_PLAIN_COMMAND = regex(r"([\w./:@%+,-]++(?: [\w./:@%+,=-]++)*+)(?: > ([\w./-]++))?")
_NAME = regex(r"[A-Za-z_][A-Za-z0-9_]*(?=[\s;]|$)")
_TIME_OPTION = regex(r"-p(?=\s)")
_PARENTHESES = regex(r"[ \t]*\([ \t]*\)")
_DECLARING = {"export", "declare", "typeset", "local", "readonly", "alias", "eval"}


def read_script(text: str, budget: Budget) -> Script:
    """Read a whole text.

    Raises:
        Unreadable: it is not what bash would take, nests too deeply, or takes more steps than there are.
    """
    plain = _PLAIN_COMMAND.fullmatch(text)
    if plain is not None and (command := _plain(*plain.groups())) is not None:
        budget.spend(len(text) + LEVEL_STEPS)
        return Script([command])
    script = Script()
    grammar = Grammar(text, script, 0, budget)
    grammar.read_list(())
    if grammar.at < len(text):
        raise Unreadable(f"{text[grammar.at : grammar.at + 10]!r} stands where no command can begin")
    return script


def _plain(words: str, target: str | None) -> Simple | None:
    """Return a command of plain words, as most of a plan are, without looking at each place; None: it is none."""
    command = Simple([(Piece(Kind.TEXT, word),) for word in words.split(" ")])
    if command.words[0][0].text in _OPENING | _INNER:
        return None
    if target is not None:
        command.redirects.append(Redirect(">", (Piece(Kind.TEXT, target),)))
    return command


class Grammar(Words):
    """A place in a text, and how commands are read from there."""

    def within(self, text: str) -> Words:
        """Return a reader for a text within this one."""
        return Grammar(text, self.script, self.depth, self.budget)

    def read_list(self, closing: Collection[str]) -> None:
        """Read commands up to one of the closing words; whether there are any is not asked."""
        self._deepen()
        while True:
            self._skip_lines()
            if self._is_closed(closing):
                break
            self._read_pipeline()
            self._skip_blanks()
            between = _BETWEEN.match(self.text, self.at)
            if between:
                self.at = between.end()
                if len(between.group()) == 2:
                    self._skip_lines()
                    if self._is_closed(closing):
                        raise Unreadable(f"nothing follows {between.group()}")
            elif not self._is_closed(closing) and not self.text.startswith("\n", self.at):
                raise Unreadable(f"{self.text[self.at : self.at + 10]!r} stands where no command can begin")
        self.depth -= 1

    def _is_closed(self, closing: Collection[str]) -> bool:
        if self.at >= len(self.text):
            return True
        if ")" in closing and self.text[self.at] == ")":
            return True
        if ";;" in closing and _AFTER_ITEM.match(self.text, self.at):
            return True
        return bool(closing) and self._reserved() in closing

    def _reserved(self) -> str:
        match = _RESERVED.match(self.text, self.at)
        return match.group() if match else ""

    def _skip_blanks(self) -> None:
        match = _BLANKS.match(self.text, self.at)
        assert match is not None, "no blank at all matches, too"
        self.at = match.end()

    def _skip_lines(self) -> None:
        self._skip_blanks()
        while self.text.startswith("\n", self.at):
            self.at += 1
            self.read_awaited()
            self._skip_blanks()

    def _filled_list(self, closing: Collection[str]) -> None:
        """Read a list that bash does not take empty."""
        self._skip_lines()
        if self._is_closed(closing):
            raise Unreadable("a command is missing")
        self.read_list(closing)

    def _expect(self, word: str) -> None:
        self._skip_lines()
        if self._reserved() != word and not (word in "()" and self.text.startswith(word, self.at)):
            found = self.text[self.at : self.at + 10]
            raise Unreadable(f"`{word}` is missing before {found!r}" if found else f"`{word}` is missing at the end")
        self.at += len(word)

    def _read_pipeline(self) -> None:
        while self._reserved() in {"!", "time"}:
            self.at += len(self._reserved())
            self._skip_blanks()
            self.at += 2 if _TIME_OPTION.match(self.text, self.at) else 0
            self._skip_blanks()
            if self.at >= len(self.text) or self.text[self.at] in ";\n":
                return
        before: Simple | None = None
        while True:
            first = len(self.script.commands)
            self._read_command()
            if before is not None and len(self.script.commands) > first:
                self.script.commands[first].piped_from = before
            self._skip_blanks()
            if not self.text.startswith("|", self.at) or self.text.startswith("||", self.at):
                return
            self.at += 2 if self.text.startswith("|&", self.at) else 1
            before = self.script.commands[-1] if self.script.commands else None
            self._skip_lines()

    def _read_command(self) -> None:
        reserved = self._reserved()
        if reserved in _INNER:
            raise Unreadable(f"`{reserved}` stands where no command can begin")
        if reserved in _OPENING:
            self.at += len(reserved)
            self._read_compound(reserved)
        elif self.text.startswith("((", self.at) and self.is_arithmetic(self.at + 2):
            self.at += 2
            self.read_arithmetic("))")
        elif self.text.startswith("(", self.at):
            self.at += 1
            self._filled_list((")",))
            self._close(")")
        else:
            self._read_simple()
            return
        self._read_redirects()

    def _read_compound(self, opening: str) -> None:
        self._deepen()
        match opening:
            case "if":
                self._read_condition()
            case "while" | "until":
                self._filled_list(("do",))
                self._read_body()
            case "for" | "select":
                self._read_for()
            case "case":
                self._read_case()
            case "{":
                self._filled_list(("}",))
                self._expect("}")
            case "[[":
                self._read_test()
            case "function":
                self._skip_blanks()
                name = self.read_word()
                self._skip_blanks()
                self.at += 2 if self.text.startswith("()", self.at) else 0
                self._read_function(name)
            case _:  # coproc
                self._skip_blanks()
                self._read_command()
        self.depth -= 1

    def _read_condition(self) -> None:
        while True:
            self._filled_list(("then",))
            self._expect("then")
            self._filled_list(("elif", "else", "fi"))
            if self._reserved() != "elif":
                break
            self.at += len("elif")
        if self._reserved() == "else":
            self.at += len("else")
            self._filled_list(("fi",))
        self._expect("fi")

    def _read_body(self) -> None:
        self._expect("do")
        self._filled_list(("done",))
        self._expect("done")

    def _read_for(self) -> None:
        self._skip_blanks()
        if self.text.startswith("((", self.at):
            self.at += 2
            self.read_arithmetic("))")
        else:
            self._read_for_words()
        self._skip_blanks()
        self.at += self.text.startswith(";", self.at)
        self._skip_lines()
        if self._reserved() == "{":
            self.at += 1
            self._filled_list(("}",))
            self._expect("}")
        else:
            self._read_body()

    def _read_for_words(self) -> None:
        name = _NAME.match(self.text, self.at)
        if not name:
            raise Unreadable("`for` names no variable")
        self.at = name.end()
        values = self.script.values.setdefault(name.group(), [])
        self._skip_lines()
        if self._reserved() != "in":
            values.append(None)
            return
        self.at += 2
        self._skip_blanks()
        while word := self.read_word():
            values.append(word)
            self._skip_blanks()

    def _read_case(self) -> None:
        self._skip_blanks()
        if not self.read_word():
            raise Unreadable("`case` has no word")
        self._expect("in")
        self._skip_lines()
        while self._reserved() != "esac":
            self.at += self.text.startswith("(", self.at)
            self._read_case_patterns()
            self.read_list((";;", "esac"))
            after = _AFTER_ITEM.match(self.text, self.at)
            self.at = after.end() if after else self.at
            self._skip_lines()
            if after is None:
                break
        self._expect("esac")

    def _read_case_patterns(self) -> None:
        while True:
            self._skip_blanks()
            if not self.read_word():
                raise Unreadable("a pattern of `case` is missing")
            self._skip_blanks()
            if not self.text.startswith("|", self.at):
                break
            self.at += 1
        self._close(")")

    def _read_test(self) -> None:
        """Read `[[ … ]]`, of which only the substitutions matter."""
        count = 0
        while True:
            self._skip_blanks()
            self.at += self.text.startswith("\n", self.at)
            if self._reserved() == "]]":
                self.at += len("]]")
                break
            before = self.at
            word = self.read_word(in_test=True)
            self.budget.spend(_INDEX_STEPS * (self.at - before))
            self.script.evaluates |= bool(word) and bool(_INDEX.search("".join(piece.text for piece in word)))
            if self.at == before and not self.text.startswith("\n", self.at):
                raise Unreadable("`[[` is never closed by `]]`")
            count += 1
        if not count:
            raise Unreadable("`[[` has nothing in it")

    def _read_function(self, name: Word) -> None:
        if not name:
            raise Unreadable("`function` has no name")
        self._skip_lines()
        first, start = len(self.script.commands), self.at
        if self._reserved() not in _OPENING and not self.text.startswith("(", self.at):
            raise Unreadable("a function has no body")
        self._read_command()
        self.script.functions.add("".join(piece.text for piece in name))
        body = self.text[start : self.at]
        self.budget.spend(len(body) + len(self.script.commands) - first)
        is_itself = any(one.words and one.words[0] == name for one in self.script.commands[first:])
        if is_itself and re.search(r"[|&]", body):
            self.script.calling_themselves.add("".join(piece.text for piece in name))

    def _read_redirects(self) -> None:
        """Read what follows a compound command: it becomes a command of its own, without a name."""
        simple = Simple()
        self._skip_blanks()
        while self._read_redirect(simple):
            self._skip_blanks()
        if simple.redirects:
            self.script.commands.append(simple)

    def _read_redirect(self, simple: Simple) -> bool:
        match = _REDIRECT.match(self.text, self.at)
        if not match:
            return False
        operator = match.group(1)
        self.at = match.end()
        self._skip_blanks()
        target = self.read_word()
        if not target:
            raise Unreadable(f"nothing follows {operator}")
        redirect = Redirect(operator.removesuffix("-") if operator == "<<-" else operator, target)
        simple.redirects.append(redirect)
        if operator in {"<<", "<<-"}:
            delimiter = "".join(piece.text for piece in target)
            is_quoted = any(piece.is_quoted for piece in target)
            redirect.target = ()
            self.awaited.append((redirect, delimiter, is_quoted, operator == "<<-"))
        return True

    def _read_simple(self) -> None:
        simple = Simple()
        while True:
            self._skip_blanks()
            if self._read_redirect(simple) or self._read_assignment(simple):
                continue
            word = self.read_word()
            if not word:
                break
            parentheses = _PARENTHESES.match(self.text, self.at)
            if parentheses and not simple.words and not simple.assignments:
                self.at = parentheses.end()
                self._read_function(word)
                self._read_redirects()
                return
            simple.words.append(word)
        if not (simple.words or simple.assignments or simple.redirects):
            raise Unreadable(f"{self.text[self.at : self.at + 10]!r} stands where no command can begin")
        self.script.commands.append(simple)

    def _read_assignment(self, simple: Simple) -> bool:
        if simple.words and simple.words[0][0].text not in _DECLARING:
            return False
        match = _ASSIGNMENT.match(self.text, self.at)
        if match is None or (simple.words and not self.text.startswith("(", match.end())):
            return False
        self.at = match.end()
        name, is_known = match.group(1), not match.group(2) and not match.group(3)
        value: Word = ()
        if self.text.startswith("(", self.at):  # an array
            is_known = False
            self.at += 1
            self._skip_lines()
            while not self.text.startswith(")", self.at):
                before = self.at
                self.read_word()
                self._skip_lines()
                if self.at == before:
                    raise Unreadable("an array is never closed by )")
            self.at += 1
        else:
            value = self.read_word()
        simple.assignments.append((name, value if is_known else None))
        return True
