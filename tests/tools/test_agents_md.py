"""The advice that counts is the one nearest to what a step writes."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from surefoot.tools import guidance_of
from surefoot.tools.agents_md import BYTES_MAX


@pytest.mark.parametrize(
    ("near", "path"),
    [
        ((), "AGENTS.md"),
        (("src/deep/er/names.txt",), "src/deep/AGENTS.md"),
        (("src/deep/**",), "src/deep/AGENTS.md"),
        (("src/deep/a.py", "src/deep/er/**"), "src/deep/AGENTS.md"),
        (("src/deep/a.py", "src/greet.py"), "AGENTS.md"),
        (("src/*.py",), "AGENTS.md"),
        (("nowhere/at/all.py",), "AGENTS.md"),
    ],
)
def test_the_nearest_file_counts(lane: Any, near: tuple[str, ...], path: str) -> None:
    """From the folder that all the files have in common, upwards."""
    lane.write({"AGENTS.md": "root", "src/deep/AGENTS.md": "deep", "src/CLAUDE.md": "other"})
    found = guidance_of(lane.root, near)
    assert found is not None
    assert found.path == path
    assert found.digest == hashlib.sha256((lane.root / path).read_bytes()).hexdigest()


def test_the_other_name_is_taken_where_there_is_no_agents_file(lane: Any) -> None:
    """Nowhere on the way up."""
    lane.write({"src/CLAUDE.md": "other"})
    found = guidance_of(lane.root, ["src/greet.py"])
    assert (found and found.text, guidance_of(lane.root, ["README.md"])) == ("other", None)


def test_advice_from_outside_is_none(lane: Any) -> None:
    """A link may lead to anything of the user's."""
    (lane.root.parent / "mine.md").write_text("mine")
    (lane.root / "AGENTS.md").symlink_to("../mine.md")
    assert guidance_of(lane.root, ()) is None


def test_long_advice_is_cut(lane: Any) -> None:
    """What is left out is said."""
    lane.write({"AGENTS.md": "x" * (BYTES_MAX + 1)})
    found = guidance_of(lane.root, ())
    assert found is not None
    assert found.text.endswith("x\n[the rest is left out]")
