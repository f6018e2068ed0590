"""Two programs append to one journal in any order: one gapless chain, and no fact is lost."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from surefoot.core.event_words import Phase
from surefoot.core.events import Event, PhaseEntered, RunCreated, RunResumed
from surefoot.core.ids import RunId
from surefoot.core.plan import Plan
from surefoot.errors import ClaimLost, JournalConflict
from surefoot.journal.sqlite import SqliteJournal
from surefoot.ports.storage import Batch
from tests.examples import examples

RUNS = (RunId("20260102-aaaaaa"), RunId("20260102-bbbbbb"))
WRITERS = st.integers(0, 1)
BATCHES = st.lists(
    st.tuples(st.sampled_from(RUNS), st.integers(-2, 0) | st.none(), st.integers(1, 3), st.booleans()),
    min_size=1,
    max_size=4,
)


class TwoWriters(RuleBasedStateMachine):
    """A list of events and a token for each run are the model."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.writers = [self.opened(), self.opened()]
        self.model: dict[RunId, list[Event]] = {}
        self.tokens = dict.fromkeys(RUNS, 0)
        self.count = 0

    def opened(self) -> SqliteJournal:
        """Open the journal as one more program would."""
        return SqliteJournal.open(Path(self.folder.name))

    def teardown(self) -> None:
        """Leave nothing behind."""
        for writer in self.writers:
            writer.close()
        self.folder.cleanup()

    @initialize()
    def create(self) -> None:
        """Begin both runs."""
        for run in RUNS:
            first = RunCreated(at=0.0, run=run, plan=Plan(goal="", steps=()))
            self.writers[0].append([Batch(run, 0, [first])])
            self.model[run] = [first]

    @rule(writer=WRITERS, wanted=BATCHES, durable=st.booleans())
    def append(self, writer: int, wanted: list[tuple[RunId, int | None, int, bool]], durable: bool) -> None:
        """Append batches that fit, come late or hold an old token, and get the answer each one deserves."""
        batches, kinds = [], []
        for run, back, count, is_holder in wanted:
            batch = self.batch(run, back, count, self.tokens[run] - (not is_holder), durable)
            kinds.append(self.expect(batch, is_holder))
            batches.append(batch)
        answers = self.writers[writer].append(batches)
        assert [type(answer).__name__ for answer in answers] == kinds

    def batch(self, run: RunId, back: int | None, count: int, token: int, durable: bool) -> Batch:
        """Make facts, or decisions taken so far back."""
        self.count += 1
        fact, decision = RunResumed(at=self.count, by=""), PhaseEntered(at=self.count, phase=Phase.EXECUTE)
        if back is None:
            return Batch(run, None, [fact] * count, token, durable)
        return Batch(run, len(self.model[run]) + back, [decision] * count, token, durable)

    def expect(self, batch: Batch, is_holder: bool) -> str:
        """Say what has to become of a batch, and append it to the model if it fits."""
        if not is_holder:
            return ClaimLost.__name__
        if batch.expected not in (None, len(self.model[batch.run])):
            return JournalConflict.__name__
        self.model[batch.run] += batch.events
        return "Appended"

    @rule(writer=WRITERS, run=st.sampled_from(RUNS))
    def claim(self, writer: int, run: RunId) -> None:
        """Void all tokens of a run."""
        self.tokens[run] += 1
        assert self.writers[writer].raise_token(run) == self.tokens[run]

    @rule(writer=WRITERS)
    def reopen(self, writer: int) -> None:
        """End one program and start another."""
        self.writers[writer].close()
        self.writers[writer] = self.opened()

    @precondition(lambda self: self.model)
    @invariant()
    def both_read_the_model(self) -> None:
        """Compare everything both programs read."""
        for run, expected in self.model.items():
            for journal in self.writers:
                assert [recorded.event for recorded in journal.events(run)] == expected
                assert journal.head(run)[0] == len(expected)
            assert self.writers[0].audit(run) == []


TwoWriters.TestCase.settings = settings(max_examples=examples(30), stateful_step_count=15, deadline=None)
test_any_interleaving_of_two_writers_keeps_one_chain = TwoWriters.TestCase
