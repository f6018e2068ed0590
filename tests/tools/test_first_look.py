"""What is shown of a repository: the tree in short, and the files that a text names."""

from __future__ import annotations

import pytest

from surefoot.tools.first_look import fence, named_in, tree_of

FILES = ["README.md", "src/a.py", "src/b.py", "src/deep/c.py", "tests/test_a.py"]


def test_a_small_tree_is_shown_whole() -> None:
    """One path a line, as tools take them."""
    assert tree_of(FILES, 1_000).split("\n") == FILES


def test_a_big_folder_stands_in_short() -> None:
    """With the number of its files; what is small beside it is shown."""
    files = [*FILES, *(f"data/{number:04}.json" for number in range(1_000))]
    lines = tree_of(sorted(files), 1_000).split("\n")
    assert "data/ (1000 files)" in lines
    assert "src/deep/c.py" in lines


def test_a_tree_without_end_is_cut() -> None:
    """Also where all of it lies in the root."""
    lines = tree_of([f"{number:04}.json" for number in range(1_000)], 1_000).split("\n")
    assert len("\n".join(lines)) < 1_050
    assert lines[-1].startswith("… and 9")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("src/a.py:12: AssertionError", ["src/a.py"]),
        ('File "/tmp/lane/src/deep/c.py", line 3', ["src/deep/c.py"]),
        ("c.py is wrong", ["src/deep/c.py"]),
        ("Repair `README.md`.", ["README.md"]),
        ("nothing.py", []),
        ("../src/b.py::test", ["src/b.py"]),
    ],
)
def test_a_text_names_files(text: str, named: list[str]) -> None:
    """By a path, by its end, or by a name that only one file has."""
    assert named_in(text, FILES) == named


def test_a_fence_is_longer_than_any_in_it() -> None:
    """Nothing in a text can close it."""
    assert fence("a\n`````\nb") == "``````\na\n`````\nb\n``````"
