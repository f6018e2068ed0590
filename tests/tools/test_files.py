"""Nothing that a lane holds leads a tool out of it, or holds it up."""

from __future__ import annotations

import os
from typing import Any

import pytest

from surefoot.tools.lane_files import FILE_BYTES_MAX, LaneFiles, Refused, clean


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "~/.ssh/id_rsa",
        "../a",
        "src/../../a",
        ".git/config",
        "a/.GIT/x",
        "a\0b",
        "\ud800",
        "é" * 128,
        "x/" * 600,
    ],
)
def test_a_path_that_leads_out_is_refused(path: str) -> None:
    """However it is written."""
    with pytest.raises(Refused):
        clean(path)


async def test_a_link_out_of_the_lane_is_not_followed(lane: Any) -> None:
    """Neither as a file nor as a folder on the way."""
    (lane.root.parent / "secret").write_text("s3cret")
    (lane.root / "file").symlink_to("../secret")
    (lane.root / "folder").symlink_to("..")
    for path in ("file", "folder/secret"):
        result = await lane("read", path=path)
        assert (result.ok, "leads out of the workspace" in result.text, dict(result.saw)) == (False, True, {})


async def test_a_link_within_the_lane_is_read_as_the_file_it_leads_to(lane: Any) -> None:
    """What was seen is the file, so that it can be edited by its own name."""
    (lane.root / "alias").symlink_to("src/greet.py")
    result = await lane("read", path="alias")
    assert ([*result.saw], "src/greet.py (named as alias)" in result.text) == (["src/greet.py"], True)


async def test_a_link_into_gits_own_folder_is_not_followed(lane: Any) -> None:
    """The folder stays closed by any name."""
    (lane.root / "config").symlink_to(".git/config")
    assert not (await lane("read", path="config")).ok


async def test_a_pipe_is_refused_at_once(lane: Any) -> None:
    """Opening it for reading would wait for ever."""
    os.mkfifo(lane.root / "pipe")
    result = await lane("read", path="pipe")
    assert (result.ok, "no plain file" in result.text) == (False, True)


async def test_what_is_no_text_is_said_to_be_none(lane: Any) -> None:
    """Binary content and other encodings are named, with where it goes wrong."""
    lane.write({"a.bin": b"\x7fELF\0\0", "latin": b"first\nGr\xfc\xdfe\n"})
    result = await lane("read", path="a.bin", more=[{"path": "latin"}])
    assert "a.bin is binary (6 bytes)" in result.text
    assert "latin is no UTF-8 text (byte 0xfc in line 2)" in result.text


async def test_a_binary_file_that_was_looked_at_can_be_deleted(lane: Any) -> None:
    """That it is binary is all there is to know of it."""
    lane.write({"src/a.bin": b"\0"})
    await lane("read", path="src/a.bin")
    assert (await lane("edit", delete=["src/a.bin"])).ok


async def test_a_file_too_big_to_hold_is_refused(lane: Any) -> None:
    """It is never read as a whole."""
    with (lane.root / "big").open("wb") as file:
        file.truncate(FILE_BYTES_MAX + 1)
    assert "too big" in (await lane("read", path="big")).text


def test_a_write_replaces_a_link_and_not_what_it_leads_to(lane: Any) -> None:
    """Even if somebody puts a link there between the look and the write."""
    outside = lane.root.parent / "outside"
    outside.write_text("mine")
    (lane.root / "src/a").symlink_to(outside)
    LaneFiles(lane.root).write("src/a", b"theirs", None)
    assert (outside.read_text(), lane.text("src/a")) == ("mine", "theirs")
