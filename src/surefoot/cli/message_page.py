"""`tell`: a person's message to an agent."""

from __future__ import annotations

from collections.abc import Iterator

from surefoot.api.agent_messages import keep
from surefoot.api.agent_messages import tell as send
from surefoot.api.home import Home
from surefoot.cli.lookup import find_run, find_steps
from surefoot.cli.options import Given
from surefoot.cli.overview import engine_of
from surefoot.cli.screen import Screen
from surefoot.core.ids import RunId
from surefoot.core.short_text import listed
from surefoot.core.state import MessageState
from surefoot.core.system_steps import PLAN_HOLDS, REPLANNING, attempted_step, step_said
from surefoot.errors import UsageError
from surefoot.views.lines import Line, one_line


def tell(given: Given, screen: Screen) -> int:
    """Say something to an agent of a run, or what holds for all of it."""
    if given.deny and not given.keep:
        raise UsageError("--deny says which files may not be changed from here on; it belongs to --keep")
    with Home() as home:
        run, step = _whom(home, given)
        if given.keep:
            return _keep(home, run, step, given, screen)
        state = send(home, run, given.text, step=step, now=given.now)
        sent, engine = list(state.messages.values())[-1], engine_of(home, run)
    if screen.is_json:
        told = {"run": run, "message": sent.sent.message, "step": step, "to": sent.to, "now": given.now}
        screen.document({**told, "engine": engine})
    screen.show(_lines(run, sent, engine))
    return 0


def _keep(home: Home, run: RunId, step: str | None, given: Given, screen: Screen) -> int:
    """Let a person's words hold for all of a run."""
    if step is not None or given.now:
        raise UsageError("--keep is for all of a run: name the run alone, and leave out --now")
    before = len(home.state(run).messages)
    state, engine = keep(home, run, given.text, deny=given.deny), engine_of(home, run)
    kept, sent = state.plan.constraints[-1], list(state.messages.values())[before:]
    if screen.is_json:
        screen.document({"run": run, "constraint": kept.text, "deny": kept.deny, "told": bool(sent), "engine": engine})
    denied = f"; {listed(map(one_line, kept.deny), 6)} may not be changed" if kept.deny else ""
    screen.show([Line(f"It holds from here on{denied}.", "good", hang=2)])
    screen.show(line for message in sent for line in _lines(run, message, engine))
    return 0


def _whom(home: Home, given: Given) -> tuple[RunId, str | None]:
    """Return the run and the step that `RUN[:STEP]` means; a step of the latest run may stand alone."""
    name, colon, step = given.agent.partition(":")
    if colon:
        run, steps = find_run(home, name or None, given.repo), (step,)
    else:
        run, steps = find_steps(home, (name,), given.repo)
    if not steps:
        return run, None
    nodes = home.state(run).nodes
    return run, f"({steps[0]})" if steps[0] not in nodes and f"({steps[0]})" in nodes else steps[0]


def _lines(run: RunId, message: MessageState, engine: str | None) -> Iterator[Line]:
    if PLAN_HOLDS in message.to:
        yield Line("Noted. No agent of the run reads it: a person is asked what it means for the plan.", "good", hang=2)
        return
    is_planned, steps = REPLANNING in message.to, [step for step in message.to if step != REPLANNING]
    # A candidate is named where the message is for that one alone.
    named = step_said(steps[0]) if len(steps) == 1 else f"step {listed(dict.fromkeys(map(attempted_step, steps)), 6)}"
    whose = f"the agent at {one_line(named)} reads it" if steps else "the next agent of the run reads it"
    when = "at once: its turn is broken off" if message.sent.is_urgent else "with its next request"
    if steps or not is_planned:
        yield Line(f"Sent; {whose} {when}.", "good", hang=2)
    if is_planned:
        yield Line("Sent; the planner looks whether the plan has to change.", "good", hang=2)
    if engine is None:
        yield Line(f"Next: surefoot resume {run}", "head", is_whole=True)
