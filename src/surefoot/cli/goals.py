"""A goal in plain words as a plan without steps, and the plan file written for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from surefoot.api.home import Home
from surefoot.cli.options import Given
from surefoot.core.check_kinds import CommandCheck, TestsCheck
from surefoot.core.plan import EVERYTHING, Check, Limits, Plan
from surefoot.core.regex import regex
from surefoot.core.state import RunState
from surefoot.core.system_steps import PLANNING
from surefoot.core.tool_payload import Planned
from surefoot.errors import UsageError
from surefoot.views.lines import Line

_PYTEST = regex(r"(?:\S*python[\d.]*\s+-m\s+|\S*/)?(?:pytest|py\.test)(?:\s|$)")
_UNITTEST = regex(r"(?!.*\s(?:-q|--quiet)(?:\s|$))\S*python[\d.]*\s+-m\s+unittest(?:\s|$)")
_OTHER_WORDS = regex(r"[;&|<>$`()\n]|--junit|no:junitxml")
"""What makes more of a command than one run of tests, or keeps its results from being read."""
PLAN_SUFFIXES = (".yaml", ".yml")


def is_goal(words: str) -> bool:
    """Tell whether what `run` was given is a goal, and no plan file.

    Raises:
        UsageError: it is neither, but looks like a slip.
    """
    if words.endswith(PLAN_SUFFIXES):
        return False
    if not words.strip():
        raise UsageError("the goal is empty; say in a sentence what is wanted, or name a plan file (.yaml, .yml)")
    if " " not in words.strip():
        near = [words + suffix for suffix in PLAN_SUFFIXES if Path(words + suffix).is_file()]
        if near or Path(words).is_file():
            what = f"did you mean {near[0]!r}?" if near else "plan files end in .yaml or .yml"
            raise UsageError(f"{words!r} would be a goal in words, but looks like a file; {what}")
    return True


def goal_plan(goal: str, given: Given) -> Plan:
    """Return the plan a goal begins with: without steps, but with all that the person has said."""
    checks: list[Check] = []
    taken = Counter[str]()
    for command in given.accept:
        taken[command] += 1
        number = f"-{taken[command]}" if taken[command] > 1 else ""
        checks.append(Check(name=f"{command}{number}", ask=_ask_of(command)))
    return Plan(
        goal=goal.strip(),
        steps=(),
        accept=tuple(checks),
        scope_write=given.scope or (EVERYTHING,),
        limits=given.limits_over(Limits()),
    )


def _ask_of(command: str) -> CommandCheck | TestsCheck:
    """Judge test by test where the command is that of a test runner whose results can be read."""
    if _OTHER_WORDS.search(command) is None and _PYTEST.match(command):
        return TestsCheck(command=command)
    if _OTHER_WORDS.search(command) is None and _UNITTEST.match(command):
        return TestsCheck(command=command, format="unittest")
    return CommandCheck(command=command)


def is_planned(state: RunState) -> bool:
    """Tell whether the run has paused for its plan, as it was asked to."""
    return state.is_paused and state.limit == "plan"


def plan_text_of(home: Home, state: RunState) -> str | None:
    """Return the plan a model made, as a plan file: the one that waits for a person's word, else the one that holds."""
    planning = state.nodes.get(PLANNING)
    work = None if planning is None else planning.work
    ended = None if work is None or work.conversation is None else work.conversation.ended
    if ended is None:
        text = state.plan_text if state.revision else None
    else:
        text = ended.payload.made.text if isinstance(ended.payload, Planned) else None
    return None if text is None else home.journal.blobs.get(text).decode("utf-8", "replace")


def keep_plan(home: Home, state: RunState, wanted: Path | None) -> Iterator[Line]:
    """Write the plan where it is wanted, and say how it goes on."""
    run, text = state.created.run, plan_text_of(home, state)
    if text is None or not (is_planned(state) or wanted):
        return
    path = wanted or Path(f"surefoot-{run}.yaml")
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(
            f"the plan cannot be written to {str(path)!r} ({error.strerror}); `surefoot show {run} --plan` prints it"
        ) from error
    yield Line(f"The plan is in {path}.", "head", is_whole=True)
    if is_planned(state):
        yield Line(f"  surefoot resume {run} --yes   carries it out as it is", is_whole=True)
        yield Line(f"  surefoot run {path}   carries out the plan in the file", is_whole=True)
