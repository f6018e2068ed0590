"""Landing: the user's own act, all of it or nothing."""

from __future__ import annotations

import subprocess
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from surefoot.errors import WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Folder, Stage

    from surefoot.workspace import LandedFiles


REFUSING_HOOKS = """
touch m; git add m; git commit -qm m
printf '#!/bin/sh\\necho no; exit 1' > .git/hooks/pre-merge-commit
cp .git/hooks/pre-merge-commit .git/hooks/pre-commit
chmod +x .git/hooks/*
"""
MERGE_UNDER_WAY = """
git checkout -q -b x HEAD~1; echo c > src/a.py; git commit -qam c
git merge main; git checkout --ours src/a.py; git add -A
"""


@pytest.fixture
def landable(stage: Stage) -> tuple[Stage, str]:
    """Return the stage with one published commit, and no stash hook that touches the checkout."""
    stage.user.sh("rm .git/hooks/*; rm -f hook-was-here")
    commit = stage.step("src/new.py")
    stage.space.publish(commit, None)
    return stage, commit


def state_of(user: Folder) -> tuple[object, ...]:
    """Return what a refused landing must not change."""
    git = (user.git("for-each-ref"), user.git("status", "--porcelain"), user.git("rev-parse", "--abbrev-ref", "HEAD"))
    return (*git, {name: found for name, found in user.look().items() if not name.startswith(".git/")})


def test_landing_on_an_unmoved_branch_is_a_fast_forward(landable: tuple[Stage, str]) -> None:
    """The branch gets the very commits of the run; a second time nothing happens."""
    stage, commit = landable
    assert stage.space.landing.land(commit, squash=False, message="Land") == commit
    assert (stage.user.path / "src/new.py").read_text() == "done\n"
    assert stage.space.landing.land(commit, squash=False, message="Land") == commit
    assert stage.user.git("status", "--porcelain") == ""


def test_landing_on_a_moved_branch_is_a_merge_commit(landable: tuple[Stage, str]) -> None:
    """Both histories are kept, under the message given."""
    stage, commit = landable
    stage.user.write("mine.txt")
    mine = stage.user.commit("mine")
    landed = stage.space.landing.land(commit, squash=False, message="Land it")
    assert stage.user.git("log", "-1", "--format=%P %s", landed) == f"{mine} {commit} Land it"


@pytest.mark.parametrize("moved", [False, True])
def test_squashing_makes_one_ordinary_commit(landable: tuple[Stage, str], moved: bool) -> None:
    """The steps do not show."""
    stage, commit = landable
    if moved:
        stage.user.write("mine.txt")
        stage.user.commit("mine")
    before = stage.user.git("rev-parse", "HEAD")
    landed = stage.space.landing.land(commit, squash=True, message="All of it")
    assert stage.user.git("log", "-1", "--format=%P %s", landed) == f"{before} All of it"
    assert stage.user.git("ls-files", "src/new.py") == "src/new.py"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        ("echo x >> src/a.py; git add -A", "Changes are staged in .*'src/a.py'"),
        ("echo untracked > src/new.py", "untracked working tree files would be overwritten"),
        ("echo mine > src/new.py; git add -A; git commit -qm mine", "changed the same places: 'src/new.py'"),
        ("git checkout -q --detach", "No branch is checked out"),
        (REFUSING_HOOKS, "refused to land"),
        ("touch .git/index.lock", r"index\.lock"),
        (MERGE_UNDER_WAY, "is under way"),
    ],
)
@pytest.mark.parametrize("squash", [False, True])
def test_what_cannot_be_landed_changes_nothing(
    landable: tuple[Stage, str], spoil: str, words: str, squash: bool
) -> None:
    """Unclean checkouts, conflicts, files in the way and hooks that refuse: all is as it was."""
    stage, commit = landable
    stage.user.sh(spoil)
    before = state_of(stage.user)
    with pytest.raises(WorkspaceError, match=words):
        stage.space.landing.land(commit, squash=squash, message="Land")
    assert state_of(stage.user) == before


@pytest.mark.parametrize("squash", [False, True])
def test_uncommitted_changes_elsewhere_stay_when_landing(landable: tuple[Stage, str], squash: bool) -> None:
    """As with `git merge`: only what the run changed, too, would be in its way."""
    stage, commit = landable
    stage.user.write("src/a.py", "mine\n")
    stage.space.landing.land(commit, squash=squash, message="Land")
    assert stage.user.git("status", "--porcelain") == "M src/a.py"
    assert (stage.user.path / "src/a.py").read_text() == "mine\n"


@pytest.mark.parametrize("squash", [False, True])
def test_uncommitted_changes_elsewhere_survive_a_hook_that_refuses(landable: tuple[Stage, str], squash: bool) -> None:
    """What git did is taken back, and the user's file is as it was."""
    stage, commit = landable
    stage.user.sh(f"{REFUSING_HOOKS}echo mine > src/a.py")
    before = state_of(stage.user)
    with pytest.raises(WorkspaceError, match="refused to land"):
        stage.space.landing.land(commit, squash=squash, message="Land")
    assert state_of(stage.user) == before


def test_an_uncommitted_change_of_what_the_run_changed_refuses_the_landing(stage: Stage) -> None:
    """It would be lost; the path is named."""
    commit = stage.step("src/a.py")
    stage.user.write("src/a.py", "mine\n")
    with pytest.raises(WorkspaceError, match=r"uncommitted changes of yours: 'src/a\.py'"):
        stage.space.landing.land(commit, squash=False, message="Land")
    assert (stage.user.path / "src/a.py").read_text() == "mine\n"


DIRTY = "rm .git/hooks/*; rm -f hook-was-here; echo d > src/a.py; git add -A; echo dd > src/a.py; echo u > n; rm run.sh"


@pytest.fixture
def dirty(user: Folder, stage_on: Callable[..., Stage]) -> tuple[Stage, str]:
    """Return a run that started from uncommitted changes, and its commit, which changes one of the changed files."""
    user.sh(DIRTY)
    stage = stage_on(user, include_dirty=True)
    return stage, stage.step("src/a.py")


@pytest.mark.parametrize("squash", [False, True])
def test_a_run_from_uncommitted_changes_takes_their_place(dirty: tuple[Stage, str], squash: bool) -> None:
    """A changed, a new and a deleted file: the run's result holds all of them."""
    stage, commit = dirty
    stage.space.landing.land(commit, squash=squash, message="Land", is_from_dirty=True)
    assert stage.user.git("status", "--porcelain") == ""
    files = {name: (stage.user.path / name).exists() for name in ("n", "run.sh")}
    assert (files, (stage.user.path / "src/a.py").read_text()) == ({"n": True, "run.sh": False}, "done\n")


@pytest.mark.parametrize("name", ["src/a.py", "n"])
def test_what_was_changed_since_a_run_from_uncommitted_changes_is_in_its_way(
    dirty: tuple[Stage, str], name: str
) -> None:
    """The run does not hold it, so it would be lost."""
    stage, commit = dirty
    stage.user.write(name, "later\n")
    before = state_of(stage.user)
    with pytest.raises(WorkspaceError, match=f"uncommitted changes of yours: '{name}'"):
        stage.space.landing.land(commit, squash=False, message="Land", is_from_dirty=True)
    assert state_of(stage.user) == before


@pytest.mark.parametrize("squash", [False, True])
def test_a_refused_landing_gives_uncommitted_changes_back(dirty: tuple[Stage, str], squash: bool) -> None:
    """Staged and not staged, as they were."""
    stage, commit = dirty
    hook = stage.user.write(".git/hooks/commit-msg", "#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    stage.user.git("config", "commit.gpgSign", "true")  # a merge commit is wanted
    before = state_of(stage.user)
    with pytest.raises(WorkspaceError, match="refused to land"):
        stage.space.landing.land(commit, squash=squash, message="Land", is_from_dirty=True)
    assert state_of(stage.user) == before


def test_the_users_hooks_run_when_landing(landable: tuple[Stage, str]) -> None:
    """It is the user's own act."""
    stage, commit = landable
    stage.user.write(".git/hooks/post-merge", "#!/bin/sh\ntouch hook-was-here\n").chmod(0o755)
    stage.space.landing.land(commit, squash=False, message="Land")
    assert (stage.user.path / "hook-was-here").exists()


def test_a_plain_folder_is_not_written_by_a_run(folder_stage: Stage) -> None:
    """There is a repository, but not in the folder."""
    before = folder_stage.user.look()
    commit = folder_stage.step("new.txt")
    assert folder_stage.space.publish(commit, None).moved
    assert folder_stage.space.branch_state() == commit
    assert folder_stage.user.look() == before
    assert sorted(folder_stage.space.files(folder_stage.space.base)) == [".gitignore", "a.txt", "sub/b.txt"]


def test_landing_in_a_folder_copies_what_changed(folder_stage: Stage) -> None:
    """New, changed and deleted files, and nothing else."""
    lane = folder_stage.lane
    lane.sh("rm -r sub; echo 2 > a.txt; chmod +x a.txt; ln -s a.txt link")
    commit = folder_stage.step("new/er.txt")
    folder_stage.user.write("mine.txt", "mine\n")
    folder_stage.space.landing.land(commit, squash=False, message="")
    found = {name for name in folder_stage.user.look() if not name.startswith(".venv")}
    assert found == {".gitignore", "x.log", "a.txt", "link", "new/er.txt", "mine.txt"}
    assert (folder_stage.user.path / "a.txt").stat().st_mode & 0o100


@pytest.mark.parametrize(
    "spoil", ["echo 3 > a.txt", "rm a.txt", "echo mine > new.txt", "mkdir new.txt; touch new.txt/x"]
)
def test_landing_over_a_file_changed_meanwhile_is_refused(folder_stage: Stage, spoil: str) -> None:
    """Nothing is copied, and the files are named."""
    folder_stage.lane.write("a.txt", "2\n")
    commit = folder_stage.step("new.txt")
    folder_stage.user.sh(spoil)
    before = folder_stage.user.look()
    with pytest.raises(WorkspaceError, match=r"have changed since the run began: '(a|new).txt'"):
        folder_stage.space.landing.land(commit, squash=False, message="")
    assert folder_stage.user.look() == before


def test_landing_in_a_folder_can_be_repeated_and_continued(folder_stage: Stage) -> None:
    """After a kill half way, or when the run went on."""
    first = folder_stage.step("a.txt", "2\n")
    folder_stage.user.write("a.txt", "2\n")
    folder_stage.space.landing.land(first, squash=False, message="")
    second = folder_stage.step("a.txt", "3\n", parent=first)
    folder_stage.space.landing.land(second, squash=False, message="")
    assert (folder_stage.user.path / "a.txt").read_text() == "3\n"


@pytest.fixture
def signing(stage: Stage, tmp_path: Path) -> Stage:
    """Return the stage of a user who signs commits with an SSH key."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")], check=True)
    public = (tmp_path / "key.pub").read_text()
    (tmp_path / "signers").write_text(f"una@example.org {public}")
    settings = {"gpg.format": "ssh", "user.signingKey": str(tmp_path / "key"), "commit.gpgSign": "true"}
    for key, value in (settings | {"gpg.ssh.allowedSignersFile": str(tmp_path / "signers")}).items():
        stage.user.git("config", key, value)
    return stage


@pytest.mark.parametrize("squash", [False, True])
def test_what_lands_is_signed_when_the_user_signs(signing: Stage, squash: bool) -> None:
    """A commit of their own that can be signed is made even where the branch could just move on."""
    landed = signing.space.landing.land(signing.step(), squash=squash, message="goal")
    assert signing.user.git("log", "-1", "--format=%G? %s", landed) == "G goal"
    assert signing.user.git("verify-commit", landed) == ""


def test_the_commits_of_the_run_itself_are_not_signed(signing: Stage) -> None:
    """Nobody has looked at them yet."""
    assert "gpgsig" not in signing.user.git(
        "--git-dir", str(signing.run_dir / "store"), "cat-file", "-p", signing.step()
    )


def test_a_signature_that_fails_changes_nothing(signing: Stage) -> None:
    """The checkout is as it was."""
    signing.user.git("config", "user.signingKey", "/nonexistent")
    before = signing.user.git("rev-parse", "HEAD")
    with pytest.raises(WorkspaceError, match="nothing was changed"):
        signing.space.landing.land(signing.step(), squash=False, message="goal")
    assert (signing.user.git("rev-parse", "HEAD"), signing.user.git("status", "--porcelain")) == (before, "")


HOOK = "printf '#!/bin/sh\\ntouch ../ran' > {0}; chmod +x {0}"


def land_with_hook(landable: tuple[Stage, str], changed: str, *, runs_brought_hooks: bool) -> tuple[bool, LandedFiles]:
    """Land a change of a file where hooks lie in `tools/hooks`; tell whether a hook ran, and what was brought."""
    stage, _ = landable
    stage.user.sh(
        f"mkdir -p tools/hooks; {HOOK.format('tools/hooks/post-merge')}; git config core.hooksPath tools/hooks"
    )
    commit = stage.step(changed)
    stage.space.landing.land(commit, squash=False, message="Land", runs_brought_hooks=runs_brought_hooks)
    return (stage.user.path.parent / "ran").exists(), stage.space.landing.acting_files(commit)


@pytest.mark.parametrize(
    ("changed", "runs_brought_hooks", "ran"),
    [
        ("src/b.py", False, True),
        ("tools/hooks/library.sh", False, False),
        ("tools/hooks/library.sh", True, True),
        (".pre-commit-config.yaml", False, False),
    ],
)
def test_hooks_run_unless_the_run_has_changed_hooks(
    landable: tuple[Stage, str], changed: str, runs_brought_hooks: bool, ran: bool
) -> None:
    """Who has looked at them may say that they shall run all the same."""
    assert land_with_hook(landable, changed, runs_brought_hooks=runs_brought_hooks)[0] is ran


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        (".github/workflows/test.yml", "ci"),
        (".gitlab-ci.yml", "ci"),
        ("sub/.gitattributes", "steering"),
        (".gitmodules", "steering"),
        ("tools/hooks/pre-push", "hooks"),
        (".husky/pre-commit", "hooks"),
    ],
)
def test_what_acts_by_itself_once_it_is_landed_is_named(landable: tuple[Stage, str], changed: str, kind: str) -> None:
    """By kind; all else is not."""
    brought = land_with_hook(landable, changed, runs_brought_hooks=False)[1]
    assert {name: paths for name, paths in asdict(brought).items() if paths} == {kind: (changed,)}
