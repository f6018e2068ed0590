"""Small changes of what a step wrote: which are made, where, and of what none is."""

from __future__ import annotations

import pytest

from surefoot.checks.mutants import is_code, mutants_around, mutants_of

OLD = b"def f(n):\n    return n\n"
NEW = b"def f(n):\n    if n > 3:\n        return n + 1\n    return n\n"


def test_lines_are_put_back_first() -> None:
    """Whatever the language: what no check would miss is the plainest thing to know."""
    first = mutants_of("a.py", OLD, NEW)[0]
    assert (first.mutant.is_undone, first.mutant.line, first.content) == (True, 2, OLD)


def test_only_lines_of_the_step_are_changed() -> None:
    """Each line has a change before any has a second one."""
    lines = [one.mutant.line for one in mutants_of("a.py", OLD, NEW)[1:]]
    assert (set(lines), lines[:2]) == ({2, 3}, [2, 3])


AROUND = b"""class A:
    def f(self, n):
        k = n + 1
        def g(m):
            return m * 2
        return g(k)

def h(n):
    n = n + 1
    return n - 1
"""


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        (b"m * 3", b"m * 2", {3, 6}),
        (b"n - 2", b"n - 1", {9}),
        (b"        k = 0\n        k = n", b"        k = n", {3, 5, 6}),
        (b"class B", b"class A", set[int]()),
    ],
)
def test_the_rest_of_a_function_that_the_step_changed_is_changed_as_well(
    old: bytes, new: bytes, lines: set[int]
) -> None:
    """Of the outermost one: not its own lines, and no other function."""
    found = mutants_around("a.py", AROUND.replace(new, old), AROUND)
    changed = {at for one in found for at in _differing(AROUND, one.content)}
    assert {one.mutant.line for one in found} == changed == lines


def _differing(one: bytes, other: bytes) -> set[int]:
    pairs = zip(one.splitlines(), other.splitlines(), strict=True)
    return {at for at, (first, second) in enumerate(pairs, start=1) if first != second}


@pytest.mark.parametrize(("path", "old"), [("a.go", OLD), ("a.py", NEW), ("a.py", b"\xff"), ("a.py", None)])
def test_where_nothing_is_around_nothing_is_changed(path: str, old: bytes | None) -> None:
    """No Python, no change, no text, or all of it written by the step."""
    assert mutants_around(path, old, NEW) == []


def test_each_change_is_another_file() -> None:
    """One change is made in each, and it can be run."""
    contents = [one.content for one in mutants_of("a.py", OLD, NEW)]
    assert len(set(contents)) == len(contents)
    assert all(compile(content, "a.py", "exec") for content in contents)
    assert NEW.replace(b"n > 3", b"n >= 3") in contents


def test_a_new_file_has_nothing_to_be_put_back() -> None:
    """Its lines are changed."""
    assert {one.mutant.is_undone for one in mutants_of("a.py", None, NEW)} == {False}


@pytest.mark.parametrize(
    "text", [b"import os\n", b'"""Says what it is."""\n', b"def f(n: int) -> None: ...\n", b"raise E('no')\n", b"(\n"]
)
def test_what_no_check_could_notice_is_left_alone(text: bytes) -> None:
    """Imports, documentation, types and the texts of errors; what is no Python has only lines that are put back."""
    assert [one for one in mutants_of("a.py", None, text) if one.mutant.before != "def f(n: int) -> None: ..."] == []


@pytest.mark.parametrize("pair", [(b"# one\n", b"# two\n"), (b"a\n", b"\n\na\n"), (b"\xff", b"\xfe"), (b"a", b"a")])
def test_comments_and_blank_lines_are_no_change(pair: tuple[bytes, bytes]) -> None:
    """Neither is what is no text."""
    assert mutants_of("a.py", *pair) == []


@pytest.mark.parametrize(
    "path", ["README.md", "tests/test_a.py", "test_a.py", "src/a.test.ts", "conftest.py", "a_test.go"]
)
def test_prose_and_tests_are_not_changed(path: str) -> None:
    """Tests are what is asked, and of prose nothing is."""
    assert not is_code(path)


@pytest.mark.parametrize("path", ["a.py", "src/contest.py", "a.go", "attest.ts"])
def test_code_is_changed(path: str) -> None:
    """Whatever its language."""
    assert is_code(path)
