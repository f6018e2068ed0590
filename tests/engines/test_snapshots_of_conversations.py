"""A state reads back equal at every point: within a conversation, after a plan was adopted or revised."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from surefoot.core.events import Event
from surefoot.engines.snapshots import decode_state, encode_state
from tests.core.test_conversations_machine import TalksMachine
from tests.examples import examples


class SnapshotMachine(TalksMachine):
    """The machine of conversations, with a snapshot after each event."""

    def note(self, event: Event) -> None:
        """Write the state down and read it back."""
        super().note(event)
        assert decode_state(self.state.created, encode_state(self.state)) == self.state


SnapshotMachine.TestCase.settings = settings(
    max_examples=examples(6), stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestSnapshotsOfTalks = SnapshotMachine.TestCase
