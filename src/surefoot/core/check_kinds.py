"""The kinds of checks: the questions as data, and the keys of a plan file that ask them.

A new kind is a record and a row of `CHECK_KINDS` here, and the module of `surefoot.checks` that asks the question.
"""

from __future__ import annotations

from enum import StrEnum

from surefoot.core.plan_keys import FLAG, FUNCTION, PATH, PATHS, TEXT, Key, Kind, Value, Way, words
from surefoot.core.record import record


class Expect(StrEnum):
    """What a check proves."""

    PASS = "pass"  # noqa: S105 - the word of the plan file, not a password
    PASS_TO_PASS = "pass_to_pass"  # noqa: S105
    FAIL_TO_PASS = "fail_to_pass"  # noqa: S105


@record
class CommandCheck:
    """Passed when the command ends with exit status 0."""

    command: str
    """The text given to bash."""


@record
class TestsCheck:
    """Judged test by test from the command's own record of its tests."""

    __test__ = False  # the name begins like a test's, and pytest looks

    command: str
    """The text given to bash."""
    format: str = "junit"
    """`junit` (XML at `$SUREFOOT_JUNIT`) or `unittest` (the output of `-v`)."""


@record
class FileCheck:
    """Asks about the files a glob matches. Exactly one of the four questions is set."""

    glob: str
    """Which files, relative to the lane's root."""
    exists: bool | None = None
    """At least one file matches (or, if False, none does)."""
    contains: str | None = None
    """Every matching file holds this text."""
    lacks: str | None = None
    """No matching file holds this text."""
    matches: str | None = None
    """Every matching file matches this regular expression somewhere (multi-line)."""


@record
class CallCheck:
    """A Python function that returns a bool or (verdict, text)."""

    function: str
    """`package.module:function`."""


@record
class ChangedCheck:
    """Passed when all paths the step changed lie inside the globs."""

    globs: tuple[str, ...]
    """Globs over files."""


CheckQuestion = CommandCheck | TestsCheck | FileCheck | CallCheck | ChangedCheck

_NEEDLE = Value("needle")
# fmt: off
CHECK_KINDS: tuple[Kind, ...] = (
    Kind(CommandCheck, (
        Key("run", TEXT, "A command.", field="command", way=Way.SHELL,
            planner="A command; passed when its exit status is 0."),
    ), ("The command ends with exit status 0.", "Exit status 126 or 127, a signal, a time-out.")),
    Kind(TestsCheck, (
        Key("tests", TEXT, "A command that runs tests.", field="command", way=Way.SHELL,
            planner="A command that runs tests, judged test by test, such as `python -m pytest -q`."),
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
)
# fmt: on
