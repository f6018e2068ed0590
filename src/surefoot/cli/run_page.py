"""`show`: the steps of a run, one step in full, or the journal."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict

from surefoot.api.home import Home
from surefoot.api.kept_changes import attempt_changes
from surefoot.api.queries import events
from surefoot.cli.candidate_page import show_candidate
from surefoot.cli.goals import plan_text_of
from surefoot.cli.lookup import find_steps
from surefoot.cli.options import Given
from surefoot.cli.overview import engine_of, read_report
from surefoot.cli.patches import coloured
from surefoot.cli.report_page import head_lines, next_lines
from surefoot.cli.screen import Screen
from surefoot.cli.step_page import StepPage
from surefoot.cli.transcript_page import claim_lines, conversation_lines, turn_lines
from surefoot.core.events import Event
from surefoot.core.ids import RunId, StepId, nearest_said
from surefoot.core.kernel.short_way import SHORT_WAY
from surefoot.core.report_shape import Report, StepShape
from surefoot.core.short_text import listed
from surefoot.core.state import RunState
from surefoot.core.step_state import FINAL
from surefoot.core.system_steps import is_system_step
from surefoot.core.untrusted_text import printable
from surefoot.errors import RunNotFound, UsageError
from surefoot.masking import masker_of
from surefoot.views.evidence import blob_text
from surefoot.views.lines import EMPTY, Line, block, duration, one_line, words_of
from surefoot.views.report_sections import proof_of, style_of
from surefoot.views.step_details import StepDetails
from surefoot.views.timeline import event_row
from surefoot.views.transcript import last_transcript, raw_text, turn_rows

TURNS_SCHEMA = "surefoot.turns/1"


def show(given: Given, screen: Screen) -> int:
    """Show what is wanted of a run, or of one of its steps.

    Raises:
        UsageError: `--output`, `--turns` or `--raw` without a step, or of a step in which no agent was at work; a
            graph of a step; or two steps are named.
        RunNotFound: there is no such step.
    """
    if not given.words:
        _refuse_without_step(given)
    with Home() as home:
        run, steps = find_steps(home, given.words, given.repo)
        if len(steps) > 1:
            raise UsageError(f"{listed(steps)}: `show` takes a run and one step of it; name one")
        step = steps[0] if steps else None
        if step is None:
            _refuse_without_step(given)
        if given.made_plan:
            _show_plan(home, run, screen)
        elif step is None:
            _show_run(home, run, given, screen)
        else:
            _show_step(home, run, step, given, screen)
    return 0


def _refuse_without_step(given: Given) -> None:
    """Refuse what is only there of one step."""
    if given.output:
        raise UsageError("--output shows what one step's body printed; name the step")
    if given.diff or given.attempt is not None:
        raise UsageError("--diff shows what an attempt at one step had changed; name the step")
    if given.candidate is not None:
        raise UsageError("--candidate shows one of several results of a step; name the step")
    if given.turns or given.raw:
        raise UsageError("--turns and --raw show what one step's agent said and did; name the step")


def _draws(given: Given) -> bool:
    return given.draws or given.mermaid or given.svg is not None


def _system_step(home: Home, run: RunId, name: str) -> StepId | None:
    """Return the system step of this name, which may be written without its brackets; None: there is none."""
    nodes = home.state(run).nodes
    named = StepId(name if is_system_step(StepId(name)) else f"({name})")
    is_of_run = is_system_step(named) and (named == name or name not in nodes)
    return named if named in nodes and is_of_run else None


def _show_step(home: Home, run: RunId, name: str, given: Given, screen: Screen) -> None:
    if _draws(given):
        raise UsageError("--graph, --svg and --mermaid draw the graph of the run; name no step")
    system_step = _system_step(home, run, name)
    if system_step is not None or given.turns or given.raw:
        _show_conversation(home, run, system_step or StepId(_step(home, run, name)["id"]), given, screen)
        return
    step = _step(home, run, name)
    if given.candidate is not None:
        show_candidate(home, run, step, given, screen)
    elif given.diff or given.attempt is not None:
        _show_changes(home, run, StepId(step["id"]), given, screen)
    elif given.output:
        _show_output(step["id"], blob_text(home, step["output"]), screen)
    elif given.events:
        _show_events(home, run, screen, only=name)
    elif screen.is_json:
        screen.document(StepDetails.of(home, run, step).document())
    else:
        screen.page(StepPage(StepDetails.of(home, run, step)).lines(stat_only=given.stat))


def _show_output(step: str, text: str, screen: Screen) -> None:
    if screen.is_json:
        screen.document({"step": step, "output": text})
    elif screen.is_terminal:
        screen.page(block(words_of(text), 0))
    else:
        screen.text(text)


def _show_changes(home: Home, run: RunId, step: StepId, given: Given, screen: Screen) -> None:
    """Show what an attempt at a step had changed: whole, so that `git apply` takes it from a pipe."""
    found = attempt_changes(home, run, step, given.attempt)
    text = masker_of(os.environ).text(found.patch.decode("utf-8", "surrogateescape"))
    if screen.is_json:
        screen.document(
            {"step": step, "attempt": found.attempt, "is_put_back": found.is_put_back, "diff": printable(text)}
        )
    elif screen.is_terminal:
        what = "was put back" if found.is_put_back else "is committed"
        screen.page([Line(f"Attempt {found.attempt} at {step}, which {what}", "head"), *coloured(text)])
    else:
        screen.text(printable(text))


def _step(home: Home, run: RunId, name: str) -> StepShape:
    steps = {step["id"]: step for step in read_report(home, run)["steps"]}
    if name not in steps:
        near = nearest_said(name, steps)
        raise RunNotFound(f"run {run!r} has no step {name!r}; `surefoot show {run}` lists them{near}", name=name)
    return steps[name]


# --- the run


def _show_run(home: Home, run: RunId, given: Given, screen: Screen) -> None:
    if given.events:
        _show_events(home, run, screen, only=None)
        return
    if _draws(given):
        from surefoot.cli.graph_page import show_graph  # what draws graphs takes long to load

        show_graph(home, run, given, screen)
        return
    report = read_report(home, run)
    if screen.is_json:
        screen.document(report)
        return
    lines = [*head_lines(report, engine_of(home, run)), EMPTY, *_tree_lines(home.state(run), report)]
    screen.page([*lines, EMPTY, *next_lines(report, engine_of(home, run))])


def _tree_lines(state: RunState, report: Report) -> Iterator[Line]:
    """Yield the steps in the order of the plan, members below their group."""
    widest = min(40, max((len(step["id"]) for step in report["steps"]), default=0))
    group: StepId | None = None
    for step in report["steps"]:
        own = state.nodes[StepId(step["id"])].group
        if own is not None and own != group:
            members = [state.nodes[name].status for name in state.nodes[own].members or ()]
            over = sum(status in FINAL for status in members)
            yield Line(f"{'group':<9}  {own}  {over} of {len(members)}", "dim")
        group = own
        word = f"{step['state'].replace('_', ' '):<9}"
        said = proof_of(step) if step["state"] == "verified" else one_line(step["reason"] or "").replace("_", " ")
        if step["started_at"] is not None and step["ended_at"] is not None:
            said = f"{said}, {duration(step['ended_at'] - step['started_at'])}".removeprefix(", ")
        text = f"{word}  {'  ' if own is not None else ''}{step['id']:<{widest}}  {said}"
        yield Line(text.rstrip(), style_of(step["state"]), hang=11, styled=len(word))


def _show_events(home: Home, run: RunId, screen: Screen, *, only: str | None) -> None:
    wanted = (one for one in events(home, run) if only is None or getattr(one.event, "step", None) == only)
    if screen.is_json:
        for recorded in wanted:
            screen.text(event_row(recorded))
    else:
        screen.page(_event_line(recorded.seq, recorded.event) for recorded in wanted)


def _event_line(seq: int, event: Event) -> Line:
    when = time.strftime("%H:%M:%S", time.localtime(event.at)) + f"{event.at % 1:.3f}"[1:]
    left_out = {"at", "plan", "findings"}
    fields = {key: value for key, value in asdict(event).items() if key not in left_out and value not in (None, "", ())}
    said = "  ".join(f"{key}={one_line(_short(value))}" for key, value in fields.items())
    return Line(f"{seq:>5}  {when}  {event.kind:<18}  {said}", hang=10)


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 120 else text[:117] + "…"


def _show_plan(home: Home, run: RunId, screen: Screen) -> None:
    state = home.state(run)
    text = plan_text_of(home, state)
    if text is None:
        own = f"; it is in {state.created.plan_path}" if state.created.plan_path is not None else " yet"
        if SHORT_WAY in state.nodes:
            own = f"; the runtime made one step of the goal itself: `surefoot show {run} {SHORT_WAY}`"
        raise UsageError(f"run {run} has no plan that a model made{own}")
    if screen.is_json:
        screen.document({"run": run, "revision": state.revision, "plan": text})
    elif screen.is_terminal:
        screen.page(block(text, 0))
    else:
        screen.text(text)


# --- one step


def _show_conversation(home: Home, run: RunId, step: StepId, given: Given, screen: Screen) -> None:
    """Show what an agent said and did: in short for what is done for the run as a whole, else as it is given."""
    conversation = last_transcript(home, run, step)
    if conversation is None:
        raise UsageError(f"no agent has said anything at {step} of run {run}; `surefoot show {run}` lists the steps")
    if screen.is_json:
        rows = turn_rows(home, conversation, is_raw=given.raw)
        screen.document(
            {"schema": TURNS_SCHEMA, "run": run, "step": step, "attempt": conversation.attempt, "turns": rows}
        )
    elif given.raw:
        screen.text(raw_text(home, conversation))
    elif given.turns:
        screen.page(turn_lines(home, conversation))
    else:
        lines = [Line(str(step), "head"), *conversation_lines(conversation, f"surefoot show {run} '{step}' --turns")]
        if conversation.claim is not None:
            lines += [EMPTY, Line("Claims", "head"), *claim_lines(conversation.claim)]
        screen.page(lines)
