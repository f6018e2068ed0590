"""The current activity of a run, step by step, folded from its events.

Also what belongs to no step (a lane being made usable, the acceptance checks), and what finished last. Pure: time comes
with the events.
"""

from __future__ import annotations

from collections import deque
from dataclasses import field

from surefoot.core import events as ev
from surefoot.core.agent_types import ToolCall
from surefoot.core.event_words import Moment
from surefoot.core.events import ACCEPTANCE, Event
from surefoot.core.ids import StepId
from surefoot.core.proofs import Proof
from surefoot.core.queue import place_in_queue
from surefoot.core.record import record
from surefoot.core.state import BLAME, CLEAN, RunState
from surefoot.core.step_state import FINAL, StepState
from surefoot.core.system_steps import attempted_step, is_system_step
from surefoot.effects import BY_REQUEST
from surefoot.views.lines import Style, first_line, one_line

LATELY = 5
"""So many finished steps are kept to be shown."""
_STARTING, _ENDING = "starting", "being ended"
_TALKING = (ev.ConversationStarted, ev.ModelRequested, ev.ModelResponded, ev.ModelRequestDelayed, ev.ToolCallStarted)


@record(kw_only=False)
class Station:
    """What is under way, and since when."""

    words: str
    since: float
    """In seconds since the epoch."""


@record(kw_only=False)
class Finished:
    """A step that has just come to its end."""

    step: StepId
    word: str
    took_s: float
    style: Style


@record(frozen=False, kw_only=False)
class Activity:
    """What is under way in one run."""

    began_at: float
    """When the engine began; times are shown from here on."""
    own: dict[str, Station] = field(default_factory=dict[str, Station])
    """What belongs to no step."""
    lately: deque[Finished] = field(default_factory=lambda: deque[Finished](maxlen=LATELY))
    around_s: float = 0.0
    """How long lane and acceptance checks took before the first change: about what they take at the end."""
    said: dict[StepId, str] = field(default_factory=dict[StepId, str])
    """What agents say just now: the last line, while it is written."""
    _calls: dict[StepId, dict[str, ToolCall]] = field(default_factory=dict[StepId, dict[str, ToolCall]])
    _stations: dict[StepId, Station] = field(default_factory=dict[StepId, Station])
    _attempts: dict[StepId, float] = field(default_factory=dict[StepId, float])

    def station_of(self, state: RunState, node: StepState) -> Station:
        """Return what an active step is at; of one met in the middle only what the state knows."""
        name, work = node.spec.id, node.work
        known = self._stations.get(name)
        if known is None:
            words = BY_REQUEST[work.open].label if work is not None and work.open is not None else _STARTING
            known = Station(words, self._attempts.get(name, node.started_at or state.at))
        queued = None if work is None or work.open is not None else place_in_queue(state, node)
        if queued is not None:
            return Station(queued, known.since)
        return known

    def join(self, state: RunState) -> None:
        """Begin in the middle of a run."""
        for name in state.active:
            self._attempts[name] = state.nodes[name].started_at or state.at

    def took(self, event: ev.StepEvent) -> float:
        """Return how long the attempt has taken, in seconds."""
        return event.at - self._attempts.get(event.step, event.at)

    def call_of(self, state: RunState, step: StepId, name: str) -> ToolCall | None:
        """Return a tool call by its id; None: nothing is known of it any more."""
        known = self._calls.get(step, {}).get(name)
        node = state.nodes.get(step)
        if known is not None or node is None or node.work is None or node.work.conversation is None:
            return known
        found = node.work.conversation.call(name)
        return None if found is None else found.asked

    def follow(self, state: RunState, event: Event) -> None:
        """Be told of an event. The state may be ahead of it."""
        match event:
            case ev.EngineStarted():
                self.own.clear()
                self._stations.clear()
            case ev.LaneRequested():
                self.own[f"lane {event.lane}"] = Station("being prepared", event.at)
            case ev.LaneReady():
                self.own.pop(f"lane {event.lane}", None)
                if event.lane not in (CLEAN, BLAME):
                    self.around_s = max(self.around_s, event.duration_s)
            case ev.EffectFailed(effect="lane") | ev.EffectCancelled(effect="lane"):
                self.own.pop(f"lane {event.subject}", None)
            case ev.GroupExpansionRequested():
                self.own[event.group] = Station("finding the items of the group", event.at)
            case ev.GroupExpanded():
                self.own.pop(event.group, None)
            case ev.EffectFailed(effect="group") | ev.EffectCancelled(effect="group"):
                self.own.pop(event.step, None)
            case ev.CheckEvent() if event.step == ACCEPTANCE:
                # Acceptance checks are asked one after the other.
                self.own.pop("acceptance", None)
                if isinstance(event, ev.CheckRequested):
                    checks = state.plan.accept
                    words = f"check {event.check + 1} of {len(checks)}, {one_line(checks[event.check].name)}"
                    self.own["acceptance"] = Station(words, event.at)
                elif isinstance(event, ev.CheckAnswered) and event.moment is Moment.BEFORE:
                    self.around_s += event.duration_s
            case ev.StepEvent():
                self._follow_step(state, event)
            case _:
                self._follow_search(event)

    def _follow_search(self, event: Event) -> None:
        """A check is asked about commits of the run, one after the other."""
        if isinstance(event, ev.InquiryRequested):
            self.own["search"] = Station(f"asking about {event.commit[:7]}", event.at)
        elif isinstance(event, ev.Inquired):
            self.own.pop("search", None)

    def _follow_step(self, state: RunState, event: ev.StepEvent) -> None:
        name = event.step
        if isinstance(event, ev.StepStarted):
            self._attempts[name] = event.at
            self._stations[name] = Station(_STARTING, event.at)
        if isinstance(event, ev.CheckRequested):
            node = state.nodes.get(name)
            if node is None or event.check >= len(node.spec.checks):
                return
            check = node.spec.checks[event.check]
            self._stations[name] = Station(f"check {one_line(check.name)} {event.moment.value}", event.at)
        elif isinstance(event, _TALKING):
            self._follow_conversation(state, event)
        elif isinstance(event, ev.InterruptRequested):
            self._stations[name] = Station(_ENDING, event.at)
        elif event.kind in BY_REQUEST:
            self._stations[name] = Station(BY_REQUEST[event.kind].label, event.at)
        finished = _finished(event)
        if isinstance(event, ev.BodyFinished | ev.StepFailed | ev.AttemptFailed) or finished is not None:
            self.said.pop(name, None)
        if finished is not None:
            self.lately.append(Finished(name, finished[0], self.took(event), finished[1]))
        if finished is not None or isinstance(event, ev.StepFailed | ev.RetryScheduled | ev.EffectCancelled):
            self._stations.pop(name, None)

    def _follow_conversation(self, state: RunState, event: ev.StepEvent) -> None:
        """A model is asked, then its calls are carried out."""
        name = event.step
        self.said.pop(name, None)
        match event:
            case ev.ModelRequested():
                words = f"asking {one_line(event.model)}"
            case ev.ModelResponded():
                self._calls[name] = {call.call: call for call in event.calls}
                words, self.said[name] = "reading the reply", first_line(event.said)
            case ev.ModelRequestDelayed():
                words = f"waiting to ask again, {first_line(event.reason)}"
            case ev.ToolCallStarted():
                words = call_said(self.call_of(state, name, event.call), event.call)
            case _:
                words = "beginning to talk"
        self._stations[name] = Station(words, event.at)


def call_said(call: ToolCall | None, name: str) -> str:
    """Return a tool call on one line."""
    return f"call {name}" if call is None else one_line(call.summary) or call.tool


def progress_of(state: RunState) -> tuple[int, int]:
    """Return how many steps are over, and how many there are as far as is known."""
    nodes = [node for node in state.nodes.values() if is_step(node)]
    return sum(node.status in FINAL for node in nodes), len(nodes)


def titled(state: RunState, step: StepId) -> str:
    """Return the id of a step, with its title if it has one."""
    node = state.nodes.get(step)
    title = one_line(node.spec.title) if node is not None else ""
    return f"{step} ({title})" if title else step


def is_step(node: StepState) -> bool:
    """Tell whether it is one step of the plan: no group, and nothing that is done for the run as a whole."""
    return node.members is None and not node.is_system_step


def _finished(event: ev.StepEvent) -> tuple[str, Style] | None:
    """Say how a step came to a good end, or one that holds nothing up; None: it did not."""
    if isinstance(event, ev.StepVerified):
        if is_system_step(event.step):
            return "done", "dim"
        return ("unproved", "warn") if event.proof == Proof.CLAIM else ("verified", "good")
    if isinstance(event, ev.StepSkipped):
        if attempted_step(event.step) != event.step:
            return None
        return ("nothing to do", "dim") if event.reason == "nothing_to_do" else ("skipped", "warn")
    return None
