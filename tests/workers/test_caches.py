"""Caches of installers: what is copied between a lane and the kept caches, and what is not.

Read `tests/attacks/test_cache_of_installers.py` for what it refuses.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from surefoot.workers import caches
from surefoot.workers.caches import keep_caches, lend_caches


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Return the cache folder of a lane, with a package in it."""
    own = tmp_path / "own"
    (own / "uv/archive").mkdir(parents=True)
    (own / "uv/archive/six.py").write_text("good", "utf-8")
    return own


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Return where caches are kept; nothing is there yet."""
    return tmp_path / "kept"


def test_a_new_lane_gets_what_an_earlier_one_has_kept(own: Path, kept: Path, tmp_path: Path) -> None:
    """Nothing has to be fetched twice."""
    keep_caches(own, kept)
    lend_caches(kept, tmp_path / "next")
    assert (tmp_path / "next/uv/archive/six.py").read_text("utf-8") == "good"


def test_a_lane_gets_files_of_its_own(own: Path, kept: Path, tmp_path: Path) -> None:
    """A hard link would let a step change the kept file through the one in its environment."""
    (own / "uv/archive/linked.py").hardlink_to(own / "uv/archive/six.py")
    keep_caches(own, kept)
    lend_caches(kept, tmp_path / "next")
    files = [path for path in tmp_path.rglob("*.py") if not path.is_relative_to(own)]
    assert [path.stat().st_nlink for path in files] == [1] * 4


def test_what_is_kept_is_not_replaced(own: Path, kept: Path) -> None:
    """Of two lanes that are prepared at once the first one's files stay."""
    keep_caches(own, kept)
    (own / "uv/archive/six.py").write_text("other", "utf-8")
    keep_caches(own, kept)
    assert (kept / "uv/archive/six.py").read_text("utf-8") == "good"


def test_links_of_a_cache_stay_links(own: Path, kept: Path) -> None:
    """An installer's cache refers to its packages by relative links."""
    (own / "uv/link").symlink_to("archive")
    keep_caches(own, kept)
    assert (kept / "uv/link").readlink() == Path("archive")


def test_nothing_is_written_through_a_link_in_the_kept_caches(own: Path, kept: Path, tmp_path: Path) -> None:
    """A package's build script could leave a link to a place outside, and a folder of that name the next time."""
    (tmp_path / "outside").mkdir()
    (own / "uv/later").symlink_to(tmp_path / "outside")
    keep_caches(own, kept)
    (own / "uv/later").unlink()
    (own / "uv/later").mkdir()
    (own / "uv/later/file").touch()
    keep_caches(own, kept)
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_cache_that_is_itself_a_link_is_not_kept(own: Path, kept: Path, tmp_path: Path) -> None:
    """What it leads to may be anything of the person's."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/key").touch()
    (own / "pip").symlink_to(tmp_path / "secret")
    keep_caches(own, kept)
    assert not (kept / "pip").exists()


def test_pipes_in_a_cache_are_left_out(own: Path, kept: Path) -> None:
    """Opening one would wait for ever."""
    os.mkfifo(own / "uv/pipe")
    keep_caches(own, kept)
    assert sorted(path.name for path in (kept / "uv").iterdir()) == ["archive"]


def test_a_cache_that_has_grown_too_large_is_dropped(own: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copying it for each lane would take longer than fetching what is needed."""
    keep_caches(own, kept)
    monkeypatch.setattr(caches, "BYTES_MAX", 0)
    keep_caches(own, kept)
    assert not (kept / "uv").exists()


def test_other_caches_are_not_carried(own: Path, kept: Path) -> None:
    """Some hold absolute paths, or code that is run from where it lies."""
    (own / "pre-commit").mkdir()
    keep_caches(own, kept)
    assert not (kept / "pre-commit").exists()
