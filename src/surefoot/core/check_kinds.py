"""The table of check kinds: their records and their keys in plan files.

A new kind is a record and a row of `CHECK_KINDS` here, and its module in `surefoot.checks`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from typing import ClassVar, Self

from surefoot.core.globs import literal
from surefoot.core.plan_keys import FLAG, FUNCTION, PATH, PATHS, PLAIN, TEXT, Key, Kind, Value, Way, record_of, words
from surefoot.core.record import record


class Expect(StrEnum):
    """What a check proves."""

    PASS = "pass"  # noqa: S105 - the word of the plan file, not a password
    PASS_TO_PASS = "pass_to_pass"  # noqa: S105
    FAIL_TO_PASS = "fail_to_pass"  # noqa: S105


_TESTS_EXPECTED = {
    Expect.PASS: "no test fails",
    Expect.PASS_TO_PASS: "each test that passed before passes",
    Expect.FAIL_TO_PASS: "each test that failed before passes, and none fails",
}


class _Question:
    """What code asks of a check without knowing of which kind the check is."""

    __slots__ = ()
    is_by_test: ClassVar[bool] = False
    """Whether it is judged test by test."""

    @property
    def runs(self) -> str | None:
        """The shell command that it runs, if it runs one."""
        return None

    @property
    def calls(self) -> str | None:
        """The Python function that it calls, if it calls one."""
        return None

    @property
    def looks_at(self) -> str | None:
        """A glob over the files that it reads, from the check's folder, if they are all that it asks about."""
        return None

    @property
    def searched(self) -> tuple[str, ...]:
        """Texts that it looks for; a brace in them is most likely meant."""
        return ()

    @property
    def question(self) -> str:
        """The question, as agents and people read it."""
        raise NotImplementedError

    @property
    def label(self) -> str:
        """The name of a check that has none of its own."""
        return self.runs or self.calls or self.question

    def expected(self, expect: Expect) -> str:
        """Say in a few words what it expects to find."""
        raise NotImplementedError

    def from_root(self, globs: Callable[[tuple[str, ...]], tuple[str, ...]]) -> Self:
        """Return the question with its globs that count from the root of the workspace changed."""
        del globs
        return self


@record
class CommandCheck(_Question):
    """Passed when the command ends with exit status 0."""

    command: str
    """The text given to bash."""

    @property
    def runs(self) -> str:
        """The command."""
        return self.command

    @property
    def question(self) -> str:
        """Whether the command ends well."""
        return f"`{self.command}` ends with exit status 0"

    def expected(self, expect: Expect) -> str:
        """Say which exit status."""
        del expect
        return "exit status 0"


@record
class TestsCheck(_Question):
    """Judged test by test from the command's own record of its tests."""

    __test__ = False  # the name begins like a test's, and pytest looks
    is_by_test = True

    command: str
    """The text given to bash."""
    format: str = "junit"
    """`junit` (XML at `$SUREFOOT_JUNIT`) or `unittest` (the output of `-v`)."""

    @property
    def runs(self) -> str:
        """The command."""
        return self.command

    @property
    def question(self) -> str:
        """Which tests."""
        return f"the tests of `{self.command}`"

    def expected(self, expect: Expect) -> str:
        """Say which tests have to pass."""
        return _TESTS_EXPECTED[expect]


@record
class FileCheck(_Question):
    """Asks about the files a glob matches. Exactly one of the four questions is set."""

    glob: str
    exists: bool | None = None
    """At least one file matches (or, if False, none does)."""
    contains: str | None = None
    """Every matching file holds this text."""
    lacks: str | None = None
    """No matching file holds this text."""
    matches: str | None = None
    """Every matching file matches this regular expression somewhere (multi-line)."""

    @property
    def looks_at(self) -> str:
        """The glob."""
        return self.glob

    @property
    def searched(self) -> tuple[str, ...]:
        """The text that each file holds or lacks, or the expression."""
        return tuple(text for text in (self.contains, self.lacks, self.matches) if text is not None)

    @property
    def question(self) -> str:
        """What the files hold."""
        if self.exists is not None:
            return f"{self.glob} {'exists' if self.exists else 'does not exist'}"
        word = next(word for word in ("contains", "lacks", "matches") if getattr(self, word) is not None)
        return f"{self.glob} {word} {getattr(self, word)!r}"

    def expected(self, expect: Expect) -> str:
        """Say what the files should hold."""
        del expect
        if self.exists is not None:
            return f"{'a file matches' if self.exists else 'no file matches'} {self.glob}"
        if self.lacks is not None:
            return f"no {self.lacks!r} in {self.glob}"
        wanted = repr(self.contains) if self.contains is not None else f"a match of {self.matches!r}"
        return f"{wanted} in each file of {self.glob}"


@record
class CallCheck(_Question):
    """A Python function that returns a bool or (verdict, text)."""

    function: str
    """`package.module:function`."""

    @property
    def calls(self) -> str:
        """The function."""
        return self.function

    @property
    def question(self) -> str:
        """What the function says."""
        return f"the function {self.function} says yes"

    def expected(self, expect: Expect) -> str:
        """Say what the function should return."""
        del expect
        return f"{self.function} returns True"


@record
class ChangedCheck(_Question):
    """Passed when all paths the step changed lie inside the globs."""

    globs: tuple[str, ...]

    @property
    def question(self) -> str:
        """Where the changes lie."""
        return f"all changed files match {', '.join(self.globs)}"

    @property
    def label(self) -> str:
        """The globs."""
        return f"changed only {', '.join(self.globs)}"

    def expected(self, expect: Expect) -> str:
        """Say where the changes should lie."""
        del expect
        return f"no changed path outside {', '.join(self.globs)}"

    def from_root(self, globs: Callable[[tuple[str, ...]], tuple[str, ...]]) -> Self:
        """Return the question about other globs."""
        return replace(self, globs=globs(self.globs))


@record
class JsonCheck(_Question):
    """Passed when the value at a path of a JSON file equals another one."""

    file: str
    path: str
    """Where in the file: dotted, or a pointer of RFC 6901 (see `surefoot.core.json_paths`)."""
    equals: object
    """The value: a number, text, flag, null, list or mapping."""

    @property
    def looks_at(self) -> str:
        """The file."""
        return literal(self.file)

    @property
    def question(self) -> str:
        """Which value stands where."""
        return f"{self.path} in {self.file} is {json.dumps(self.equals, ensure_ascii=False)}"

    def expected(self, expect: Expect) -> str:
        """Say which value should stand where."""
        del expect
        return self.question


CheckQuestion = CommandCheck | TestsCheck | FileCheck | CallCheck | ChangedCheck | JsonCheck

_NEEDLE = Value("needle")
# fmt: off
CHECK_KINDS: tuple[Kind, ...] = (
    Kind(CommandCheck, (
        Key("run", TEXT, "A command.", field="command", way=Way.SHELL,
            planner="A command; passed when its exit status is 0."),
    ), ("The command ends with exit status 0.", "Exit status 126 or 127, a signal, a time-out.")),
    Kind(TestsCheck, (
        Key("tests", TEXT, "A command that runs tests.", field="command", way=Way.SHELL,
            planner="A command that runs tests, judged test by test."),
        Key("format", words(("junit", "unittest")), "`junit` (an XML file at `$SUREFOOT_JUNIT`; pytest is told by "
            "itself) or `unittest` (`-v` is added and the output is read).", planner="With `tests`: how it tells of "
            "its tests. pytest: junit (default)."),
    ), (("By test id: no test that passed before is failed, skipped or missing now (`pass_to_pass`); none fails "
        "(`pass`); every test that failed before passes now and none fails (`fail_to_pass`)."),
        "No test was collected, or no record of them was written.")),
    Kind(FileCheck, (
        Key("file", PATH, "A glob over files.", field="glob", way=Way.GLOB, planner="A glob over files; goes with "
            "exists, contains, lacks or matches."),
        Key("exists", FLAG, "`true`: at least one file matches; `false`: none does.", usual="",
            planner="With `file`: whether one matches."),
        Key("contains", _NEEDLE, "Every matching file holds this text, and there is one.", usual="", way=Way.PLAIN,
            planner="With `file`: each holds this text."),
        Key("lacks", _NEEDLE, "No matching file holds this text.", usual="", way=Way.PLAIN,
            planner="With `file`: none holds this text."),
        Key("matches", Value("pattern_by_line"), "Every matching file matches this regular expression somewhere (`^` "
            "and `$` at each line), and there is one. In [RE2's syntax](#regular-expressions).", usual="",
            way=Way.PLAIN, planner="With `file`: each matches this regular expression somewhere."),
    ), ("The files that match a glob answer its question; see below.", "With `lacks`: no file matches the glob."),
        one_of=("exists", "contains", "lacks", "matches")),
    Kind(CallCheck, (
        Key("call", FUNCTION, "A Python function.", field="function"),
    ), ('`module:function` returns `True`, `(True, text)` or `("passed", text)`.',
        "It raises, cannot be imported, or returns something else.")),
    Kind(ChangedCheck, (
        Key("changed", PATHS, "Globs over files.", field="globs", way=Way.GLOB,
            planner="All changed paths match these globs."),
    ), ("All paths the step changed lie inside the globs.", "")),
    Kind(JsonCheck, (
        Key("json", record_of("json_check"), "`{file: PATH, path: PATH, equals: VALUE}`.",
            planner="{file: PATH, path: PATH, equals: VALUE}: VALUE stands at the path of a JSON file."),
        Key("file", PATH, "The file, relative to the root of the repository.", need="the JSON file", way=Way.PLAIN),
        Key("path", TEXT, "Where the value stands in the file.", need="a path such as a.b[0]", way=Way.PLAIN),
        Key("equals", PLAIN, "The value.", "A text is never equal to a number, nor `true` to 1.", need="the value"),
    ), ("The value at a path of a JSON file equals another one; see below.",
        "The file cannot be read.")),
)
# fmt: on
