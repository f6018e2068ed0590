"""After an absence: what an agent read, compared with what its lane holds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from surefoot.core import commands as do
from surefoot.tools.lane_files import digest_of_content
from tests.workers.conftest import SPEC

if TYPE_CHECKING:
    from conftest import Lane

OLD, NEW = digest_of_content(b"old\n"), digest_of_content(b"new\n")


def looked(lane: Lane, seen: dict[str, str], *, scratch: tuple[str, ...] = (), earlier: tuple[str, ...] = ()) -> Any:
    """Return what of the files that an agent read has changed, and what is gone; the lane holds its base."""
    base = lane.context.space.base
    command = do.LookAgain(
        step=SPEC.id,
        attempt=1,
        lane="0",
        spec=replace(SPEC, scratch=scratch),
        commit=base,
        tree=lane.context.space.commit_tree_of(base),
        seen=seen,
        earlier=earlier,
    )
    fact = lane.perform(command)
    return fact.changed, fact.gone


@pytest.mark.parametrize(
    ("now", "seen", "found"),
    [
        ("new\n", NEW, ((), ())),
        ("new\n", OLD, (("x.log",), ())),
        ("new\n", "", (("x.log",), ())),
        (None, OLD, ((), ("x.log",))),
        (None, "", ((), ())),
    ],
    ids=["as it was", "another content", "deleted by the agent and there again", "gone", "deleted by the agent"],
)
def test_a_file_that_no_tree_holds_is_compared(lane: Lane, now: str | None, seen: str, found: Any) -> None:
    """With what the agent read, or with that it deleted it (M142)."""
    if now is not None:
        (lane.root / "x.log").write_text(now, "utf-8")
    assert looked(lane, {"x.log": seen}) == found


def test_a_file_that_became_a_folder_has_changed(lane: Lane) -> None:
    """As whatever cannot be read any more."""
    (lane.root / "x.log").mkdir()
    assert looked(lane, {"x.log": OLD}) == (("x.log",), ())


def test_a_file_of_the_tree_is_as_the_agent_left_it(lane: Lane) -> None:
    """Its own commands may have changed it since it read it: of that it need not be told; scratch no tree keeps."""
    assert looked(lane, {"a.txt": OLD}) == ((), ())
    assert looked(lane, {"a.txt": OLD}, scratch=("a.txt",)) == (("a.txt",), ())


def test_a_file_that_the_agent_removed_itself_is_not_missed(lane: Lane) -> None:
    """An earlier tree of its lane has it, the last one has it not."""
    (lane.root / "made.txt").write_text("old\n", "utf-8")
    earlier = lane.context.space.tree("0")
    (lane.root / "made.txt").unlink()
    assert looked(lane, {"made.txt": OLD}) == ((), ("made.txt",))
    assert looked(lane, {"made.txt": OLD}, earlier=(earlier,)) == ((), ())
