"""The records suites leave: JUnit XML and the output of unittest."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from surefoot.checks.junit import JunitUnreadable, read_junit
from surefoot.checks.test_judgement import Result
from surefoot.checks.unittest_output import make_verbose, read_unittest

P, S, F = Result
CASES = """<?xml version="1.0"?><testsuites><testsuite><properties/>
<testcase classname="t.A" name="ok"><system-out>x</system-out></testcase>
<testcase classname="t.A" name="no"><failure>x</failure></testcase>
<testcase classname="t.A" name="bad"><error/></testcase>
<testcase classname="t.A" name="later"><skipped/></testcase>
<testcase classname="t.A" name="twice"/><testcase classname="t.A" name="twice"><error/></testcase>
<testcase name="bare"/></testsuite></testsuites>"""

NEW = """\
test_a (m.A.test_a) ... ok
test_doc (m.A.test_doc)
What it shows. ... ok
test_glued (m.A.test_glued) ... printedok
test_line (m.A.test_line) ... printed
ok
noisetest_late (m.A.test_late) ... skipped 'why (not)'
test_x (m.A.test_x) ... expected failure
test_y (m.A.test_y) ... unexpected success
ERROR
test_sub (m.A.test_sub) ...\x20
  test_sub (m.A.test_sub) [one] (i=1) ... FAIL
test_liar (m.A.test_liar) ... look at me (a.b)
ok
FAIL
test_mute (m.A.test_mute) ...
"""
SUMMARY = """
======================================================================
ERROR: setUpClass (m.B)
----------------------------------------------------------------------
test_none (m.A.test_none) ... ok
======================================================================
FAIL: test_liar (m.A.test_liar)
----------------------------------------------------------------------
Ran 10 tests in 0.001s

FAILED (failures=2, errors=1)
"""
OLD = """\
test_a (m.A) ... ok
test_doc (m.A)
What it shows. ... FAIL

----------------------------------------------------------------------
Ran 2 tests in 0.001s
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the XML is."""
    return tmp_path / "junit.xml"


def test_junit_cases_are_read(file: Path) -> None:
    """Errors are failures, the worse of two results counts, and a class name may be missing."""
    file.write_text(CASES)
    expected = {"t.A::ok": P, "t.A::no": F, "t.A::bad": F, "t.A::later": S, "t.A::twice": F, "::bare": P}
    assert read_junit(file) == expected


def test_junit_that_is_missing_is_told_from_junit_that_is_empty(file: Path) -> None:
    """No file is no record; a file without cases is a suite without tests."""
    assert read_junit(file) is None
    file.write_text("<testsuites/>")
    assert read_junit(file) == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<testsuite><testcase>",
        '<!DOCTYPE t [<!ENTITY a "b">]><testsuite/>',
        '<!DOCTYPE t SYSTEM "file:///etc/passwd"><testsuite/>',
    ],
)
def test_junit_that_cannot_be_trusted_is_refused(file: Path, text: str) -> None:
    """A file cut short, and whatever could reach outside it or grow without end."""
    file.write_text(text)
    with pytest.raises(JunitUnreadable):
        read_junit(file)


def test_junit_is_read_from_plain_files_only(file: Path) -> None:
    """A pipe would be waited for for ever."""
    os.mkfifo(file)
    with pytest.raises(JunitUnreadable):
        read_junit(file)


def test_junit_is_not_read_through_a_link(file: Path) -> None:
    """A link could show something else than the command's own record."""
    file.symlink_to("/etc/hostname")
    with pytest.raises(JunitUnreadable):
        read_junit(file)


def test_a_verbose_unittest_run_is_read() -> None:
    """Docstrings, output in between, sub-tests, class fixtures; the summary overrules what a test may have printed."""
    run = read_unittest(NEW + SUMMARY)
    passed, failed = ["a", "doc", "glued", "line"], ["y", "sub", "liar"]
    expected = {f"m.A::test_{name}": P for name in passed} | {f"m.A::test_{name}": F for name in failed}
    assert run.results == expected | {"m.A::test_late": S, "m.A::test_x": S, "m.B::setUpClass": F}
    assert run.ran == 10


def test_the_output_of_older_pythons_is_read() -> None:
    """Before 3.11 the method's name does not stand in the parentheses."""
    assert read_unittest(OLD).results == {"m.A::test_a": P, "m.A::test_doc": F}


def test_the_output_of_several_runs_is_added_up() -> None:
    """A command may run unittest more than once."""
    run = read_unittest(OLD + OLD.replace("m.A", "m.B"))
    assert (run.ran, len(run.results)) == (4, 4)


@pytest.mark.parametrize("line", ["a" * 40_000, "a (b) [" + "] (" * 10_000])
def test_no_line_of_a_suite_takes_long_to_read(line: str) -> None:
    """An expression that searches it holds all threads; a line of base64 is enough to make it take minutes."""
    before = time.process_time()
    read_unittest(f"{line}\n{NEW}{SUMMARY}")
    assert time.process_time() - before < 1


def test_what_a_test_prints_may_be_long() -> None:
    """Its name stands before it, and its ending behind it."""
    printed = "test_a (m.A.test_a) ... " + "x" * 100_000 + "ok\n"
    assert read_unittest(printed + SUMMARY).results["m.A::test_a"] is P


def test_a_run_that_did_not_end_has_no_number() -> None:
    """So that nobody takes half of a suite for the whole."""
    assert read_unittest(NEW).ran is None


@pytest.mark.parametrize(
    ("command", "verbose"),
    [
        ("python -m unittest", "python -m unittest -v"),
        ("python3 -m unittest discover -s t", "python3 -m unittest discover -v -s t"),
        ("A=b .venv/bin/python -m unittest t.discover && x", "A=b .venv/bin/python -m unittest -v t.discover && x"),
        ("python -m unittest a; python -m unittest b", "python -m unittest -v a; python -m unittest -v b"),
        ("python tests/run.py", "python tests/run.py -v"),
        ("python manage.py test", "python manage.py test"),
        ("make test", "make test"),
        ("python -m unittest2", "python -m unittest2"),
    ],
)
def test_unittest_is_made_verbose_where_that_is_safe(command: str, verbose: str) -> None:
    """A command that is not known to take `-v` stays as it is."""
    assert make_verbose(command) == verbose
