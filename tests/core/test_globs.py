"""Globs over files: the rules of FORMATS by table, and against a naive matcher."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.core.globs import matches, samples, translate
from surefoot.core.ids import matches_id

YES = [
    ("a.py", "a.py"),
    ("*.py", "a.py"),
    ("*.py", ".py"),
    ("*", ".hidden"),
    ("?.py", "a.py"),
    ("**", "a"),
    ("**", "a/b/c"),
    ("**/x", "x"),
    ("**/x", "a/b/x"),
    ("a/**", "a/b"),
    ("a/**", "a/b/c"),
    ("a/**/b", "a/b"),
    ("a/**/b", "a/c/d/b"),
    ("a/**/**/b", "a/b"),
    ("src/**/*.py", "src/x.py"),
    ("./a", "a"),
    ("a/", "a/b/c"),
    ("./", "a/b"),
    (".", "a"),
    ("[ab].py", "a.py"),
    ("[!ab].py", "c.py"),
    ("[a-c]", "b"),
    ("[[]x]", "[x]"),
    ("[*]", "*"),
    ("[?]", "?"),
    ("[]]", "]"),
    ("[-a]", "-"),
    ("[!]]", "a"),
    ("[^a]", "^"),
    ("[a", "[a"),
    ("{a,b}", "{a,b}"),
    ("a\nb*", "a\nbc"),
    ("***", "abc"),
    ("[&&--||~~[]", "["),
]
NO = [
    ("*.py", "a/b.py"),
    ("?", "/"),
    ("a?b", "a/b"),
    ("a/**", "a"),
    ("a/", "a"),
    ("a/**/b", "ab"),
    ("**/x", "ax"),
    ("**x", "a/x"),
    ("[!a]", "/"),
    ("a[+-0]b", "a/b"),
    ("[!ab].py", "a.py"),
    ("[z-a]", "m"),
    ("[*]", "a"),
    ("{a,b}", "a"),
    ("", "a"),
    ("a.py", "aXpy"),
    ("a", "a\n"),
]


@pytest.mark.parametrize(("glob", "path"), YES)
def test_a_glob_matches_the_paths_it_means(glob: str, path: str) -> None:
    """Each rule of FORMATS, and what it allows."""
    assert matches(path, [glob])


@pytest.mark.parametrize(("glob", "path"), NO)
def test_a_glob_matches_nothing_else(glob: str, path: str) -> None:
    """Each rule of FORMATS, and what it excludes."""
    assert not matches(path, [glob])


def test_no_globs_match_no_path() -> None:
    """An empty list allows nothing."""
    assert not matches("a", [])


def test_one_of_several_globs_is_enough() -> None:
    """A list of globs means any of them."""
    assert matches("b.py", ["a/**", "*.py"])


def naive_part(glob: str, name: str) -> bool:
    """Match one path component by trying everything."""
    if not glob:
        return not name
    if glob[0] == "*":
        return naive_part(glob[1:], name) or (bool(name) and naive_part(glob, name[1:]))
    return bool(name) and glob[0] in {"?", name[0]} and naive_part(glob[1:], name[1:])


def naive(glob: list[str], path: list[str]) -> bool:
    """Match whole paths by trying everything."""
    if not glob:
        return not path
    if glob[0] != "**":
        return bool(path) and naive_part(glob[0], path[0]) and naive(glob[1:], path[1:])
    if len(glob) == 1:
        return bool(path)
    return naive(glob[1:], path) or (bool(path) and naive(glob, path[1:]))


part_globs = st.one_of(st.just("**"), st.text("ab*?.", min_size=1, max_size=4).filter(lambda part: part != "."))
globs = st.lists(part_globs, min_size=1, max_size=4)
paths = st.lists(st.text("ab.", min_size=1, max_size=3), min_size=1, max_size=4)


@given(glob=globs, path=paths)
def test_globs_match_what_a_naive_matcher_matches(glob: list[str], path: list[str]) -> None:
    """The regular expression is only a faster way to say the same."""
    assert matches("/".join(path), ["/".join(glob)]) == naive(glob, path)


@given(glob=st.text("ab*?[]!-^\\&~|./{}", max_size=12), path=st.text(max_size=8))
def test_any_text_is_a_glob(glob: str, path: str) -> None:
    """No glob breaks the matcher, and none warns."""
    assert matches(path, [glob]) == (translate(glob).fullmatch(path) is not None)


@given(glob=globs)
def test_a_glob_covers_its_own_samples(glob: list[str]) -> None:
    """The paths that stand for a glob are paths the glob matches."""
    text = "/".join(glob)
    assert all(matches(sample, [text]) for sample in samples(text))


@given(inner=globs, outer=globs, path=paths)
def test_a_glob_that_covers_the_samples_of_another_covers_its_paths(
    inner: list[str], outer: list[str], path: list[str]
) -> None:
    """Samples are enough to tell that one glob lies inside another."""
    small, big, text = "/".join(inner), "/".join(outer), "/".join(path)
    if all(matches(sample, [big]) for sample in samples(small)) and matches(text, [small]):
        assert matches(text, [big])


@pytest.mark.parametrize(
    ("glob", "path"),
    [("*a" * 9 + "*b", "a" * 42), ("**/a/" * 8 + "b", "a/" * 42 + "c"), ("**/*a*a*a/" * 6 + "b", "aaaa/" * 24 + "c")],
)
def test_no_glob_takes_long(glob: str, path: str) -> None:
    """Each of these took seconds, and hours with a few stars more, when all ways to share a path were tried."""
    before = time.process_time()
    assert not matches(path, [glob])
    assert time.process_time() - before < 1


def test_no_glob_over_ids_takes_long() -> None:
    """As for files."""
    before = time.process_time()
    assert not matches_id("*a" * 9 + "*b", "a" * 42)
    assert time.process_time() - before < 1


@given(glob=st.text("ab*?", max_size=8), name=st.text("ab/", max_size=8))
def test_globs_over_ids_match_what_a_naive_matcher_matches(glob: str, name: str) -> None:
    """A star takes a slash as any other character."""
    assert matches_id(glob, name) == naive_part(glob, name)


@given(glob=st.text("ab*", max_size=12), name=st.text("ab", max_size=12))
def test_many_stars_match_what_a_naive_matcher_matches(glob: str, name: str) -> None:
    """A star that takes as little as it can loses nothing."""
    if glob and name and glob != "**":
        assert matches(name, [glob]) == naive_part(glob, name)
