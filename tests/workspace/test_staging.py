"""What the engine reads of a lane and writes into it, while something else changes it.

Read `tests/attacks/test_service_links.py` for the attack as a whole.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from surefoot import safe_open
from surefoot.errors import EffectError
from surefoot.settings import LaneLimits
from surefoot.workspace.folder_files import make_folder
from surefoot.workspace.staged_files import Allowance, copy_out, put_in

if TYPE_CHECKING:
    from conftest import Stage

SWAP = """
import ctypes, os, sys
swap = ctypes.CDLL(None).renameat2
while True:
    try:
        os.symlink(sys.argv[1], "objects/link")
    except OSError:
        pass
    for _ in range(100):
        swap(-100, b"info", -100, b"objects/link", 2)
"""
UNLIMITED = Allowance(LaneLimits(), "writes")


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """Return a folder with a file beside the lane, which nobody may touch."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "file").write_text("secret", "utf-8")
    return folder


@pytest.mark.parametrize("path", ["link", "folder/file", "pipe", "missing", "folder/../outside/file"])
def test_only_a_plain_file_is_opened(tmp_path: Path, outside: Path, path: str) -> None:
    """No link at the path or on the way is followed, and no pipe is waited for."""
    (tmp_path / "link").symlink_to(outside / "file")
    (tmp_path / "folder").symlink_to(outside)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match=r"link|plain|No such|symbolic"):
        safe_open.open_plain(tmp_path / path)


def test_a_link_is_followed_only_as_long_as_it_stays_below_the_folder(tmp_path: Path, outside: Path) -> None:
    """Checks read through links within a lane."""
    (outside / "inner").symlink_to("file")
    (outside / "outer").symlink_to(tmp_path / "other")
    (tmp_path / "other").write_text("other", "utf-8")
    with safe_open.open_within(outside, outside / "inner") as file:
        assert file.read() == b"secret"
    with pytest.raises(OSError, match="leads out of"):
        safe_open.open_within(outside, outside / "outer")


def test_what_lies_beyond_a_link_is_not_copied(stage: Stage, outside: Path, tmp_path: Path) -> None:
    """It counts as gone, as in git; the link itself is copied as a link."""
    (stage.lane.path / "d").symlink_to(outside)
    copied = copy_out(stage.lane.path, ["d/file", "d", "src/a.py"], tmp_path / "copies", UNLIMITED)
    assert list(copied) == ["src/a.py"]
    assert (tmp_path / "copies/d").is_symlink()


def test_nothing_is_put_beyond_a_link(stage: Stage, outside: Path, tmp_path: Path) -> None:
    """A folder takes the place of a link that stands on the way."""
    (tmp_path / "copies/d").mkdir(parents=True)
    (tmp_path / "copies/d/file").write_text("ours", "utf-8")
    (stage.lane.path / "d").symlink_to(outside)
    put_in(tmp_path / "copies", ["d/file"], stage.lane.path)
    assert (outside / "file").read_text("utf-8") == "secret"
    assert (stage.lane.path / "d/file").read_text("utf-8") == "ours"


def test_a_repository_that_is_put_back_removes_nothing_beyond_a_link(stage: Stage, outside: Path) -> None:
    """Whatever exchanges a folder of it with a link meanwhile."""
    names = {f"victim{number}" for number in range(100)}
    for name in names:
        (outside / name).touch()
    clone = stage.space.clone_path("1")
    swapping = subprocess.Popen([sys.executable, "-c", SWAP, str(outside)], cwd=clone)
    try:
        for _ in range(60):
            with suppress(OSError):
                stage.space.reset_refs("1", stage.space.base)
    finally:
        swapping.kill()
        swapping.wait()
    assert names.issubset(path.name for path in outside.iterdir())


@pytest.mark.parametrize(
    ("limits", "key"),
    [
        (LaneLimits(file_bytes_max=9), "file_bytes_max"),
        (LaneLimits(step_bytes_max=15), "step_bytes_max"),
        (LaneLimits(step_files_max=1), "step_files_max"),
    ],
)
def test_more_than_a_limit_is_refused(stage: Stage, tmp_path: Path, limits: LaneLimits, key: str) -> None:
    """The message names the setting that would allow it."""
    for name in ("one", "two"):
        stage.lane.write(name, "0123456789")
    with pytest.raises(EffectError, match=f"`{key}` of \\[lanes\\]"):
        copy_out(stage.lane.path, ["one", "two"], tmp_path / "copies", Allowance(limits, "writes"))


def test_reading_ends_with_the_time_of_the_step(stage: Stage, tmp_path: Path) -> None:
    """However much there is to read."""
    stage.lane.write("one", "1")
    allowance = Allowance(LaneLimits(), "writes", within_s=0.0)
    with pytest.raises(EffectError, match="within its time-out"):
        copy_out(stage.lane.path, ["one"], tmp_path / "copies", allowance)


def test_a_file_that_git_converts_gets_the_form_of_a_checkout(stage: Stage) -> None:
    """So that checks are asked about what is committed."""
    stage.lane.write(".gitattributes", "*.txt text eol=lf\n")
    (stage.lane.path / "c.txt").write_bytes(b"one\r\n")
    changed = stage.space.take_committed_form("1", stage.space.tree("1"))
    assert (changed, (stage.lane.path / "c.txt").read_bytes()) == (("c.txt",), b"one\n")


def test_a_file_with_the_line_ends_of_a_checkout_stays_as_it_is(stage: Stage) -> None:
    """Its line ends come back as they were, so that nothing has to be written."""
    stage.lane.write(".gitattributes", "*.txt text eol=crlf\n")
    (stage.lane.path / "c.txt").write_bytes(b"one\r\n")
    tree = stage.space.tree("1")
    assert stage.space.take_committed_form("1", tree) == ()
    assert stage.space.tree("1") == tree


def test_lanes_that_make_their_common_folder_at_once_do_not_remove_it(tmp_path: Path) -> None:
    """Each finds it missing; the one that comes second takes what the first has made."""
    for number in range(100):
        together = threading.Barrier(2)

        def make(path: Path, together: threading.Barrier = together) -> bool:
            together.wait()
            return make_folder(path)

        paths = [tmp_path / f"indexes-{number}" / name for name in ("1", "2")]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(make, paths))
        assert [path.is_dir() for path in paths] == [True, True]
