"""What is noted of a lane at a checkpoint, where a power cut made the journal forget a later one there."""

from __future__ import annotations

from surefoot.core import commands as do
from surefoot.core import events as ev
from tests.workers.conftest import SPEC, Lane


def _taken(lane: Lane, number: int) -> ev.Checkpointed:
    commit = lane.context.space.base
    command = do.TakeCheckpoint(step=SPEC.id, attempt=1, lane="0", commit=commit, scratch=(), checkpoint=number)
    taken = lane.perform(command)
    assert isinstance(taken, ev.Checkpointed), taken
    return taken


def _restored(lane: Lane, number: int) -> ev.LaneRestored:
    commit = lane.context.space.base
    command = do.RestoreLane(
        step=SPEC.id, attempt=1, lane="0", commit=commit, scratch=(), checkpoint=number, keeps_changes=True
    )
    restored = lane.perform(command)
    assert isinstance(restored, ev.LaneRestored), restored
    return restored


def test_a_lane_that_is_put_back_to_its_last_checkpoint_is_as_it_was(lane: Lane) -> None:
    """What the attempt changed is kept."""
    _taken(lane, 1)
    (lane.root / "new.txt").write_text("new", "utf-8")
    restored = _restored(lane, 1)
    assert (restored.lane_changed, restored.changes is None) == (False, False)


def test_a_lane_in_which_a_checkpoint_was_taken_since_counts_as_changed(lane: Lane) -> None:
    """The later one may have noted what the earlier body left there; and what stands there is another step's."""
    _taken(lane, 1)
    _taken(lane, 2)
    (lane.root / "new.txt").write_text("new", "utf-8")
    restored = _restored(lane, 1)
    assert (restored.lane_changed, restored.changes) == (True, None)
    assert not (lane.root / "new.txt").exists()


def test_verdicts_of_a_lane_whose_last_use_the_journal_has_lost_hold_for_no_other(lane: Lane) -> None:
    """Nobody knows what that use has left there, until the lane is made anew."""
    first, second, third = _taken(lane, 1), _taken(lane, 2), _taken(lane, 2)
    assert first.environment == second.environment != third.environment == _taken(lane, 3).environment
    lane.perform(do.OpenLane(lane="0", commit=lane.context.space.base, fresh=True))
    assert _taken(lane, 4).environment == first.environment
