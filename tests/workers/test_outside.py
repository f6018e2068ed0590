"""What a command outside the sandbox starts with.

Read `tests/attacks/test_outside_programs.py` for the attacks on them.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from typing import Any

import pytest

from surefoot.core.plan import Prepare
from surefoot.ports import CommandRequest
from surefoot.search_path import absolute_folders
from surefoot.workers.command import LaneCommands
from surefoot.workspace.git import own_git


def printed(lane: Any, text: str, *, confine: bool = False, commit: str | None = None) -> str:
    """Return what a command of lane 0 prints; with a commit it is asked as probes are."""
    commands = LaneCommands(context=lane.context, lane="0", mark="it/1", commit=commit)
    return asyncio.run(commands.run(CommandRequest(text=text, confine=confine))).tail.strip()


def test_programs_that_prepare_made_are_found_in_the_sandbox_alone(lane: Any) -> None:
    """A step can write them."""
    lane.context.plan = replace(lane.context.plan, prepare=Prepare(run="true", path=("bin",)))
    folder = str(lane.root / "bin")
    assert folder in printed(lane, "echo $PATH", confine=True)
    assert folder not in printed(lane, "echo $PATH")


def test_the_home_outside_the_sandbox_is_another_one(lane: Any) -> None:
    """A step cannot write it, and what is left there stays for the next command outside."""
    printed(lane, "touch ~/seen", confine=True)
    assert printed(lane, "ls -A ~; touch ~/own") == ""
    assert printed(lane, "ls -A ~") == "own"


def test_the_shared_caches_are_not_used_outside_the_sandbox(lane: Any) -> None:
    """A step of any run may have written them."""
    assert printed(lane, "echo ${XDG_CACHE_HOME:-none}") == "none"


def test_bodies_and_checks_outside_the_sandbox_work_in_the_lane(lane: Any) -> None:
    """On the files as they are there."""
    (lane.root / "a.txt").write_text("changed", "utf-8")
    assert printed(lane, "cat a.txt; pwd") == f"changed{lane.root}"


def test_what_only_looks_sees_the_commit_that_the_attempt_began_with(lane: Any) -> None:
    """Neither what a body has changed, nor what it has made."""
    (lane.root / "plain.md").write_text("changed", "utf-8")
    (lane.root / "made").touch()
    text = "cat plain.md; ls; git rev-parse HEAD"
    seen = ["***", "a.txt", "plain.md", "settings.ini", lane.context.space.base]
    assert printed(lane, text, commit=lane.context.space.base).split() == seen


def test_what_only_looks_leaves_nothing_to_the_next_look(lane: Any) -> None:
    """Each look begins with the files of the commit."""
    base = lane.context.space.base
    printed(lane, "echo other > a.txt; touch made; git config core.pager x", commit=base)
    text = "cat a.txt; test ! -e made; git config core.pager || echo none"
    assert printed(lane, text, commit=base).split() == ["one", "two", "none"]


def test_settings_of_the_clone_are_put_back_and_its_commits_stay(lane: Any) -> None:
    """Before a command outside the sandbox, which may call git there."""
    commit = "git -c user.name=n -c user.email=e commit -q --allow-empty -m"
    printed(lane, f"{commit} own; git config core.pager x; git branch side", confine=True)
    assert printed(lane, "git config core.pager || echo none") == "none"
    assert printed(lane, "git log -1 --format=%s side; git log -1 --format=%s").split() == ["own", "own"]


@pytest.mark.parametrize(
    ("path", "found"), [(".:/a::b:/c", "/a:/c"), ("", os.defpath), (".", os.defpath), ("/a", "/a")]
)
def test_no_relative_folder_of_the_path_is_searched(path: str, found: str) -> None:
    """In a lane it would be a folder that a step can write."""
    assert absolute_folders({"PATH": path}) == found


def test_the_engines_own_git_is_not_looked_for_in_the_lane(lane: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person's PATH may begin with a point, and git is started in the lane."""
    (lane.root / "git").write_text("#!/bin/sh\necho stranger\n", "utf-8")
    (lane.root / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f".:{os.environ['PATH']}")
    assert own_git(lane.root, lane.context.folder / "store").line("version").startswith("git version")
