"""Lanes that get a copy of what `prepare` made in another one, or are prepared by themselves."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.ids import StepId
from surefoot.core.plan import Plan, Prepare, RunBody, Step
from surefoot.workers.lane_clone import Origin
from surefoot.workspace.lane_copy import Contents

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workers.conftest import Lane

SPEC = Step(id=StepId("it"), body=RunBody(command="true"))

MAKE = """
mkdir .venv .venv/bin .venv/empty && chmod 555 .venv/empty && printf '#!%s/.venv/bin/tool\\n' "$PWD" > .venv/bin/tool
chmod 755 .venv/bin/tool; ln -s tool .venv/bin/link; ln -s "$PWD/.venv/bin/tool" .venv/bin/far
mkdir -p "$HOME/.config" "$HOME/.cache/pip"; echo "home = $HOME" > "$HOME/.config/made"
printf '\\0%s' "$PWD" > "$HOME/.cache/pip/kept"; echo one > .venv/one; ln .venv/one .venv/two
"""
"""What it makes it makes in an empty place, and it takes long enough."""


def prepare(lane: Lane, run: str = MAKE, **fields: object) -> Lane:
    """Prepare the lane `0` with this command."""
    plan = Plan(goal="g", steps=(SPEC,), prepare=replace(Prepare(run=f"{run}\nsleep 0.05"), **fields))
    lane.context.adopt(plan)
    ready = lane.perform(do.OpenLane(lane="0", commit=lane.context.space.base, fresh=True))
    assert isinstance(ready, ev.LaneReady), ready
    return lane


def opened(lane: Lane, name: str = "1") -> ev.LaneReady:
    """Make another lane usable."""
    ready = lane.perform(do.OpenLane(lane=name, commit=lane.context.space.base, fresh=True))
    assert isinstance(ready, ev.LaneReady), ready
    return ready


def place(lane: Lane, name: str = "1") -> Path:
    """Return where prepare made its files in a lane."""
    return lane.context.space.lane_path(name) / ".venv"


@pytest.fixture
def cloned(lane: Lane) -> Lane:
    """Return lanes of which `1` is a clone of `0`."""
    prepare(lane)
    assert opened(lane).cloned_from == "0"
    return lane


def test_a_clone_has_what_prepare_made(cloned: Lane) -> None:
    """Files with their permissions, links, folders without files; also in the scratch home."""
    made = place(cloned)
    assert sorted(path.name for path in made.rglob("*")) == sorted(p.name for p in place(cloned, "0").rglob("*"))
    assert stat.S_IMODE((made / "empty").stat().st_mode) == 0o555
    assert ((made / "bin/link").readlink().name, os.access(made / "bin/tool", os.X_OK)) == ("tool", True)
    assert (cloned.context.space.home_path("1") / ".cache/pip/kept").is_file()


def test_paths_of_the_lane_are_written_anew(cloned: Lane) -> None:
    """In scripts, in links, and in the scratch home; not in caches of installers, where they mean nothing."""
    made, home = place(cloned), cloned.context.space.home_path("1")
    assert (made / "bin/tool").read_text("utf-8") == f"#!{made}/bin/tool\n"
    assert (made / "bin/far").readlink() == made / "bin/tool"
    assert (home / ".config/made").read_text("utf-8") == f"home = {home}\n"
    assert b"/lanes/0" in (home / ".cache/pip/kept").read_bytes()


def test_no_file_is_shared_between_lanes(cloned: Lane) -> None:
    """Programs write in place; what shares its content in one lane does so in the clone."""
    one, two = (place(cloned) / name for name in ("one", "two"))
    one.write_text("other\n", "utf-8")
    assert (two.read_text("utf-8"), (place(cloned, "0") / "one").read_text("utf-8")) == ("other\n", "one\n")


def test_a_clone_is_cloned(cloned: Lane) -> None:
    """Also when the lane that was prepared is gone."""
    cloned.context.space.free_lanes()
    cloned.context.settled.clear()
    assert opened(cloned, "2").cloned_from is None
    assert opened(cloned, "3").cloned_from == "2"
    assert (place(cloned, "3") / "bin/tool").read_text("utf-8").startswith(f"#!{place(cloned, '3')}")


def test_what_was_made_is_newer_than_what_is_checked_out(cloned: Lane) -> None:
    """As if `prepare` had run in the clone: `make` and its like compare the times."""
    root = cloned.context.space.lane_path("1")
    assert (root / ".venv/bin/tool").stat().st_mtime_ns >= (root / "a.txt").stat().st_mtime_ns


def test_bytecode_of_a_clone_holds(lane: Lane) -> None:
    """Its module keeps the time that it names; bytecode of a module that was written anew is left out."""
    code = f"{sys.executable} -m compileall -q .venv"
    prepare(lane, f"mkdir .venv; echo x = 1 > .venv/m.py; echo \"y = '$PWD'\" > .venv/n.py; {code}")
    assert opened(lane).cloned_from == "0"
    made = place(lane)
    assert [path.name.partition(".")[0] for path in made.rglob("*.pyc")] == ["m"]
    ask = "import m, n; print(m.x, n.y, m.__cached__)"
    said = subprocess.run([sys.executable, "-c", ask], cwd=made, capture_output=True, text=True, check=True).stdout
    assert f"1 {made.parent} {made}/__pycache__" in said


@pytest.mark.parametrize(
    "more",
    [
        "printf '\\0%s' \"$PWD\" > .venv/library",
        'head -c 9000000 /dev/zero | tr "\\0" x > .venv/large; echo "$PWD" >> .venv/large',
        'echo "${PWD}0/x" > .venv/neighbour',
        "printf '\\0%s' \"$PWD\" > .venv/old.pyc",
        "mkfifo .venv/pipe",
        "ln -s ../../../homes/0/.config .venv/beside",
        'echo "$PWD" > "$HOME/.config/known"',
        'mkdir -p "$HOME/envs/abc"; touch "$HOME/envs/abc/pyvenv.cfg"',
        'long=$(printf "%0100d" 0); printf "#!%s/.venv/$long\\n" "$PWD" > .venv/bin/long',
    ],
)
def test_what_cannot_be_copied_safely_is_prepared(lane: Lane, more: str) -> None:
    """It names the lane where nobody can write it anew, or is found by the place of the lane. Nothing of it is left."""
    prepare(lane, f"{MAKE}\n{more}")
    assert opened(lane).cloned_from is None
    assert str(place(lane)) in (place(lane) / "bin/tool").read_text("utf-8")


def test_a_lane_in_which_something_was_written_is_not_cloned(lane: Lane) -> None:
    """Not even where size and times were given back."""
    path = place(prepare(lane), "0") / "one"
    before = path.stat()
    path.write_text("two\n", "utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert opened(lane).cloned_from is None
    assert (place(lane) / "one").read_text("utf-8") == "one\n"


def test_what_a_body_added_is_not_copied(lane: Lane) -> None:
    """Neither beside the files of `prepare` nor in the scratch home."""
    prepare(lane)
    (place(lane, "0") / "bin/added").touch()
    (lane.context.space.home_path("0") / ".netrc").touch()
    assert opened(lane).cloned_from == "0"
    assert not (place(lane) / "bin/added").exists()
    assert not (lane.context.space.home_path("1") / ".netrc").exists()


@pytest.mark.parametrize(
    ("fields", "source"),
    [({}, None), ({"key": ("a.txt",)}, None), ({"key": ("plain.md",)}, "0"), ({"clone": False}, None)],
)
def test_a_clone_rests_on_the_same_files(lane: Lane, fields: dict[str, object], source: str | None) -> None:
    """On the key files where there are any, else on all; and `clone: false` says never."""
    prepare(lane, **fields)
    space, tree = lane.context.space, None
    (lane.root / "a.txt").write_text("other\n", "utf-8")
    tree = space.tree("0")
    commit = space.write_commit(tree, space.base, "Other", at=1.0)
    ready = lane.perform(do.OpenLane(lane="1", commit=commit, fresh=True))
    assert ready.cloned_from == source


def test_a_file_that_the_command_names_counts_as_a_key(lane: Lane) -> None:
    """A script changed by a step makes something else, perhaps."""
    prepare(lane, f"{MAKE}\nsed q ./a.txt", key=("plain.md",))
    (lane.root / "a.txt").write_text("other\n", "utf-8")
    space = lane.context.space
    commit = space.write_commit(space.tree("0"), space.base, "Other", at=1.0)
    assert lane.perform(do.OpenLane(lane="1", commit=commit, fresh=True)).cloned_from is None


@pytest.mark.parametrize(("took_s", "is_worth_it"), [(2.0, False), (4.0, True)])
def test_what_is_made_faster_than_it_is_copied_is_made(took_s: float, is_worth_it: bool) -> None:
    """Ten thousand files take three seconds, about."""
    files = Contents(stamps={str(number): "33188 1 0 1 1" for number in range(10_000)})
    nothing = Contents()
    origin = Origin(lane="0", digest="", took_s=took_s, made_ns=(0, 1), roots=(), files=files, home=nothing)
    assert origin.is_worth_it is is_worth_it
