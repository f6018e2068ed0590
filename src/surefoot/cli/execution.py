"""`run`, `resume`, `retry`: an engine at work, watched from the terminal until its report."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from surefoot.api.engagement import Engagement, Source, Watching, create_run, engage
from surefoot.api.home import Home
from surefoot.api.plan_changes import plan_change
from surefoot.api.preview import look_over
from surefoot.api.queries import told
from surefoot.api.run_control import retry as set_to_retry
from surefoot.api.run_fork import rest_of
from surefoot.api.run_options import Options
from surefoot.api.stopped_plans import refuse_stopped_plan
from surefoot.api.validation import chosen
from surefoot.api.worker_choice import goal_for, with_worker, worker_for
from surefoot.cli.confirmation import agrees
from surefoot.cli.exits import ExitCode, code_of_run
from surefoot.cli.goals import goal_plan, is_goal, is_planned, keep_plan
from surefoot.cli.lookup import find_run, find_steps, folder_in, root_of
from surefoot.cli.options import Given
from surefoot.cli.plans import finding_lines, plan_lines, refuse_missing, waits_for_yes
from surefoot.cli.progress import Progress
from surefoot.cli.report_page import origin_lines, report_lines
from surefoot.cli.screen import Screen
from surefoot.core.agent_types import GoalOptions
from surefoot.core.events import Event
from surefoot.core.ids import RunId
from surefoot.core.plan import Plan, within
from surefoot.core.report import report_of, standing_of
from surefoot.core.review import Review
from surefoot.core.short_text import counted, listed
from surefoot.core.state import RunState
from surefoot.errors import DiskRefused, JournalGone, JournalLocked, UsageError, WorkspaceMissing
from surefoot.planfile import load_plan
from surefoot.sandbox import rung_detail
from surefoot.settings import load_settings
from surefoot.views.agent_words import routing_words
from surefoot.views.lines import EMPTY, Line, one_line
from surefoot.views.report_sections import HASH
from surefoot.views.spool import Listener

AT_ONCE_S = 0.1
"""Signals that arrive within so many seconds are one stop."""
_HINTS = (
    "Ctrl-C pauses: what runs is finished first, nothing new starts.",
    "Ctrl-C again ends steps that can be repeated, and restores them; an irreversible effect is still waited for.",
    "Ctrl-C again stops at once; an outside effect under way is then in doubt.",
    "Stopping at once.",
)


def start(given: Given, screen: Screen) -> ExitCode:
    """Create a run and work on it.

    Raises:
        UsageError: the plan cannot run, an `--allow` names no step, or an option belongs to goals.
    """
    named = [word for word in (given.plan_or_goal, given.in_plan) if word]
    if len(named) > 1:
        raise UsageError(f"two plans were given, {named[0]!r} and {str(named[1])!r}; name one of them")
    if not named and given.fork_from is not None:
        return _start_rest(given, given.fork_from, screen)
    if not named:
        raise UsageError("Missing argument 'PLAN|GOAL'. Try `surefoot run --help`.")
    word = str(named[0])
    if given.in_plan is None and is_goal(word):
        return _start_goal(given, screen)
    if given.named_goal_options:
        raise UsageError(
            f"{given.named_goal_options} belongs to a goal in words; {word!r} is a plan, which says it itself"
        )
    path, options = Path(word), given.options
    refuse_missing(path)
    loaded = load_plan(path)
    _refuse_unknown(options, loaded.plan)
    root = root_of(given.repo)
    folder = "." if given.cwd is None else folder_in(root, given.repo, given.cwd)
    plan = with_worker(loaded.plan, worker_for(options, root))
    plan = replace(plan, limits=given.limits_over(plan.limits))
    plan = plan if folder == "." else within(plan, folder)
    wanted = chosen(plan, options.only).plan
    source = Source(
        repository=root,
        plan_path=path,
        plan_digest=loaded.digest,
        include_dirty=given.include_dirty,
        places=loaded.places,
    )
    with Home() as home:
        reviewed = look_over(wanted, root, loaded.places, path)
        is_shown = _wants_yes(given, reviewed, root, screen)
        if is_shown and not _is_approved(wanted, reviewed, root, screen):
            screen.show([Line(f"Nothing was started. Change {path}, or run it again.", hang=2)])
            return ExitCode.CANCELLED
        state = create_run(home, plan, source, run_id=given.run_id, options=options)
        screen.note(_start_lines(home, state))
        screen.note([] if is_shown else [EMPTY, *plan_lines(wanted, reviewed)])
        screen.note(finding_lines(reviewed.findings, with_notes=False))
        return _work(home, state.created.run, options, screen)


def _wants_yes(given: Given, reviewed: Review, root: Path, screen: Screen) -> bool:
    """Tell whether a plan waits for a yes before it starts: a person is there, and it asks or cannot be undone."""
    if given.options.yes or not screen.can_ask or not waits_for_yes(reviewed):
        return False
    return load_settings(root).run.confirm


def _is_approved(plan: Plan, reviewed: Review, root: Path, screen: Screen) -> bool:
    """Show a plan in short and ask for a yes."""
    screen.show([Line(f"Plan: {one_line(plan.goal)}", "head", hang=2), EMPTY, *plan_lines(plan, reviewed)])
    text = f"Lands: on a branch of its own in {root}; nothing is merged before `surefoot land`"
    screen.show([Line(text, hang=2), *finding_lines(reviewed.findings, with_notes=False)])
    return agrees("Start?", screen)


def _start_rest(given: Given, place: str, screen: Screen) -> ExitCode:
    """Create a run that does what was left of another one's plan at one of its steps, and work on it."""
    if given.named_goal_options or given.cwd is not None:
        text = given.named_goal_options or "--cwd"
        raise UsageError(f"{text} does not go with the rest of a run's plan; leave it out, or give a plan by --plan")
    options = given.options
    with Home() as home:
        rest = rest_of(home, place, root_of(given.repo))
        plan = replace(rest.plan, limits=given.limits_over(rest.plan.limits))
        _refuse_unknown(options, plan)
        wanted = chosen(plan, options.only).plan
        reviewed = look_over(wanted, rest.repository, {})
        is_shown = _wants_yes(given, reviewed, rest.repository, screen)
        if is_shown and not _is_approved(wanted, reviewed, rest.repository, screen):
            screen.show([Line("Nothing was started.")])
            return ExitCode.CANCELLED
        state = create_run(home, plan, rest.source, run_id=given.run_id, options=options)
        screen.note(_start_lines(home, state))
        screen.note([EMPTY, *plan_lines(wanted, reviewed)])
        screen.note(finding_lines(state.created.findings, with_notes=False))
        return _work(home, state.created.run, options, screen)


def _start_goal(given: Given, screen: Screen) -> ExitCode:
    """Create a run for a goal in words, and work on it."""
    if given.allow:
        raise UsageError("--allow names steps, and a goal has none yet; resume with --allow once there is a plan")
    if given.only:
        raise UsageError("--only names steps, and a goal has none yet; leave it out")
    if given.cwd is not None:
        raise UsageError("--cwd belongs to a plan file; say in the goal which folder is meant, and limit it by --scope")
    plan, options, root = goal_plan(given.plan_or_goal, given), given.options, root_of(given.repo)
    worker = None if options.models else worker_for(options, root)
    if worker is not None:
        return _start_worker(goal_for(worker, plan), root, given, screen)
    goal_options = GoalOptions(plan_only=given.plan_only)
    source = Source(repository=root, include_dirty=given.include_dirty, goal_options=goal_options)
    with Home() as home:
        state = create_run(home, plan, source, run_id=given.run_id, options=options)
        screen.note(_start_lines(home, state))
        text = "Models explore the goal first. Nothing is changed before there is a plan."
        if state.created.in_scope == 1 and plan.accept and not given.plan_only:
            text = "One file is in scope: if an acceptance check is red, a model works on the file at once."
        screen.note([Line(text, hang=2)])
        return _work(home, state.created.run, options, screen, given.plan_file)


def _start_worker(plan: Plan, root: Path, given: Given, screen: Screen) -> ExitCode:
    """Create a run in which an agent of others carries out a goal, and work on it."""
    if given.plan_only or given.plan_file is not None:
        raise UsageError("--plan-only and --plan-file need a model that makes a plan; name one by --model")
    source = Source(repository=root, include_dirty=given.include_dirty)
    with Home() as home:
        state = create_run(home, plan, source, run_id=given.run_id, options=given.options)
        screen.note(_start_lines(home, state))
        return _work(home, state.created.run, given.options, screen)


def resume(given: Given, screen: Screen) -> ExitCode:
    """Go on with a run. One that has ended is reported, and nothing else."""
    with Home() as home:
        run = find_run(home, given.run, given.repo)
        _follow_file(home, run, given, screen)
        state = home.state(run)
        _refuse_unknown(given.options, state.plan)
        if state.outcome is not None and _has_followed(state):
            screen.show([Line("This run has ended, so there is nothing to resume.", "dim")])
            return conclude(home, state, screen)
        screen.note([Line(f"Resuming run {run}: {one_line(state.plan.goal)}", "head", hang=2), *_rung_lines()])
        limits = given.limits_over(state.plan.limits)
        options = replace(given.options, limits=limits if limits != state.plan.limits else None)
        return _work(home, run, options, screen)


def retry(given: Given, screen: Screen) -> ExitCode:
    """Set steps of a run to be tried again, and go on with it."""
    with Home() as home:
        run, steps = find_steps(home, given.words, given.repo)
        _follow_file(home, run, given, screen)
        state = home.state(run)
        _refuse_unknown(given.options, state.plan)
        if not given.options.same_plan:
            refuse_stopped_plan(state, "retry")
        set_to_retry(home, run, steps)
        return go_on(home, run, given, screen)


def go_on(home: Home, run: RunId, given: Given, screen: Screen) -> ExitCode:
    """Go on with a run some of whose steps were set to be tried again; the program that has its functions does so."""
    if any(step.needs_program for step in home.state(run).plan.steps):
        text = f"Set to be tried again. Run {run} has steps that are Python functions: the program that made it"
        screen.note([Line(f"{text} carries them out.", "warn", hang=2)])
        return conclude(home, home.state(run), screen)
    screen.note([Line(f"Going on with run {run}", "head"), *_rung_lines()])
    return _work(home, run, given.options, screen)


def _follow_file(home: Home, run: RunId, given: Given, screen: Screen) -> None:
    """Change the plan of the run to the file that was named; where none was, say how its own file differs."""
    if given.in_plan is not None:
        from surefoot.cli.amendment_page import amend_to

        amend_to(home, run, given.in_plan, given, screen)
        return
    text = plan_change(home, run)
    screen.note([] if text is None else [Line(text, "warn", hang=2)])


def _has_followed(state: RunState) -> bool:
    """Tell whether the branch is where the journal says; a kill at the very end can leave it behind."""
    branch = state.branch
    if branch is None or branch.moved == branch.head:
        return True
    return branch.refused is not None and not branch.has_failed


def _refuse_unknown(options: Options, plan: Plan) -> None:
    """Refuse an approval for a step that the plan does not have; the members of groups are not known beforehand."""
    known = [step.id for step in plan.steps]
    if not known or any(step.for_each is not None for step in plan.steps):
        return
    for name in options.allow:
        if name not in known:
            raise UsageError(f"--allow names {name!r}, but the plan has no such step; it has {listed(known, 12)}")


def _start_lines(home: Home, state: RunState) -> Iterator[Line]:
    """Say what the run is, where it works, and what it leaves out."""
    created = state.created
    yield Line(f"Run {created.run}: {one_line(state.plan.goal)}", "head", hang=2)
    yield Line(f"Branch surefoot/{created.run}, from {(created.base or '')[:HASH]} of {created.repository}", hang=2)
    yield from origin_lines(report_of(state))
    yield from _rung_lines(is_first=len(home.journal.runs()) == 1)
    models = routing_words(state.routing)
    if models:
        yield Line(f"Models {models}", hang=2)
    if created.dirty:
        paths = f"{counted(len(created.dirty), 'uncommitted path')} ({listed(map(one_line, created.dirty), 3)})"
        verb = "is" if len(created.dirty) == 1 else "are"
        if created.include_dirty:
            yield Line(f"Starts from the checkout: {paths} {verb} part of it.", hang=2)
        else:
            text = f"Starts from HEAD: {paths} {verb} not part of it; --include-dirty takes them."
            yield Line(text, "warn", hang=2)


def _rung_lines(*, is_first: bool = False) -> Iterator[Line]:
    """Say how commands are confined: in the first run of a home, and wherever they are not. `doctor` says it, too."""
    detail = rung_detail()
    is_open = detail.startswith("plain")
    if is_first or is_open:
        yield Line(f"Sandbox {detail}", "warn" if is_open else "", hang=2)


def _work(home: Home, run: RunId, options: Options, screen: Screen, plan_file: Path | None = None) -> ExitCode:
    """Let an engine work on the run until it stops; then report."""
    state = engine_watched(home, run, options, screen)
    if state is None:
        return ExitCode.STOPPED
    code = conclude(home, state, screen)
    screen.show(keep_plan(home, state, plan_file))
    return code


def engine_watched(home: Home, run: RunId, options: Options, screen: Screen) -> RunState | None:
    """Let an engine work on the run until it stops, and return its state; None: it broke off, which has been said."""
    progress = Progress(screen, hear=Listener(home.run_folder(run) / "spool").last_line, hint=_HINTS[0])
    looking: set[asyncio.Task[None]] = set()
    if screen.has_live_rows:
        from surefoot.cli.file_changes import changes_of

        progress.changes_of = changes_of(home.run_folder(run) / "store", looking)
    if screen.has_live_rows and screen.can_ask:
        from surefoot.cli.key_presses import Keys

        progress.keys = Keys({"v": progress.toggle_changes})
        progress.hint = f"{_HINTS[0]} v: changes on or off."
    asker = None
    if screen.can_ask:
        # Without a person at the terminal, none of what shows and takes answers is loaded.
        from surefoot.cli.dialogue import Asker

        asker = Asker(progress, home)
    progress.shows_questions = asker is None and screen.has_live_rows

    def observe(state: RunState, event: Event) -> None:
        if asker is not None:
            asker.make_room(event)
        progress.observe(state, event)
        if asker is not None:
            asker.observe(state, event)

    def engaged(engagement: Engagement) -> None:
        _hear_signals(engagement, progress)
        if asker is not None:
            asker.engagement = engagement
        progress.state = engagement.state
        progress.begin()

    watching = Watching(
        observer=observe,
        on_line=progress.hear_agent,
        on_words=progress.hear_words if screen.has_live_rows else None,
        engaged=engaged,
        answers_here=asker is not None,
    )
    screen.note([EMPTY])
    try:
        return asyncio.run(_engaged(home, run, options, watching, progress, looking))
    except (JournalLocked, JournalGone, DiskRefused, WorkspaceMissing) as error:
        if isinstance(error, WorkspaceMissing) and progress.state is None:
            raise  # nothing was begun
        screen.fail(error.code, error.message)  # the run stopped before its end, and can go on
        return None


async def _engaged(
    home: Home, run: RunId, options: Options, watching: Watching, progress: Progress, looking: set[asyncio.Task[None]]
) -> RunState:
    """Let the engine work, and draw meanwhile; what is looked for still is shown before the end."""
    drawing = asyncio.create_task(progress.keep_drawing())
    try:
        return await engage(home, run, options, watching=watching)
    finally:
        drawing.cancel()
        await asyncio.gather(*looking, return_exceptions=True)
        progress.end()


def _hear_signals(engagement: Engagement, progress: Progress) -> None:
    """Let Ctrl-C stop the engine, more firmly each time. A program that is told to end counts as pressing it twice.

    Signals that arrive at once are one stop, and the firmest of them counts: `timeout` and terminals signal the
    program and its group. The engine is told when their time is over, so that what is read here comes before the next.
    """
    loop = asyncio.get_running_loop()
    at_once: list[int] = []

    def stop() -> None:
        for _ in range(max(at_once)):
            engagement.ask_to_stop()
        at_once.clear()
        progress.hint = _HINTS[min(engagement.stops_asked, len(_HINTS) - 1)]
        progress.screen.show([EMPTY, Line(progress.hint, "warn", hang=2)])

    def hear(times: int) -> None:
        if not at_once:
            loop.call_later(AT_ONCE_S, stop)
        at_once.append(times)

    for number, times in ((signal.SIGINT, 1), (signal.SIGTERM, 2), (signal.SIGHUP, 2)):
        if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, hear, times)


def conclude(home: Home, state: RunState, screen: Screen) -> ExitCode:
    """Report where the run stands, and return the exit code for it."""
    report = told(home, state)
    if screen.is_json:
        screen.document(report)
    screen.show([EMPTY, *report_lines(report, is_short=True)])
    return code_of(state)


def code_of(state: RunState) -> ExitCode:
    """Return the exit code for where a run stands when its engine has let go."""
    if is_planned(state):
        return ExitCode.COMPLETED
    return code_of_run(standing_of(state), None if state.outcome is None else state.outcome.value)
