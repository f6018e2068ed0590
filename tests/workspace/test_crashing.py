"""A kill at any point of any operation costs nothing: doing it again gives what an unkilled run gives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Folder


RUN = "20260101-abcdef"
PROGRAM = """
import sys
from pathlib import Path
from surefoot.workspace import RunWorkspace, inspect_source
user, run_dir, run = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
if (run_dir / "workspace.json").exists():
    space = RunWorkspace.open(run_dir, user, run)
else:
    space = RunWorkspace.create(run_dir, inspect_source(user), run, include_dirty=True, at=0)
head, old = space.base, None
for name in ("one", "two"):
    lane = space.open_lane("1", head)
    (lane / name).write_text(name)
    (lane / "undeclared").write_text(name)
    space.put_back("1", space.commit_tree_of(head), ["undeclared"])
    head = space.write_commit(space.tree("1"), head, name, at=0)
    space.publish(head, old)
    space.reset_refs("1", head)
    space.restore("1", head)
    old = head
print(head, space.tree("1"))
"""
POINTS = [
    *(f"workspace.{name}.before:1" for name in ("create", "open_lane", "put_back", "write_commit")),
    *(f"workspace.{name}.after:1" for name in ("create", "open_lane", "put_back", "write_commit")),
    *(f"workspace.{name}.before:2" for name in ("publish", "restore", "reset_refs")),
    *(f"workspace.{name}.after:2" for name in ("publish", "restore", "reset_refs")),
    "workspace.create.claimed:1",
    "workspace.publish.fetched:1",
    "workspace.publish.fetched:2",
]  # fmt: skip


def carry_out(user: Path, run_dir: Path, fault: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run the program above, killed at a point if one is named."""
    env = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    if fault is not None:
        env["SUREFOOT_FAULT"] = fault
    command = [sys.executable, "-c", PROGRAM, str(user), str(run_dir), RUN]
    return subprocess.run(command, env=env, check=False, capture_output=True, text=True)


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_run_ends_as_an_unkilled_one(user: Folder, tmp_path: Path, point: str) -> None:
    """Same head, same tree, same refs; and the user's files, index and settings are as they were."""
    user.write("dirty.txt", "dirty\n")
    before = {name: found for name, found in user.look().items() if not name.startswith((".git/objects", ".git/refs"))}
    assert carry_out(user.path, tmp_path / "run", point).returncode == -signal.SIGKILL
    done = carry_out(user.path, tmp_path / "run")
    assert done.returncode == 0, done.stderr
    head = done.stdout.split()[0]
    assert user.ref(f"refs/heads/surefoot/{RUN}") == user.ref(f"refs/surefoot/{RUN}/head") == head
    assert user.git("diff", "--name-only", "HEAD", head).split() == ["dirty.txt", "one", "two"]
    user.git("fsck", "--connectivity-only", head)
    after = {name: found for name, found in user.look().items() if not name.startswith((".git/objects", ".git/refs"))}
    assert after == before
