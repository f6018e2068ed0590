"""What people and other programs do to a run behind its back: each a clear word or no matter at all, and nothing lost.

Read `tests/workspace` and `tests/journal` for the same at their own layer.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import apsw
import pytest

from surefoot import api
from surefoot.core.ids import RunId

if TYPE_CHECKING:
    from conftest import Setting, Stage, Unkilled

HOLD = """
goal: Hold on
steps:
  - {id: before, run: "echo $SUREFOOT_STEP >> $SUREFOOT_MEETING/ran; echo before > before.txt"}
  - id: hold
    needs: [before]
    run: |
      echo $SUREFOOT_STEP >> $SUREFOOT_MEETING/ran; echo begun
      until test -e $SUREFOOT_MEETING/go; do sleep 0.02; done
      echo held > held.txt
"""
PLAIN_GIT = ("-c", "core.logAllRefUpdates=false", "-c", "core.hooksPath=/dev/null")
"""So that what is compared afterwards is Surefoot's doing."""
INSPECTED = "inspect.after:2"
"""A body has run, its lane holds what it wrote, and nothing of that is in a commit yet."""


def finish(stage: Stage, usual: Unkilled) -> None:
    """Resume, and compare with a run nobody touched."""
    verified = stage.verified()
    ended = stage.work()
    assert (ended.said.get("outcome"), stage.wrongs(verified)) == (usual.ending.outcome, []), ended.out
    assert stage.ending() == usual.ending


@pytest.mark.parametrize(
    "what",
    [
        *("clones", "lanes", "homes", "indexes"),
        *(pytest.param(one, marks=pytest.mark.slow) for one in ("lanes/1", "notes", "spool")),
        *(pytest.param(f"clones/1/{one}", marks=pytest.mark.slow) for one in ("worktrees", "refs")),
    ],
)
def test_a_part_deleted_between_kill_and_resume_is_made_again(
    setting: Setting, unkilled: Callable[[str], Unkilled], what: str
) -> None:
    """Nothing that counts was in it; a result that was only there is made anew."""
    stage = setting("rollback")
    assert stage.killed(INSPECTED) == -signal.SIGKILL
    shutil.rmtree(stage.run_folder / what)
    finish(stage, unkilled("rollback"))


@pytest.mark.parametrize(
    "what", ["clones", *(pytest.param(one, marks=pytest.mark.slow) for one in ("indexes", "homes"))]
)
def test_the_same_after_an_outside_effect_does_not_repeat_it(
    setting: Setting, unkilled: Callable[[str], Unkilled], what: str
) -> None:
    """What the body wrote is still in the lane."""
    stage = setting("irreversible")
    stage.killed("inspect.before:1")
    shutil.rmtree(stage.run_folder / what)
    finish(stage, unkilled("irreversible"))


def test_a_lane_deleted_after_an_outside_effect_fails_the_step_and_does_not_repeat_it(setting: Setting) -> None:
    """What the body wrote is gone and cannot be made again without the effect; the report names it as applied."""
    stage = setting("irreversible")
    stage.killed("inspect.before:1")
    shutil.rmtree(stage.run_folder / "lanes/1")
    assert (stage.work().said["outcome"], stage.lines("world/effects")) == ("partially_completed", {"send": 1})
    send = stage.step("send")
    assert (send.status, send.applied, "the workspace failed" in str(send.reason)) == ("failed", True, True)


@pytest.mark.parametrize(
    "what", ["store", *(pytest.param(one, marks=pytest.mark.slow) for one in ("workspace.json", "pristine"))]
)
def test_a_part_that_cannot_be_made_again_is_named_and_the_report_still_there(setting: Setting, what: str) -> None:
    """What was verified stays on the branch."""
    stage = setting(HOLD)
    with stage.begin() as engine:
        engine.hear("hold: begun")
        engine.kill()
    branch = stage.git("rev-parse", f"surefoot/{stage.run}")
    stage.git("init", "-q", str(stage.folder / "aside"))
    (stage.run_folder / what).rename(stage.folder / "aside/part")
    said = stage.work().said
    with api.Home(stage.home) as home:
        counts = api.report(home, RunId(stage.run))["counts"]
    assert (said["error"], "is gone" in said["message"], stage.changed()) == ("workspace-missing", True, [])
    assert isinstance(counts, dict)
    assert (counts["verified"], stage.git("show", f"{branch}:before.txt")) == (1, "before")


def test_a_workspace_put_back_goes_on(setting: Setting, unkilled: Callable[[str], Unkilled]) -> None:
    """The refusal changed nothing."""
    stage = setting("rollback")
    stage.killed("workspace.write_commit.after:1")
    (stage.run_folder / "store").rename(stage.folder / "aside")
    assert stage.work().said["error"] == "workspace-missing"
    (stage.folder / "aside").rename(stage.run_folder / "store")
    finish(stage, unkilled("rollback"))


def test_locks_left_behind_in_clone_and_lane_are_no_matter(
    setting: Setting, unkilled: Callable[[str], Unkilled]
) -> None:
    """Nobody else works there, so that they say nothing."""
    stage = setting("reversible")
    stage.killed(INSPECTED)
    folders = ("clones/1", "clones/1/worktrees/1", "indexes/1")
    locks = [
        stage.run_folder / place / name for place in folders for name in ("index.lock", "HEAD.lock", "config.lock")
    ]
    for lock in (*locks, stage.run_folder / "indexes/1/checkpoint.lock", stage.run_folder / "indexes/1/next.lock"):
        lock.touch()
    finish(stage, unkilled("reversible"))


def test_locks_on_the_runs_own_refs_are_removed(setting: Setting, unkilled: Callable[[str], Unkilled]) -> None:
    """A kill of git left them; nobody else writes there."""
    stage = setting("rollback")
    stage.killed("workspace.publish.after:2")
    refs = stage.user / ".git/refs"
    for name in (f"heads/surefoot/{stage.run}", f"surefoot/{stage.run}/head", f"surefoot/{stage.run}/kept/1"):
        (refs / f"{name}.lock").parent.mkdir(parents=True, exist_ok=True)
        (refs / f"{name}.lock").touch()
    finish(stage, unkilled("rollback"))


def test_a_lock_of_the_users_git_is_no_matter_and_stays(setting: Setting, unkilled: Callable[[str], Unkilled]) -> None:
    """The user's own git may be at work; a run needs neither index nor HEAD."""
    stage = setting("rollback")
    stage.killed("workspace.publish.before:2")
    locks = [stage.user / ".git" / name for name in ("index.lock", "HEAD.lock", "config.lock")]
    for lock in locks:
        lock.touch()
    stage.before.update({f".git/{lock.name}": (lock.lstat().st_mode, b"") for lock in locks})
    finish(stage, unkilled("rollback"))


def by_hand(stage: Stage, *command: str) -> str:
    """Run until the second body, let somebody do something with git, run to the end; return what the report finds."""
    with stage.begin() as engine:
        engine.hear("hold: begun")
        engine.hear("branch_updated", times=2)
        stage.git(*command)
        stage.go()
        assert engine.wait().said["outcome"] == "completed"
    with api.Home(stage.home) as home:
        return str(api.report(home, RunId(stage.run))["findings"])


def test_a_branch_moved_by_hand_in_mid_run_stays_there_and_the_work_is_kept(setting: Setting) -> None:
    """The report says so and where the work is."""
    stage = setting(HOLD)
    findings = by_hand(stage, *PLAIN_GIT, "update-ref", f"refs/heads/surefoot/{stage.run}", "other")
    assert "moved by hand" in findings
    assert stage.git("rev-parse", f"surefoot/{stage.run}") == stage.git("rev-parse", "other")
    assert stage.git("show", f"refs/surefoot/{stage.run}/head:held.txt") == "held"
    assert stage.changed() == []


def test_a_branch_deleted_by_hand_stays_deleted_and_the_work_is_kept(setting: Setting) -> None:
    """The ref nobody cares about but Surefoot holds it."""
    stage = setting(HOLD)
    assert "deleted by hand" in by_hand(stage, *PLAIN_GIT, "update-ref", "-d", f"refs/heads/surefoot/{stage.run}")
    assert stage.git("show", f"refs/surefoot/{stage.run}/head:held.txt") == "held"


SLOW = """#!/bin/sh
# Git, but once `slow` exists the program ends only some time after a ref has moved.
GIT "$@"; code=$?
case " $* " in *" update-ref "*) while test -e FOLDER/slow; do sleep 0.02; done ;; esac
exit $code
"""
TWO_COMMITS = """
goal: Commit twice
steps:
  - {id: first, run: "echo begun; until test -e $SUREFOOT_MEETING/go; do sleep 0.02; done; echo first > first.txt"}
  - {id: second, needs: [first], run: echo second > second.txt}
"""


def test_a_branch_the_run_itself_moved_before_a_kill_is_not_taken_for_moved_by_hand(setting: Setting) -> None:
    """A slow ref update, another step verified meanwhile, a kill before the journal hears of the update."""
    stage = setting(TWO_COMMITS)
    path = old_git(stage.folder / "bin", "")
    text = SLOW.replace("GIT", str(shutil.which("git"))).replace("FOLDER", str(stage.folder))
    (stage.folder / "bin/git").write_text(text, "utf-8")
    with stage.begin({"PATH": path}) as engine:
        engine.hear("first: begun")
        engine.hear("branch_updated")
        (stage.folder / "slow").touch()
        stage.go()
        engine.hear("step_verified second")
        engine.kill()
    (stage.folder / "slow").unlink()
    assert (stage.work().said["outcome"], stage.wrongs()) == ("completed", [])


def test_a_branch_that_cannot_be_written_is_told_and_follows_on_resume(setting: Setting) -> None:
    """The steps hold all the same: their commits are in the run's own store."""
    stage = setting(TWO_COMMITS)
    path, broken = old_git(stage.folder / "bin", ""), stage.folder / "broken"
    stop = f'case " $* " in *" update-ref "*) test -e {broken} && exit 3 ;; esac'
    (stage.folder / "bin/git").write_text(f'#!/bin/sh\n{stop}\nexec {shutil.which("git")} "$@"\n', "utf-8")
    with stage.begin({"PATH": path}) as engine:
        engine.hear("first: begun")
        broken.touch()
        stage.go()
        assert engine.wait().said["outcome"] == "completed"
    with api.Home(stage.home) as home:
        told = api.report(home, RunId(stage.run))
    assert ("branch-behind" in str(told["findings"]), told["next"]) == (True, f"surefoot resume {stage.run}")
    broken.unlink()
    assert (stage.work().said["outcome"], stage.wrongs({"first": 0, "second": 0})) == ("completed", [])


def old_git(folder: Path, version: str) -> str:
    """Return a PATH on which git is too old, or broken."""
    folder.mkdir()
    (folder / "git").write_text(f"#!/bin/sh\necho 'git version {version}'\n", "utf-8")
    (folder / "git").chmod(0o755)
    return f"{folder}{os.pathsep}{os.defpath}"


@pytest.mark.parametrize("version", ["2.30.2", ""])
def test_without_a_usable_git_nothing_is_done(
    setting: Setting, unkilled: Callable[[str], Unkilled], version: str
) -> None:
    """Missing or too old: the error says which is needed, and with the right one the run goes on."""
    stage = setting("rollback")
    stage.killed("inspect.after:1")
    before = stage.state().seq
    path = old_git(stage.folder / "bin", version) if version else str(stage.folder / "nowhere")
    said = stage.work({"PATH": path}).said
    assert (said["error"], "2.38 or newer" in said["message"]) == ("git-unavailable", True)
    assert stage.state().seq == before
    finish(stage, unkilled("rollback"))


def test_a_git_that_breaks_in_mid_run_fails_the_step_and_no_more(setting: Setting, tmp_path: Path) -> None:
    """What was verified stays; `retry` with a sound git does the rest."""
    stage = setting(HOLD)
    git = shutil.which("git")
    path = old_git(tmp_path / "bin", "")
    (tmp_path / "bin/git").write_text(f'#!/bin/sh\ntest -e {tmp_path}/broken && exit 3\nexec {git} "$@"\n', "utf-8")
    with stage.begin({"PATH": path}) as engine:
        engine.hear("hold: begun")
        engine.hear("branch_updated", times=2)
        (tmp_path / "broken").touch()
        stage.go()
        assert engine.wait().said["outcome"] == "partially_completed"
    with api.Home(stage.home) as home:
        api.retry(home, RunId(stage.run), ())
    assert (stage.work().said["outcome"], stage.wrongs({"before": 1})) == ("completed", [])


# --- the journal


def with_journal(stage: Stage, statement: str) -> None:
    """Do something to the journal's database that Surefoot never would."""
    connection = apsw.Connection(str(stage.home / "journal.db"))
    connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE events SET body = x'00' WHERE seq = 5", "journal-corrupt"),
        ("UPDATE events SET body = CAST(replace(body, 'send', 'lend') AS BLOB) WHERE seq = 1", "journal-corrupt"),
        ("DELETE FROM events WHERE seq = 5", "journal-corrupt"),
        ("PRAGMA user_version = 99", "journal-too-new"),
    ],
)
def test_a_journal_that_cannot_be_read_stops_everything(setting: Setting, statement: str, code: str) -> None:
    """Nothing is performed on the strength of a journal that is not what was written."""
    stage = setting("irreversible")
    stage.killed("body.irreversible.before:2")
    ran = stage.lines("meeting/ran")
    with_journal(stage, statement)
    said = stage.work().said
    assert (said["error"], stage.lines("meeting/ran"), stage.changed()) == (code, ran, [])


def test_a_journal_older_than_the_branch_is_not_gone_on_with(setting: Setting) -> None:
    """A backup that was put back would do again what has been done."""
    stage = setting("irreversible")
    stage.work()
    ran, effects = stage.lines("meeting/ran"), stage.lines("world/effects")
    with_journal(stage, "DELETE FROM events WHERE seq > 12")
    with api.Home(stage.home) as home:
        assert "cut short" in " ".join(api.audit(home, RunId(stage.run)))
    said = stage.work().said
    assert (said["error"], "older than the branch" in said["message"]) == ("journal", True)
    assert (stage.lines("meeting/ran"), stage.lines("world/effects"), stage.changed()) == (ran, effects, [])


def test_a_journal_kept_locked_ends_the_engine_and_loses_nothing(setting: Setting) -> None:
    """The error names the cure; once the lock is gone, the run goes on."""
    stage = setting(HOLD)
    with stage.begin() as engine:
        engine.hear("hold: begun")
        other = apsw.Connection(str(stage.home / "journal.db"))
        other.execute("BEGIN IMMEDIATE")
        stage.go()
        said = engine.wait().said
        other.execute("ROLLBACK")
        other.close()
    assert (said["error"], "then resume" in said["message"]) == ("journal-locked", True)
    assert (stage.work().said["outcome"], stage.wrongs({"before": 1})) == ("completed", [])


@pytest.fixture
def small_disk(setting: Setting) -> Iterator[Stage]:
    """Return a stage whose `$SUREFOOT_HOME` is a disk of a few megabytes."""
    stage = setting(HOLD)
    stage.home.mkdir()
    mount = shutil.which("mount")
    argv = [mount or "mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(stage.home)]
    if mount is None or os.geteuid() != 0 or subprocess.run(argv, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk, and not everywhere")
    yield stage
    subprocess.run(["umount", "-l", stage.home], check=True)


def fill(disk: Path) -> Path:
    """Fill a disk to the last byte."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as out:
        try:
            while out.write(b"x" * 4096):
                pass
        except OSError:
            return filler


def test_a_full_disk_ends_the_engine_and_loses_nothing(small_disk: Stage) -> None:
    """The error says that it is full; once there is room, the run goes on."""
    with small_disk.begin() as engine:
        engine.hear("hold: begun")
        engine.hear("branch_updated", times=2)
        small_disk.go()
        filler = fill(small_disk.home)
        said = engine.wait().said
    filler.unlink()
    # The journal or the lane meets it first.
    assert (said["error"] in {"journal-locked", "disk-refused"}, "disk" in said["message"]) == (True, True)
    assert (small_disk.work().said["outcome"], small_disk.wrongs({"before": 1})) == ("completed", [])
