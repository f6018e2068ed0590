"""What the planner is told when it is asked whether the plan has to change: why, how the plan stands, the stock.

Nothing here changes the state.
"""

from __future__ import annotations

from collections.abc import Iterator

from surefoot.core.agent_changes import changes_for_planner
from surefoot.core.amendment_effects import effects_of
from surefoot.core.kernel.amendment_words import lines_of_amendment
from surefoot.core.kernel.replan_fold import doubts_to_ask_about, failures_to_ask_about, red_acceptance
from surefoot.core.ladder_table import Rung
from surefoot.core.people_words import without_words
from surefoot.core.plan import Check
from surefoot.core.short_text import shortened
from surefoot.core.state import RunState
from surefoot.core.stock import Stock, stock_of, without_held_back
from surefoot.core.untrusted_text import fenced, in_line
from surefoot.core.verdicts import CheckRecord

_TEXT_MAX, _OUTPUT_MAX = 400, 2_000
_STOPPED = """\
Do not mend the plan here and there: say what the right way is, and make a plan of what is left on what holds.
Everything that is not verified may be dropped or replaced, its checks included, which a person then has to agree to.
What is verified and not named stays, and is not done again."""
_SPLIT = (
    "It came to {failure} and is to be split: put smaller steps in front of {step}, each of which changes one thing, "
    "and in its place a step `verify: true` that needs them and keeps its checks."
)
_SAID = "A person has said something about the run; it stands below. Decide what it means for the plan."


def instructions_of(state: RunState) -> str:
    """Say what the planner is asked about, and the plan as it stands."""
    why = [*_stopped_lines(state), *_red_lines(state), *_failed_lines(state), *_doubt_lines(state)]
    why = [*why, *_change_lines(state)] or ["", _SAID]
    return "\n".join(["The plan in force, with how its steps stand:", *_plan_lines(state), *why])


def _plan_lines(state: RunState) -> Iterator[str]:
    for node in state.steps():
        spec, writes = node.spec, ", ".join(state.plan.writes_of(node.spec)) or "nothing"
        needs = f", after {', '.join(spec.needs)}" if spec.needs else ""
        checks = ", ".join(check.name for check in spec.checks if not check.held_back) or "none"
        yield f"- {spec.id} [{node.status.value}] ({spec.effect}{needs}); writes {writes}; checks: {checks}"
        yield f"  {spec.body.lead}{in_line(shortened(spec.body.text, _TEXT_MAX))}"


def _stopped_lines(state: RunState) -> Iterator[str]:
    if state.stop is None:
        return
    asked = state.stop.asked
    by, is_persons = in_line(asked.by), asked.step is None
    where = "Why stands below, in their words." if is_persons else "Why:"
    yield from ("", f"The plan was stopped as wrong by {by}, and nothing goes on until you have answered. {where}")
    yield from () if is_persons else (fenced(shortened(asked.why, _TEXT_MAX)),)
    yield _STOPPED
    yield from _stock_lines(stock_of(state, is_for_agents=True))


def _red_lines(state: RunState) -> Iterator[str]:
    red = red_acceptance(state)
    if not red:
        return
    yield from ("", "All steps are verified, and still the acceptance is red. Find out why, and what is missing:")
    yield from (_red_line(check, answers) for check, answers in red)
    if state.stop is None:
        yield from _stock_lines(stock_of(state, is_for_agents=True))


def _red_line(check: Check, answers: CheckRecord) -> str:
    if check.held_back:
        return "- a check that agents are not told of"
    found = fenced(shortened(answers.text, _OUTPUT_MAX))
    return f"- {in_line(check.name)}, expected: {in_line(check.expected)}; found:\n{found}"


def _stock_lines(stock: Stock) -> Iterator[str]:
    """Say what the run has come to."""
    yield from ("", "The stock of the run. Done, and staying:")
    yield from [f"- {one.step}, commit {one.commit or 'none'}" for one in stock.done] or ["- nothing"]
    yield f"The run branch is at commit {stock.head or 'none'}; your files are those of that commit."
    if stock.learnt:
        yield "What was learnt on the way:"
        yield from (f"- {in_line(one)}" for one in stock.learnt)
    if stock.ways:
        yield "What was said of the right way:"
        yield from (f"- {in_line(one)}" for one in stock.ways)


def _failed_lines(state: RunState) -> Iterator[str]:
    failed = failures_to_ask_about(state)
    if not failed:
        return
    yield from ("", "These steps failed, and no further attempt is made. Find out why before you decide:")
    for node in failed:
        why = without_words(state, without_held_back(node, node.reason or "no reason is known"))
        yield f"- {node.spec.id}:\n{fenced(shortened(why, _TEXT_MAX))}"
        if node.climbed and node.climbed[-1].rung is Rung.SMALLER:
            yield f"  {_SPLIT.format(step=node.spec.id, failure=node.climbed[-1].diagnosis.value)}"


def _doubt_lines(state: RunState) -> Iterator[str]:
    doubts = doubts_to_ask_about(state)
    if not doubts:
        return
    yield from ("", "This was found once steps were verified; steps to come wait for your answer:")
    yield from (f"- {one.wanted.step}: {in_line(shortened(one.wanted.why, _TEXT_MAX))}" for one in doubts)


def _change_lines(state: RunState) -> Iterator[str]:
    changes = changes_for_planner(state)
    if not changes:
        return
    yield from (
        "",
        "Agents at work want the plan to change. Take a change over, change the plan otherwise, or leave it:",
    )
    for one in changes:
        found = effects_of(state, one.proposed.operations)
        yield f"- {one.proposed.by}: {in_line(shortened(one.proposed.why, _TEXT_MAX))}"
        lines = lines_of_amendment(state, one.proposed.operations, found, is_for_agents=True)
        yield from (f"  {line}" for line in lines)
