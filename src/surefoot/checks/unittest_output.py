"""A reader of `python -m unittest -v` output, in the forms of all supported Pythons.

A test is announced as `name (package.module.Class.name)` (before Python 3.11 without the last `.name`), on one line
with its ending, or followed by the first line of its docstring. What the test prints comes between ` ... ` and the
ending. Failures are repeated below a double line, and `Ran N tests` comes last.
"""

from __future__ import annotations

from dataclasses import field

from surefoot.checks.test_judgement import Result, collect
from surefoot.core.record import record
from surefoot.core.regex import regex

_HEADER = regex(r"(?<!\w)(\w+) \(([\w.<>]+)\)(?: \[.*\])?(?: \(.*\))?(?= \.\.\. |$)")
_ENDING = r"(ok|FAIL|ERROR|skipped (?:'.*'|\".*\")|expected failure|unexpected success)"
_CLEAR_ENDING = regex(rf"(?:^|.* \.\.\. ){_ENDING}$")
_GLUED_ENDING = regex(rf".*{_ENDING}$")
_DOUBLE_LINE = "=" * 70
_LINE_MAX = 2_000
"""Of a longer line only both ends are read: what a test prints between its name and its ending has no limit."""
_REPEATED = regex(r"(?:FAIL|ERROR|UNEXPECTED SUCCESS): (\w+) \(([\w.<>]+)\)")
_RAN = regex(r"Ran (\d+) tests? in ")
_MODULE_RUN = regex(r"(-m\s*unittest)(?![.\w-])(\s+discover(?![\w.-]))?")
_SCRIPT_RUN = regex(r"(?:\w+=\S*\s+)*\S*python[\d.]*\s+[\w./-]+\.py")


@record(frozen=False, kw_only=False)
class _Section:
    """What was read between one test's announcement and the next."""

    name: str
    clear: str | None = None
    glued: str | None = None


@record(frozen=False, kw_only=False)
class UnittestRun:
    """What the output of unittest says."""

    ran: int | None = None
    """How many tests ran; None when unittest did not come to its end."""
    results: dict[str, Result] = field(default_factory=dict[str, Result])
    """Each test's result by id."""


def make_verbose(command: str) -> str:
    """Return the command with `-v` after `-m unittest` (or `discover`), or after a lone `python FILE.py`."""
    verbose = _MODULE_RUN.sub(lambda found: f"{found[0]} -v", command)
    if verbose == command and _SCRIPT_RUN.fullmatch(command.strip()):
        return f"{command.strip()} -v"
    return verbose


def read_unittest(output: str) -> UnittestRun:
    """Read the whole output of one or several verbose runs."""
    half = _LINE_MAX // 2
    lines = [line if len(line) <= _LINE_MAX else f"{line[:half]} {line[-half:]}" for line in output.splitlines()]
    # Where one announcement has the form of Python 3.11, lines of the older form are something a test printed.
    is_old = not any((found := _HEADER.search(line)) and _is_full(found[1], found[2]) for line in lines)
    run = UnittestRun()
    sections: list[_Section] = []
    failed: set[str] = set()
    is_summary = False
    for line in lines:
        if line == _DOUBLE_LINE:
            is_summary = True
        elif ran := _RAN.match(line):
            run.ran = (run.ran or 0) + int(ran[1])
            is_summary = False
        elif is_summary:
            if repeated := _REPEATED.match(line):
                failed.add(_id(repeated[1], repeated[2]))
        else:
            _read_line(line, sections, is_old=is_old)
    found = [(section.name, result) for section in sections if (result := _result(section, failed)) is not None]
    run.results = collect([*found, *((name, Result.FAILED) for name in failed)])
    return run


def _read_line(line: str, sections: list[_Section], *, is_old: bool) -> None:
    header = _HEADER.search(line)
    if header is not None and (_is_full(header[1], header[2]) or (is_old and "." in header[2])):
        sections.append(_Section(_id(header[1], header[2])))
    if not sections or sections[-1].clear is not None:
        return
    if clear := _CLEAR_ENDING.match(line):
        sections[-1].clear = clear[1]
    elif glued := _GLUED_ENDING.match(line):
        sections[-1].glued = glued[1]


def _is_full(word: str, place: str) -> bool:
    """Tell whether the place in parentheses ends with the method's name, as it does since Python 3.11.

    What was printed before the name without a line break sticks to it.
    """
    return "." in place and word.endswith(place.rpartition(".")[2])


def _id(word: str, place: str) -> str:
    if _is_full(word, place):
        classname, _, name = place.rpartition(".")
        return f"{classname}::{name}"
    return f"{place}::{word}"


def _result(section: _Section, failed: set[str]) -> Result | None:
    """Return how the test ended; without an ending that can be told it is left out, which never proves anything."""
    ending = section.clear or section.glued
    if section.name in failed or ending in {"FAIL", "ERROR", "unexpected success"}:
        return Result.FAILED
    if ending is None:
        return None
    return Result.PASSED if ending == "ok" else Result.SKIPPED
