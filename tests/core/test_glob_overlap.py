"""Whether two globs can mean one file: by table, and against trying every path."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.core.globs import any_overlap, matches, may_overlap

APART = [
    ("a.py", "b.py"),
    ("src/**", "tests/**"),
    ("*.py", "src/*.py"),
    ("*.py", "*.md"),
    ("a*c", "ab?d"),
    ("[ab].py", "[cd].py"),
    ("[!a]", "a"),
    ("[z-a]", "**"),
    ("[z-a]*", "*"),
    ("", "**"),
    ("a/**", "a"),
    ("a/", "a"),
    ("**/b", "a"),
    ("src/**/test_*.py", "src/**/*_test.md"),
    ("[*]", "a"),
    ("?", "ab"),
    ("docs/*/index.md", "docs/index.md"),
]
TOGETHER = [
    ("a.py", "./a.py"),
    ("**", "a/b"),
    ("src/**", "src/x/*.py"),
    ("src/", "src/**/b"),
    ("*.py", "a*"),
    ("test_*.py", "*_test.py"),
    ("**/a/**", "**/b/**"),
    ("[a-c]x", "[c-e]x"),
    ("[!a]", "[!b]"),
    ("[!z-a]", "x"),
    ("?", "\n"),
    ("{a,b}", "{a,b}"),
    ("[[]x]", "?x?"),
    ("[*]", "?"),
    ("*", ".hidden"),
    ("a/**/b", "a/b"),
    ("[!\udc80]", "\udc81"),
]


@pytest.mark.parametrize(("one", "other"), APART)
def test_globs_that_no_path_matches_both_of_are_apart(one: str, other: str) -> None:
    """Whichever is named first."""
    assert not may_overlap(one, other)
    assert not may_overlap(other, one)


@pytest.mark.parametrize(("one", "other"), TOGETHER)
def test_globs_that_some_path_matches_both_of_overlap(one: str, other: str) -> None:
    """Whichever is named first."""
    assert may_overlap(one, other)
    assert may_overlap(other, one)


def test_the_first_pair_that_overlaps_is_named() -> None:
    """A finding can then say which two globs it rests on."""
    assert any_overlap(["a.py", "src/**"], ["docs/**", "src/x.py", "**"]) == ("a.py", "**")


def test_lists_that_share_no_path_have_no_pair() -> None:
    """Nothing is named where nothing is shared, and an empty list shares nothing."""
    assert any_overlap(["a.py"], ["b.py"]) is None
    assert any_overlap([], ["**"]) is None


LETTERS = "ab-"
NAMES = ["".join(letters) for size in range(1, 7) for letters in product(LETTERS, repeat=size)]
SHAPES = ["/".join(names) for size in range(1, 7) for names in product("ab", repeat=size)]

symbols = st.sampled_from(["a", "b", "*", "?", "[ab]", "[!a]", "[a-]", "[!ab]", "[b-a]", "[!b-a]"])
part_globs = st.lists(symbols, min_size=1, max_size=3).map("".join).filter(lambda part: part not in {"**", "***"})
tree_globs = st.lists(st.sampled_from(["a", "b", "*", "**", "[!a]"]), min_size=1, max_size=3).map("/".join)


@given(one=part_globs, other=part_globs)
def test_within_a_folder_the_answer_is_that_of_trying_every_name(one: str, other: str) -> None:
    """Names of twice the length of the globs are enough to find one that both match."""
    assert may_overlap(one, other) == any(matches(name, [one]) and matches(name, [other]) for name in NAMES)


@given(one=tree_globs, other=tree_globs)
def test_over_folders_the_answer_is_that_of_trying_every_path(one: str, other: str) -> None:
    """Paths of twice as many components as the globs are enough to find one that both match."""
    assert may_overlap(one, other) == any(matches(path, [one]) and matches(path, [other]) for path in SHAPES)


def globs_of(path: str) -> st.SearchStrategy[str]:
    """Blur a path here and there, so that the glob most often still matches it."""
    blurred = [st.sampled_from([letter, letter, "?", "*", "[!x]", f"[{letter}x]"]) for letter in path]
    return st.tuples(*blurred, st.sampled_from(["", "/**", "*", "/"])).map("".join)


paths = st.text("abx.*[]-/\n\udc80", min_size=1, max_size=8).filter(lambda path: "" not in path.split("/"))
blurred_pairs = paths.flatmap(lambda path: st.tuples(st.just(path), globs_of(path), globs_of(path)))


@given(case=blurred_pairs)
def test_globs_that_match_one_path_are_never_called_apart(case: tuple[str, str, str]) -> None:
    """Being wrong here would let two steps write one file at once."""
    path, one, other = case
    assert may_overlap(one, other) or not (matches(path, [one]) and matches(path, [other]))


@given(one=st.text("ab*?[]!-^./{}", max_size=12), other=st.text("ab*?[]!-^./{}", max_size=12))
def test_any_two_texts_can_be_compared(one: str, other: str) -> None:
    """No glob breaks the comparison, and the order of the two does not matter."""
    assert may_overlap(one, other) == may_overlap(other, one)
