"""The engine dies while an effect is under way: what follows is what the row of the effect says.

The kept journals reach every effect. Each is cut off, and another engine takes over.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from surefoot.core import events as ev
from surefoot.core.event import ACCEPTANCE
from surefoot.core.event_words import Outcome
from surefoot.core.events import Event
from surefoot.core.plan import AgentBody
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState
from surefoot.effects import EFFECTS
from surefoot.effects.effect import Effect, OnCrash
from tests.core.conftest import Play
from tests.golden.keeping import FOLDER, events_of
from tests.golden.test_golden import NAMES

JOURNALS = {name: list(events_of((FOLDER / f"{name}.jsonl").read_text("utf-8"))) for name in NAMES}
UNAIDED = {"agent": 3, "goal": 47, "lanes": 2, "plan": 2, "services": 2}
"""Those that come to their end without a person, and the event from which on they do."""
CLOCKS = (ev.RetryScheduled, ev.RetryDue, ev.StepStarted, ev.DeadlineSet, ev.ModelRequestDelayed)


@dataclass(frozen=True, kw_only=True)
class Crash:
    """An engine that died while an effect was under way."""

    attempt: StepState | None
    """The step whose attempt the effect belonged to, as it was then."""
    before: list[Event]
    """What happens to it before the effect is requested again."""
    is_again: bool
    """Whether the effect is requested again."""

    @property
    def is_parked(self) -> bool:
        """Whether its result waits without a lane: another one may ask for both of them next time."""
        return self.attempt is not None and self.attempt.work is not None and self.attempt.work.is_parked

    @property
    def is_kept(self) -> bool:
        """Whether what is done already counts: of a conversation, or of a body whose effect is known to be there."""
        node = self.attempt
        return node is not None and node.work is not None and (node.work.conversation is not None or node.is_body_known)

    def has(self, *kinds: type[Event]) -> bool:
        """Tell whether such an event comes before the effect is requested again."""
        return any(isinstance(event, kinds) for event in self.before)


def crashes(effect: Effect) -> list[Crash]:
    """Return a crash for each time that the effect is under way in a kept journal and the run is not to pause."""
    found: list[Crash] = []
    for journal in JOURNALS.values():
        for at, request in enumerate(journal):
            if type(request) is not effect.requested:
                continue
            dead, step = Play.of(journal[: at + 1]).state, getattr(request, "step", ACCEPTANCE)
            if dead.pausing is not None or not is_of(effect, request, dead):
                continue
            after = Play.of(journal[: at + 1]).claim().go().journal[at + 2 :]
            own = [event for event in after if step in (ACCEPTANCE, getattr(event, "step", step))]
            again = next((n for n, event in enumerate(own) if type(event) is effect.requested), None)
            found.append(Crash(attempt=dead.nodes.get(step), before=own[:again], is_again=again is not None))
    return found


def is_of(effect: Effect, request: Event, state: RunState) -> bool:
    """Tell a body from a conversation, which is requested alike."""
    is_talk = isinstance(request, ev.BodyStarted) and isinstance(state.nodes[request.step].spec.body, AgentBody)
    return not isinstance(request, ev.BodyStarted) or is_talk == (effect.name == "conversation")


def rows(*on_crash: OnCrash) -> pytest.MarkDecorator:
    """Take the rows of the table that say so."""
    named = [pytest.param(effect, id=effect.name) for effect in EFFECTS if effect.on_crash in on_crash]
    return pytest.mark.parametrize("effect", named)


@rows(OnCrash.REDO)
def test_an_effect_is_requested_again(effect: Effect) -> None:
    """M71: no attempt is lost by it, and no body runs twice."""
    found = crashes(effect)
    assert [crash.is_again or crash.has(ev.LimitReached) for crash in found] == [True] * len(found) != []
    assert not any(crash.has(ev.LaneRestored, ev.BodyStarted) for crash in found)


@rows(OnCrash.RESTORE, OnCrash.DOUBT)
def test_an_attempt_is_put_back_and_made_again(effect: Effect) -> None:
    """M71: inside a lane nothing is half done."""
    is_doubt = effect.on_crash is OnCrash.DOUBT
    found = [one for one in crashes(effect) if one.attempt and not (is_doubt and one.attempt.effect.is_outside)]
    restored = [one.has(ev.AttemptFailed, ev.LaneRestored) for one in found if not one.is_kept]
    goes_on = [(one.is_again or one.is_parked) and not one.has(ev.BodyStarted) for one in found if one.is_kept]
    assert [*restored, *goes_on] == [True] * len(found) != []


@rows(OnCrash.DOUBT)
def test_what_may_have_reached_others_is_looked_into_first(effect: Effect) -> None:
    """M72: probed, or put to a person."""
    found = [one for one in crashes(effect) if one.attempt is not None and one.attempt.effect.is_outside]
    assert [one.has(ev.ProbeRequested, ev.QuestionAsked) for one in found] == [True] * len(found)


@rows(OnCrash.REWIND)
def test_a_clock_is_set_again(effect: Effect) -> None:
    """Or its time has come."""
    found = crashes(effect)
    assert [one.is_again or one.has(*CLOCKS) for one in found] == [True] * len(found) != []


@rows(OnCrash.END)
def test_what_ended_with_the_engine_is_not_ended_again(effect: Effect) -> None:
    """Not before it has been started anew."""
    found = crashes(effect)
    assert [one.has(ev.ServiceReady) or not one.is_again for one in found] == [True] * len(found) != []


@pytest.mark.parametrize("name", UNAIDED)
def test_a_run_whose_engine_dies_after_any_event_comes_to_the_same_end(name: str) -> None:
    """M70: whichever request or result was the last, the steps end as they do without the crash."""
    journal = JOURNALS[name]
    whole = Play.of(journal)
    assert whole.state.outcome is Outcome.COMPLETED
    for cut in range(UNAIDED[name], len(journal)):
        assert Play.of(journal[:cut]).claim().go().states == whole.states, cut
