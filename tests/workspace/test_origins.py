"""Partial, shallow and sparse checkouts, paths that differ by case, and files of odd kinds."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from surefoot.errors import WorkspaceError
from surefoot.workspace.collisions import find_collisions, is_case_blind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Folder, Stage

RUN = "20260101-abcdef"


@pytest.fixture(params=["blob:none", "tree:0"])
def partial(request: pytest.FixtureRequest, user: Folder, tmp_path: Path) -> Folder:
    """Return a partial clone of the repository, with an empty checkout."""
    user.git("config", "uploadpack.allowFilter", "true")
    user.git("config", "uploadpack.allowAnySHA1InWant", "true")
    folder = replace(user, path=tmp_path / "partial")
    user.git("clone", "-q", "--no-checkout", f"--filter={request.param}", f"file://{user.path}", str(folder.path))
    return folder


def test_a_partial_clone_gets_what_the_base_consists_of(partial: Folder, stage_on: Callable[..., Stage]) -> None:
    """And no ref, and nothing of what came before."""
    refs = partial.git("for-each-ref")
    stage = stage_on(partial)
    assert (stage.lane.path / "src/a.py").read_text() == "a = 2\n"
    assert [one.kind for one in stage.space.remarks] == ["partial-clone"]
    absent = partial.git("rev-list", "--objects", "--missing=print", "HEAD~1").count("\n?")
    stage.space.remove()
    assert (partial.git("for-each-ref"), absent > 0) == (refs, True)


def test_a_partial_clone_whose_remote_is_gone_is_refused(
    partial: Folder, user: Folder, stage_on: Callable[..., Stage]
) -> None:
    """With what to do; nothing is left in the repository."""
    partial.sh("git read-tree HEAD || true; git update-index --refresh -q || true")
    user.path.rename(user.path.with_name("moved"))
    with pytest.raises(WorkspaceError, match=r"partial clone: \d+ of the objects .* fetch origin` work|promisor"):
        stage_on(partial)
    assert partial.git("for-each-ref", "refs/surefoot") == ""


def test_a_partial_clone_that_has_all_fetches_nothing(
    partial: Folder, user: Folder, stage_on: Callable[..., Stage]
) -> None:
    """The remote may be out of reach."""
    partial.git("checkout", "-q", "main")
    user.path.rename(user.path.with_name("moved"))
    assert stage_on(partial).space.remarks == ()


def test_the_result_of_a_shallow_clone_can_be_landed(
    user: Folder, tmp_path: Path, stage_on: Callable[..., Stage]
) -> None:
    """It stays shallow."""
    shallow = replace(user, path=tmp_path / "shallow")
    user.git("clone", "-q", "--depth=1", f"file://{user.path}", str(shallow.path))
    stage = stage_on(shallow)
    stage.space.landing.land(stage.step(), squash=False, message="x")
    assert (shallow.path / "step.txt").read_text() == "done\n"
    assert shallow.git("rev-list", "--count", "HEAD") == "2"


@pytest.mark.parametrize("how", [("--cone", "src/deep"), ("--no-cone", "/src/deep/"), ("--sparse-index", "src/deep")])
def test_a_lane_is_full_where_the_checkout_is_sparse(
    user: Folder, stage_on: Callable[..., Stage], how: tuple[str, str]
) -> None:
    """And landing leaves it sparse."""
    user.git("sparse-checkout", "set", *how)
    stage = stage_on(user)
    assert (stage.lane.path / "src/deep/b.py").exists()
    assert (stage.lane.path / "run.sh").exists()
    commit = stage.step("wide/new.txt")
    stage.lane.write("src/deep/b.py", "b = 2\n")
    commit = stage.space.write_commit(stage.space.tree("1"), commit, "deep\n", at=0)
    stage.space.landing.land(commit, squash=False, message="x")
    assert (user.path / "src/deep/b.py").read_text() == "b = 2\n"
    assert not (user.path / "wide").exists()
    assert user.git("sparse-checkout", "list").strip("/") == "src/deep"


def test_uncommitted_changes_of_a_sparse_checkout_leave_the_rest_as_it_is(
    user: Folder, stage_on: Callable[..., Stage]
) -> None:
    """What is not checked out has not been deleted."""
    user.git("sparse-checkout", "set", "src/deep")
    user.write("src/deep/b.py", "b = 'dirty'\n")
    stage = stage_on(user, include_dirty=True)
    assert stage.space.changes(user.git("rev-parse", "HEAD^{tree}"), stage.space.base_tree) == ("src/deep/b.py",)


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        (["a", "b/a", "A/b"], [("a", "A")]),
        (["x/A.txt", "x/a.txt", "x/b"], [("x/A.txt", "x/a.txt")]),
        (["Docs/a", "docs/b"], []),
        (["Straße", "STRASSE"], [("Straße", "STRASSE")]),
        (["a", "b", "a/b".replace("a/", "c/")], []),
    ],
)
def test_what_is_one_place_to_who_ignores_case_is_found(paths: list[str], found: list[tuple[str, str]]) -> None:
    """Two files, or a file and a folder; two folders get along."""
    assert find_collisions(paths) == found


def test_paths_that_differ_by_case_are_fine_where_case_counts(user: Folder, stage_on: Callable[..., Stage]) -> None:
    """As here."""
    user.sh("echo A > Name; echo a > name; git add -A; git commit -q --no-verify -m case")
    stage = stage_on(user)
    assert not is_case_blind(stage.run_dir)
    assert (stage.lane.path / "Name").read_text() == "A\n"


def test_paths_that_differ_by_case_are_refused_where_it_does_not(user: Folder, stage_on: Callable[..., Stage]) -> None:
    """With their names, the reason, and what to do."""
    user.sh("echo A > Name; echo a > name; git add -A; git commit -q --no-verify -m case")
    user.git("config", "core.ignoreCase", "true")
    with pytest.raises(WorkspaceError, match=r"'Name' and 'name'.*core\.ignorecase is set.*Rename one"):
        stage_on(user)
    assert user.git("for-each-ref", "refs/surefoot") == ""


def test_nested_repositories_are_no_part_of_a_base(user: Folder, stage_on: Callable[..., Stage]) -> None:
    """They are named, and the user's stays."""
    user.sh("mkdir nested; cd nested; git init -q; echo x > x; git add x; git commit -q -m x")
    stage = stage_on(user, include_dirty=True)
    assert [(one.kind, one.text[:8]) for one in stage.space.remarks] == [("nested-repository", "'nested'")]
    assert not (stage.lane.path / "nested").exists()
    assert (user.path / "nested/x").exists()


LINKS = {
    "to-file": "src/a.py",
    "to-folder": "src",
    "dangling": "nowhere",
    "absolute": "/etc/hostname",
    "out": "../../x",
}


@pytest.fixture
def linked(user: Folder, stage_on: Callable[..., Stage]) -> Stage:
    """Return a workspace on a repository with links of all kinds."""
    for name, target in LINKS.items():
        (user.path / name).symlink_to(target)
    user.sh("git add -A; git commit -q --no-verify -m links")
    return stage_on(user)


@pytest.mark.parametrize("change", ["rm {0}", "rm {0}; echo x > {0}", "rm {0}; mkdir {0}", "ln -sfn elsewhere {0}"])
@pytest.mark.parametrize("name", LINKS)
def test_links_are_changes_and_come_back(linked: Stage, name: str, change: str) -> None:
    """Whatever they lead to, and whatever took their place; nothing behind them is touched."""
    linked.lane.sh(change.format(name))
    assert linked.space.changes(linked.space.base_tree, linked.space.tree("1")) == (name,)
    linked.space.restore("1", linked.space.base)
    assert os.readlink(linked.lane.path / name) == LINKS[name]  # noqa: PTH115 - the text itself
    assert linked.space.tree("1") == linked.space.base_tree


def test_a_mode_is_a_change_and_comes_back(stage: Stage) -> None:
    """With no byte of the file changed."""
    stage.lane.sh("chmod +x src/a.py; chmod -x run.sh")
    assert stage.space.changes(stage.space.base_tree, stage.space.tree("1")) == ("run.sh", "src/a.py")
    stage.space.restore("1", stage.space.base)
    modes = [(stage.lane.path / name).stat().st_mode & stat.S_IXUSR for name in ("src/a.py", "run.sh")]
    assert modes == [0, stat.S_IXUSR]


@pytest.mark.parametrize("autocrlf", ["true", "input", "false"])
def test_line_endings_come_back_byte_by_byte(user: Folder, stage_on: Callable[..., Stage], autocrlf: str) -> None:
    """As the user's own git checks them out, mixed and binary ones included."""
    user.write(".gitattributes", "*.win text eol=crlf\n*.unix text eol=lf\n*.raw -text\n")
    user.sh(r"printf 'a\r\nb\r\n' | tee x.win x.unix x.raw x.txt; printf 'a\nb\r\n' > mixed.raw; printf 'n\n' > n.txt")
    user.git("config", "core.autocrlf", autocrlf)
    user.sh("git add -A; git commit -q --no-verify -m eol; rm x.* *.raw n.txt; git checkout -q .")
    stage = stage_on(user)
    names = ("x.win", "x.unix", "x.raw", "x.txt", "mixed.raw", "n.txt")
    wanted = {name: (user.path / name).read_bytes() for name in names}
    stage.lane.sh("for file in x.* mixed.raw n.txt; do echo other > $file; done")
    stage.space.restore("1", stage.space.base)
    assert {name: (stage.lane.path / name).read_bytes() for name in names} == wanted


NAMES = [b"-dash", b"new\nline", b'quo"te', b"ta\tb", b"back\\slash", b"latin\xe9", "emoji\N{SNOWMAN}".encode(), b" "]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_any_name_is_held(stage: Stage, name: bytes) -> None:
    """In trees, lists and restores."""
    path = stage.lane.path / os.fsdecode(name)
    path.write_bytes(b"x")
    tree = stage.space.tree("1")
    assert stage.space.changes(stage.space.base_tree, tree) == (os.fsdecode(name),)
    commit = stage.space.write_commit(tree, stage.space.base, "odd\n", at=0)
    path.unlink()
    assert stage.space.restore("1", commit).tree == tree
    assert path.read_bytes() == b"x"
