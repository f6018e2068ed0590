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
