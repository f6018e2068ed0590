"""The table of recoveries: what each rung does, and the ladder of each failure where nobody says another.

A ladder is a list of rungs. After a failed attempt the next rung that can help is climbed, each once for a step and a
failure; a ladder ends with a person or the report, and `retry` and `limits` bound all attempts. From the table come the
reader of `[recovery]`, the rules of the kernel, and the reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import NamedTuple

from surefoot.core.event_words import Diagnosis
from surefoot.core.raw import Handle
from surefoot.core.record import record


class Rung(StrEnum):
    """One way to go on after a failure."""

    RETRY = "retry"
    FRESH = "fresh"
    VERIFY_CLAIMS = "verify_claims"
    EXACT_SCHEMA = "exact_schema"
    RESTATE = "restate"
    COMPRESS = "compress"
    REOBSERVE = "reobserve"
    STRONGER = "stronger"
    SMALLER = "smaller"
    INVALIDATE = "invalidate"
    ASK = "ask"
    DEAD_LETTER = "dead_letter"
    ON_FAILURE = "on_failure"


class RungRow(NamedTuple):
    """One row of the table of rungs."""

    rung: Rung
    meaning: str
    tries_again: bool = True
    """Whether another attempt at the step follows."""
    is_kept: bool = False
    """Whether it is kept while more attempts are left than the rungs above it need."""
    ends: bool = False
    """Whether the ladder ends with it: a person or the report has the next word."""


class LadderRow(NamedTuple):
    """One row of the table of ladders."""

    failure: Diagnosis
    rungs: tuple[Rung, ...]


# fmt: off
_RUNGS = (
    RungRow(Rung.RETRY, "The same again, after the wait of `retry`; an agent is told nothing of the failed attempt. "
        "Where the failure may not pass by itself: only with a `retry` of the step, or where your `[recovery]` names "
        "it. For an agent it steps back behind `fresh`.", is_kept=True),
    RungRow(Rung.FRESH, "A new conversation, with the lesson of the failed attempts in place of what was said there, "
        "and the advice to try another way. For agents.", is_kept=True),
    RungRow(Rung.VERIFY_CLAIMS, "The next brief names what the agent said or took for granted and what its own calls "
        "contradict, and demands a call as evidence for each statement. For agents."),
    RungRow(Rung.EXACT_SCHEMA, "The next request holds the exact schema of each tool that was used wrongly, an "
        "example of a call, and what was wrong with the last ones. For agents of Surefoot."),
    RungRow(Rung.RESTATE, "The lane is as it was, and the next brief says why. For agents; those of Surefoot read the "
        "goal at the end of each request, and do without the tools `run`, `note` and `propose`."),
    RungRow(Rung.COMPRESS, "Briefs have half the room: the plan, advice and files are told in short, and older turns "
        "are folded earlier. For agents of Surefoot."),
    RungRow(Rung.REOBSERVE, "The next brief names what has changed since the failed attempt began, on the run "
        "branch and of resources, and what people had answered to its agent. For agents. Not counted.", is_kept=True),
    RungRow(Rung.STRONGER, "The `stronger` model is asked first. For agents of Surefoot; only where one is set."),
    RungRow(Rung.SMALLER, "The planner is asked to split the step into smaller ones. Only where a planner is named; it "
        "needs no attempt that is left.", tries_again=False),
    RungRow(Rung.INVALIDATE, "The result of a verified step is taken back, with all that consumed it, and they are "
        "done again. Only for what is found wrong later.", tries_again=False),
    RungRow(Rung.ASK, "A person is asked how to go on.", tries_again=False, ends=True),
    RungRow(Rung.DEAD_LETTER, "The step fails without a question, and stands in the report and in `surefoot dead`.",
        tries_again=False, ends=True),
    RungRow(Rung.ON_FAILURE, "What `on_failure` of the step says: a person is asked, or the step fails, is skipped, "
        "or takes the run back.", tries_again=False, ends=True),
)
_LADDERS = (
    LadderRow(Diagnosis.TRANSIENT, (Rung.RETRY, Rung.ON_FAILURE)),
    LadderRow(Diagnosis.STRUCTURAL, (Rung.RETRY, Rung.FRESH, Rung.STRONGER, Rung.ON_FAILURE)),
    LadderRow(Diagnosis.VERIFICATION, (Rung.RETRY, Rung.FRESH, Rung.STRONGER, Rung.ON_FAILURE)),
    LadderRow(Diagnosis.EXPIRED, (Rung.RETRY, Rung.ON_FAILURE)),
    LadderRow(Diagnosis.STALE, (Rung.REOBSERVE, Rung.ON_FAILURE)),
    LadderRow(Diagnosis.MALFORMED, (Rung.FRESH, Rung.STRONGER, Rung.ON_FAILURE)),
    LadderRow(Diagnosis.TOOL_MISUSE, (Rung.EXACT_SCHEMA, Rung.SMALLER, Rung.FRESH, Rung.STRONGER, Rung.ON_FAILURE)),
    LadderRow(Diagnosis.INFINITE_LOOP, (Rung.FRESH, Rung.STRONGER, Rung.ON_FAILURE)),
    LadderRow(Diagnosis.STALL, (Rung.FRESH, Rung.STRONGER, Rung.ON_FAILURE)),
    LadderRow(Diagnosis.REFUSED, (Rung.FRESH, Rung.STRONGER, Rung.ON_FAILURE)),
    LadderRow(Diagnosis.GIVEN_UP, (Rung.FRESH, Rung.STRONGER, Rung.ON_FAILURE)),
    LadderRow(Diagnosis.CONTEXT_OVERFLOW, (Rung.COMPRESS, Rung.STRONGER, Rung.SMALLER, Rung.ON_FAILURE)),
    LadderRow(Diagnosis.HALLUCINATION, (Rung.VERIFY_CLAIMS, Rung.FRESH, Rung.STRONGER, Rung.ON_FAILURE)),
    LadderRow(Diagnosis.GOAL_DRIFT, (Rung.RESTATE, Rung.FRESH, Rung.STRONGER, Rung.ON_FAILURE)),
    LadderRow(Diagnosis.SILENT_ERROR, (Rung.INVALIDATE, Rung.FRESH, Rung.STRONGER, Rung.ON_FAILURE)),
    LadderRow(Diagnosis.POLICY_VIOLATION, (Rung.RESTATE, Rung.ON_FAILURE)),
)
# fmt: on
RUNGS: Mapping[Rung, RungRow] = {row.rung: row for row in _RUNGS}
LADDERS: Mapping[Diagnosis, LadderRow] = {row.failure: row for row in _LADDERS}
"""The failures after which something else than the end can follow. What a person refused, what has used up the step's
own limit, and what was only interrupted have no ladder."""


def bounded(rungs: tuple[Rung, ...]) -> tuple[Rung, ...]:
    """Return a ladder up to where it ends; one without an end has that of `on_failure`."""
    for index, rung in enumerate(rungs):
        if RUNGS[rung].ends:
            return rungs[: index + 1]
    return (*rungs, Rung.ON_FAILURE)


@record
class Ladders:
    """The ladders of a run."""

    rungs: Mapping[Handle, tuple[Rung, ...]] = field(default_factory=dict[str, tuple[Rung, ...]])
    """By the names of failures; a name that is missing has the ladder of the table."""
    own: tuple[Handle, ...] = ()
    """The names of those that the user's settings say."""

    def of(self, failure: Diagnosis) -> tuple[Rung, ...]:
        """Return the ladder of a failure; empty: it has none."""
        if failure not in LADDERS:
            return ()
        return self.rungs.get(failure.value) or LADDERS[failure].rungs

    @property
    def in_force(self) -> Ladders:
        """Return all ladders, those of the table among them."""
        return Ladders(rungs={one.value: self.of(one) for one in LADDERS}, own=self.own)
