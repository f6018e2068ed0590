"""The search for the step after which a check fails: what was asked, and all there is to know of the step."""

from __future__ import annotations

from dataclasses import asdict

from surefoot.api.home import Home
from surefoot.api.queries import told
from surefoot.core.blame import answer_at, askings_max, stops_of
from surefoot.core.events import BlameOutcome
from surefoot.core.events.invalidation_events import Taint
from surefoot.core.ids import RunId, StepId
from surefoot.core.inquiries import BlameState, InquiryAnswer, Stop
from surefoot.core.record import record
from surefoot.core.short_text import counted, listed
from surefoot.core.state import RunState
from surefoot.core.taint import consumed_by, tainted_by
from surefoot.views.step_details import StepDetails

SCHEMA = "surefoot.blame/1"
_LISTED_MAX = 10


@record(kw_only=False)
class BlamePage:
    """What a search came to."""

    home: Home
    run: RunId
    state: RunState
    blame: BlameState
    stops: tuple[Stop, ...]
    step: StepDetails | None
    """The step that is to blame; None: it was not found."""
    consumed: tuple[Taint, ...] = ()
    """What that step consumed of earlier results."""
    spoilt: tuple[Taint, ...] = ()
    """The steps that consumed its result since, directly or through others."""

    @classmethod
    def of(cls, home: Home, run: RunId, blame: BlameState) -> BlamePage:
        """Gather it."""
        state = home.state(run)
        stops = tuple(stops_of(state, blame.asked.since))
        ended = blame.ended
        if ended is None or ended.outcome is not BlameOutcome.FOUND or ended.steps[0] not in state.nodes:
            return cls(home, run, state, blame, stops, None)
        name = ended.steps[0]
        shape = next(one for one in told(home, state)["steps"] if one["id"] == name)
        details = StepDetails.of(home, run, shape)
        return cls(home, run, state, blame, stops, details, consumed_by(state, name), spoilt_by(state, name))

    @property
    def outcome(self) -> str:
        """What the search came to; `open` while it is not over."""
        return "open" if self.blame.ended is None else self.blame.ended.outcome.value

    @property
    def steps(self) -> tuple[StepId, ...]:
        """The step that is to blame; several, where they cannot be told apart."""
        return () if self.blame.ended is None else self.blame.ended.steps

    def said(self) -> str:
        """Say in a sentence what the search came to."""
        name, begin = repr(self.blame.asked.check.name), self._begin()
        match self.blame.ended.outcome if self.blame.ended is not None else None:
            case BlameOutcome.FOUND:
                return f"Step {self.steps[0]} is the first after which {name} fails"
            case BlameOutcome.RED_BEFORE:
                return f"{name} was red already {begin}: no step of the run made it fail"
            case BlameOutcome.GREEN:
                return f"{name} passes at the end of the run: there is no step to blame"
            case BlameOutcome.FLAKY:
                return f"{name} is flaky, it passed and failed on the same files: its answers name no step"
            case BlameOutcome.UNANSWERED:
                where = begin if self._answer(self.stops[0]) == "inconclusive" else "at the end of the run"
                return f"{name} cannot be asked {where}, so no step can be found"
            case BlameOutcome.UNCLEAR:
                between = "at commits between them it cannot be asked"
                return f"One of {listed(self.steps, _LISTED_MAX)} made {name} fail; {between}"
            case BlameOutcome.NO_STEPS:
                where = "" if self.blame.asked.since is None else f" after {self.blame.asked.since}"
                return f"No step{where} has changed a file, so there is nothing to ask about"
            case None:
                return f"Not known yet: {counted(self.blame.askings, 'asking')} so far; the same command goes on"

    def _begin(self) -> str:
        since = self.blame.asked.since
        return "before the run" if since is None else f"after step {since}, to which it belongs"

    def _answer(self, stop: Stop) -> str | None:
        found = answer_at(self.blame, stop)
        return None if found is None else found.verdict.value

    def rows(self) -> list[tuple[Stop, InquiryAnswer]]:
        """Return each answer with its commit, in the order of the commits."""
        places = {stop.tree: (number, stop) for number, stop in reversed(list(enumerate(self.stops)))}
        found = [(places[one.tree], one) for one in self.blame.answers if one.tree in places]
        return [(stop, one) for (_, stop), one in sorted(found, key=lambda row: row[0][0])]

    def changed_check(self) -> tuple[str, ...]:
        """Return files that decide what the check says and that the run has changed: its answers differ by them."""
        return tuple(dict.fromkeys(path for one in self.blame.answers for path in one.changed_files))

    def document(self, following: str | None) -> dict[str, object]:
        """Return all of it as plain data; `following` is the command that goes on."""
        asked = self.blame.asked
        answers = [
            {
                "step": stop.step,
                "commit": stop.commit,
                "verdict": one.verdict.value,
                "asked": one.is_asking,
                "text": one.text,
                "evidence": one.evidence,
            }
            for stop, one in self.rows()
        ]
        return {
            "schema": SCHEMA,
            "run": self.run,
            "check": {
                "name": asked.check.name,
                "text": asked.check.ask.question,
                "step": asked.step,
                "since": asked.since,
            },
            "outcome": self.outcome,
            "said": self.said(),
            "step": self.steps[0] if self.outcome == BlameOutcome.FOUND else None,
            "suspects": list(self.steps),
            "askings": self.blame.askings,
            "askings_max": askings_max(self.stops) if len(self.stops) > 1 else 0,
            "answers": answers,
            "changed_check": list(self.changed_check()),
            "details": None if self.step is None else self.step.document(),
            "lessons": [] if self.step is None else [asdict(one) for one in self.step.node.lessons],
            "consumed": [{"step": one.by, "why": one.why} for one in self.consumed],
            "spoilt": [asdict(one) for one in self.spoilt],
            "next": following,
        }


def spoilt_by(state: RunState, wrong: StepId) -> tuple[Taint, ...]:
    """Return the steps that consumed a wrong result, directly or through others."""
    return tuple(one for one in tainted_by(state, [wrong]) if one.by is not None)
