"""What changes take from tests is told; what may be a rewrite for the better is not (M82)."""

from __future__ import annotations

import pytest

from surefoot.core.weakened_tests import Changed, is_watched, weakened

TWO = "def test_a():\n    assert f(1) == 2\n    assert f(2) < 5\n"


def said(before: str, after: str, path: str = "tests/test_a.py") -> str:
    """Return what is told of one changed file."""
    return "; ".join(weakened([Changed(path=path, before=before, after=after)]))


@pytest.mark.parametrize(
    ("after", "words"),
    [
        ("def test_a():\n    assert f(1) == 2\n", "1 assertion fewer"),
        (TWO.replace("    assert f(2)", "    # assert f(2)"), "1 assertion fewer"),
        ("", "was deleted, with 1 test"),
        (f"@pytest.mark.skip\n{TWO}", "1 mark more by which tests are left out"),
        (TWO.replace("f(1) == 2", "True"), "1 assertion more that always holds"),
        (TWO.replace("< 5", "< 500"), "`assert f(2) < 5` is 500 now"),
        (TWO.replace("():\n", "():\n    return\n"), "1 test more that ends by `return` before its assertions"),
    ],
)
def test_a_weaker_test_is_told(after: str, words: str) -> None:
    """With its file and how much."""
    assert words in said(TWO, after)


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(f"{TWO}\ndef test_b():\n    assert f(3)\n", id="more"),
        pytest.param(TWO.replace("< 5", "< 3"), id="stricter"),
        pytest.param(TWO.replace("():\n", "():\n    if not posix:\n        return\n"), id="one way out"),
        pytest.param(f"{TWO}    return\n\ndef helper():\n    return 1\n\nassert helper()\n", id="at the end"),
        pytest.param(f"{TWO}\n@pytest.mark.skipif(windows)\ndef test_b():\n    assert g()\n", id="a new one"),
        pytest.param('@pytest.mark.parametrize("n", [1, 2])\ndef test_a(n):\n    assert f(n)\n', id="cases"),
    ],
)
def test_another_test_is_not_told(after: str) -> None:
    """Prefer to miss than to alarm."""
    assert said(TWO, after) == ""


NAMED = "LIMIT = 5\nEPSILON: float = 1e-6\nLEAST = 3\nSEED = 1\n\ndef test_a():\n"
NAMED += "    assert f(2) < LIMIT and f(SEED)\n    assert f(3) == approx(1, abs=EPSILON)\n    assert f(4) >= LEAST\n"


@pytest.mark.parametrize(
    ("then", "now", "is_told"),
    [
        ("LIMIT = 5", "LIMIT = 50", True),
        ("1e-6", "0.1", True),
        ("LEAST = 3", "LEAST = 0", True),
        ("LIMIT = 5", "LIMIT = 4", False),
        ("LEAST = 3", "LEAST = 4", False),
        ("SEED = 1", "SEED = 9", False),
    ],
)
def test_a_looser_figure_with_a_name_is_told(then: str, now: str, *, is_told: bool) -> None:
    """Where assertions compare with it, and let more through than before."""
    assert ("which assertions compare with" in said(NAMED, NAMED.replace(then, now))) == is_told


@pytest.mark.parametrize(
    ("then", "now", "is_told"),
    [
        ("self.assertLess(f(1, 2), 5)", "self.assertLess(f(1, 2), 50)", True),
        ("self.assertGreaterEqual(f(), 0.9)", "self.assertGreaterEqual(f(), 0.5)", True),
        ("self.assertLessEqual(f(), LIMIT)", "self.assertLessEqual(f(), LIMIT)  # LIMIT = 9", False),
        ("self.assertLess(f(), 5)", "self.assertLess(f(), 3)", False),
        ("self.assertEqual(f(), 5)", "self.assertEqual(f(), 50)", False),
        ("self.assertLess(5, f())", "self.assertLess(4, f())", False),
        ("self.assertLess(f(), 5, 'slow')", "self.assertLess(f(), 6, 'slow')", False),
        ("f()\n    assert g()", "raise unittest.SkipTest('later')\n    assert g()", True),
    ],
)
def test_bounds_of_unittest_and_its_skip_are_seen(then: str, now: str, *, is_told: bool) -> None:
    """Where the bound is the last argument; all else may mean anything."""
    before, after = (f"LIMIT = 3\n\ndef test_a(self):\n    {line}\n" for line in (then, now))
    assert bool(weakened([Changed(path="tests/test_a.py", before=before, after=after)])) is is_told


def test_a_looser_name_that_an_assertion_of_unittest_compares_with_is_told() -> None:
    """And a tighter one is not."""
    text = "class TestA:\n    def test_a(self):\n        self.assertLess(f(), MOST)\n\nMOST = 3\n"
    changes = [text.replace("MOST = 3", f"MOST = {figure}") for figure in (30, 2)]
    assert [bool(weakened([Changed(path="tests/test_a.py", before=text, after=one)])) for one in changes] == [
        True,
        False,
    ]


def test_tests_that_move_are_not_lost() -> None:
    """From one file to another of the same change."""
    moved = [
        Changed(path="tests/test_a.py", before=TWO, after=""),
        Changed(path="tests/b/test_a.py", before="", after=TWO),
    ]
    assert weakened(moved) == ()


def test_a_lowered_threshold_and_a_hidden_failure_are_told() -> None:
    """In the files that say how strict tests are."""
    assert "fail_under was lowered from 90 to 50" in said("fail_under = 90\n", "fail_under = 50\n", "pyproject.toml")
    assert "their failure is hidden" in said("test:\n\tpytest\n", "test:\n\tpytest --deselect a\n", "Makefile")


def test_only_tests_and_their_settings_are_looked_at() -> None:
    """No fixtures, and no code of the product."""
    paths = ["src/a.py", "tests/data.json", "src/testing/clock.py", "a_test.go", "web/app.spec.ts", "Makefile"]
    assert [path for path in paths if is_watched(path)] == ["a_test.go", "web/app.spec.ts", "Makefile"]
