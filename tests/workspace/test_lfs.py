"""Git LFS without Git LFS: lanes hold contents, commits hold pointers, and the user gets both.

The pointers and the store of contents are made by hand, so that nothing has to be installed.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from surefoot.workspace.lfs_filter import object_path, parse_pointer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Folder, Stage

CONTENT = b"\0some content\r\n" * 9999


def pointer_to(content: bytes) -> str:
    """Return the pointer that Git LFS makes of a content."""
    return (
        "version https://git-lfs.github.com/spec/v1\n"
        f"oid sha256:{hashlib.sha256(content).hexdigest()}\n"
        f"size {len(content)}\n"
    )


def put(user: Folder, content: bytes) -> Path:
    """Put a content into the user's LFS store."""
    path = object_path(user.path / ".git/lfs/objects", hashlib.sha256(content).hexdigest())
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path


@pytest.fixture
def lfs_user(user: Folder) -> Folder:
    """Return the repository with a pointer `big.bin` and what it stands for."""
    user.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
    user.write("big.bin", pointer_to(CONTENT))
    put(user, CONTENT)
    user.git("add", "-A")
    user.git("-c", "core.hooksPath=/dev/null", "commit", "-q", "-m", "big")
    return user


@pytest.fixture
def staged(lfs_user: Folder, stage_on: Callable[..., Stage]) -> Stage:
    """Return a fresh workspace on that."""
    return stage_on(lfs_user)


def test_a_lane_holds_the_content(staged: Stage) -> None:
    """And its tree the pointer; git in the lane sees no change."""
    assert (staged.lane.path / "big.bin").read_bytes() == CONTENT
    assert staged.space.tree("1") == staged.space.base_tree
    assert staged.lane.git("status", "--porcelain") == ""
    assert staged.space.remarks == ()


def test_a_changed_file_is_committed_as_a_pointer_and_its_content_published(staged: Stage) -> None:
    """It lies in the user's own store when the branch is at the commit."""
    commit = staged.step("big.bin", "changed\n")
    assert staged.user.git("cat-file", "--batch-all-objects", "--batch-check=%(objectname)").count(commit) == 0
    staged.space.publish(commit, None)
    assert staged.user.git("show", f"{commit}:big.bin") == pointer_to(b"changed\n").strip()
    digest = hashlib.sha256(b"changed\n").hexdigest()
    assert object_path(staged.user.path / ".git/lfs/objects", digest).read_bytes() == b"changed\n"


def test_a_restore_brings_the_content_back(staged: Stage) -> None:
    """Byte by byte."""
    staged.lane.write("big.bin", "changed\n")
    staged.lane.write("more.bin", "more\n")
    assert staged.space.restore("1", staged.space.base).put_back == ("big.bin",)
    assert (staged.lane.path / "big.bin").read_bytes() == CONTENT


def test_what_was_not_verified_is_not_published(staged: Stage) -> None:
    """The content of a failed attempt stays in the run's own folder."""
    staged.lane.write("failed.bin", "failed\n")
    staged.space.tree("1")
    staged.space.restore("1", staged.space.base)
    staged.space.publish(staged.step("big.bin", "good\n"), None)
    digest = hashlib.sha256(b"failed\n").hexdigest()
    assert not object_path(staged.user.path / ".git/lfs/objects", digest).exists()


def test_looking_at_what_was_written_stores_nothing(staged: Stage) -> None:
    """It may hold a secret. It is as long as what was there, so that git has to read it."""
    secret = "a secret".ljust(len(CONTENT))
    staged.lane.write("big.bin", secret)
    assert staged.space.written("1") == ("big.bin",)
    digest = hashlib.sha256(secret.encode()).hexdigest()
    assert list(staged.run_dir.rglob(digest)) == []


def test_a_content_the_user_does_not_have_stays_a_pointer(lfs_user: Folder, stage_on: Callable[..., Stage]) -> None:
    """A remark names the file."""
    lfs_user.sh("rm -r .git/lfs")
    stage = stage_on(lfs_user)
    assert (stage.lane.path / "big.bin").read_text() == pointer_to(CONTENT)
    assert stage.space.tree("1") == stage.space.base_tree
    assert [(one.kind, "'big.bin'" in one.text) for one in stage.space.remarks] == [("lfs-missing", True)]


@pytest.mark.parametrize("content", ["no pointer\n", "", pointer_to(b"x").replace("size", "ext-0-odd sha256:00\nsize")])
def test_what_is_stored_in_git_itself_stays_there(
    lfs_user: Folder, stage_on: Callable[..., Stage], content: str
) -> None:
    """A file that was committed before it was tracked by LFS, an empty one, a pointer with extensions."""
    lfs_user.write("raw.bin", content)
    lfs_user.git("add", "-A")
    lfs_user.git("-c", "core.hooksPath=/dev/null", "commit", "-q", "-m", "raw")
    stage = stage_on(lfs_user)
    (stage.lane.path / "raw.bin").touch()
    assert stage.space.tree("1") == stage.space.base_tree
    assert (stage.lane.path / "raw.bin").read_text() == content


def test_uncommitted_contents_can_be_part_of_the_base(lfs_user: Folder, stage_on: Callable[..., Stage]) -> None:
    """As pointers, with the contents in the user's store."""
    lfs_user.write("big.bin", "dirty\n")
    stage = stage_on(lfs_user, include_dirty=True)
    assert (stage.lane.path / "big.bin").read_text() == "dirty\n"
    assert lfs_user.git("show", f"{stage.space.base}:big.bin") == pointer_to(b"dirty\n").strip()
    assert object_path(lfs_user.path / ".git/lfs/objects", hashlib.sha256(b"dirty\n").hexdigest()).exists()


def test_a_store_elsewhere_is_found(lfs_user: Folder, stage_on: Callable[..., Stage], tmp_path: Path) -> None:
    """`lfs.storage` names it."""
    (lfs_user.path / ".git/lfs").rename(tmp_path / "contents")
    lfs_user.git("config", "lfs.storage", str(tmp_path / "contents"))
    stage = stage_on(lfs_user)
    assert (stage.lane.path / "big.bin").read_bytes() == CONTENT


def test_other_filters_are_remarked_upon(lfs_user: Folder, stage_on: Callable[..., Stage]) -> None:
    """None of them is applied."""
    lfs_user.write(".gitattributes", "src/** filter=crypt\n")
    lfs_user.git("-c", "core.hooksPath=/dev/null", "commit", "-q", "-a", "-m", "crypt")
    remarks = stage_on(lfs_user).space.remarks
    assert [(one.kind, "(crypt)" in one.text) for one in remarks] == [("filters-not-applied", True)]


def test_git_in_a_lane_makes_pointers_too(staged: Stage) -> None:
    """A body that commits by itself sees what it would see at home."""
    staged.lane.write("more.bin", "more\n")
    staged.lane.git("add", "more.bin")
    assert staged.lane.git("cat-file", "-p", ":more.bin") == pointer_to(b"more\n").strip()


@pytest.mark.parametrize(
    "text", ["", "version 1\n", pointer_to(b"x") + "\n", pointer_to(b"x").replace("sha256", "md5")]
)
def test_what_is_no_pointer_is_not_taken_for_one(text: str) -> None:
    """Only the canonical form is."""
    assert parse_pointer(text.encode()) is None
