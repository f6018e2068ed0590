"""Creation of runs, and the engine that works on a run until it ends, pauses or waits."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from surefoot.api.agent_messages import message
from surefoot.api.answers import Answer, answered
from surefoot.api.engine_claim import claimed, clear
from surefoot.api.fork_origin import find_fork
from surefoot.api.history import earlier_times
from surefoot.api.home import Home
from surefoot.api.identity import Identity, identify, refuse_steps
from surefoot.api.lane_retention import let_go
from surefoot.api.model_options import asking_for, needs_models, routing_for, settings_for
from surefoot.api.notifier import Notifier
from surefoot.api.revisions import edited_plan
from surefoot.api.run_files import copy_files
from surefoot.api.run_options import Options
from surefoot.api.shared_resources import shared_writer
from surefoot.api.stopped_plans import refuse_stopped_plan
from surefoot.api.validation import Source, chosen, validated
from surefoot.api.worker_choice import with_worker
from surefoot.core import events as ev
from surefoot.core.agent_types import ModelRouting
from surefoot.core.event_words import Finding, Severity
from surefoot.core.events import Event
from surefoot.core.file_order import waits_of
from surefoot.core.fork import Fork
from surefoot.core.globs import matches
from surefoot.core.graph_state import policy_of
from surefoot.core.ids import RUN_ID, RunId, StepId
from surefoot.core.kernel import apply, first_state
from surefoot.core.monitor_table import Watches
from surefoot.core.plan import EVERYTHING, Plan, Step
from surefoot.core.plan_commands import commands_around
from surefoot.core.policy_types import Policy
from surefoot.core.probe_kinds import FunctionProbe
from surefoot.core.record import record
from surefoot.core.review import review
from surefoot.core.state import RunState
from surefoot.effects.check.perform import clean
from surefoot.engines.embedded import Observer, RunLoop
from surefoot.errors import JournalError, RunExists, SurefootError, UsageError, WorkspaceError
from surefoot.faults import point
from surefoot.planfile.json_schema import FILE_NAME
from surefoot.ports import Clock
from surefoot.ports.storage import Batch
from surefoot.release import RELEASE
from surefoot.sandbox import detect_rung, mark_prefix_of, sweep
from surefoot.settings.setting_records import Settings
from surefoot.threads import in_thread
from surefoot.workers.preconditions import with_facts
from surefoot.workers.preflight import missing, plan_in_lanes, refuse_without
from surefoot.workers.run_context import FunctionRegistry, RunContext
from surefoot.workspace import RunWorkspace, inspect_source, login_files, settings_files, write_git_configuration

GRACE_S = 10.0
"""How long an engine that is taken over may take to stop."""


def create_run(
    home: Home, plan: Plan, source: Source, *, run_id: str | None = None, options: Options | None = None
) -> RunState:
    """Create a run: its workspace, its copies of the plan's files, and its first events. Nothing is executed yet.

    What `options` approves beforehand is part of the run from its first moment on.

    Raises:
        PlanInvalid: the plan cannot run, or a step of it surely fails on this machine.
        RunExists: the run id is taken.
        RunHeld: another program is just creating a run of that id.
        ConfigInvalid: the settings cannot be read.
        StepMayNotAnswer: something is approved beforehand, and this program was started by a step.
        UsageError: `options` choose a step that the plan does not have.
        WorkspaceError: the repository cannot be used; the message says why.
    """
    options = options or Options()
    _refuse_steering(home, options)
    fork = _fork(home, options.fork_from, source)
    settings = settings_for(options, source.repository)
    if source.goal_options is None:
        plan = with_worker(plan, options.worker or settings.workers.default)
    graph = validated(plan, source)
    selection = chosen(plan, options.only)
    if selection.left_out:
        plan, graph = selection.plan, validated(selection.plan, source)
    if run_id is None:
        day = time.strftime("%Y%m%d", time.localtime(home.clock.now()))
        run_id = f"{day}-{home.program.random_text(6)}"
    elif not RUN_ID.fullmatch(run_id):
        raise UsageError(f"{run_id!r} is not a run id; it has the form YYYYMMDD-xxxxxx (x: a-z or 0-9)")
    run = RunId(run_id)
    _refuse_taken(home, run)
    plan_folder = None if source.plan_path is None else source.plan_path.absolute().parent
    agents = settings.workers.known
    missed = missing(plan, source.repository, plan_folder, home.folder, agents=agents)
    missed = refuse_without(missed, source.places)
    created = ev.RunCreated(
        at=home.clock.now(),
        run=run,
        plan=plan,
        plan_path=str(source.plan_path.absolute()) if source.plan_path is not None else None,
        plan_digest=source.plan_digest,
        include_dirty=source.include_dirty,
        by=options.who,
        goal_options=source.goal_options,
        waits={} if source.repository is None else waits_of(plan, graph),
        commands=with_facts(commands_around(plan)),
        findings=(*missed, *_found_at(fork, source)),
        left_out=selection.left_out,
        forked_from=fork and fork.origin,
    )
    routing = None
    if source.repository is not None and needs_models(created, plan, options):
        # Before anything is made for the run: where no model can be asked, nothing is left.
        root = inspect_source(source.repository).root
        routing = routing_for(replace(created, repository=str(root)), plan, options)
    with claimed(home, run, is_new=True), ExitStack() as unmaking:
        _refuse_taken(home, run)
        unmaking.callback(_unmake, home, run)
        events = _create(home, created, source, options, routing)
        unmaking.pop_all()
    state = first_state(events[0], graph)
    for event in events[1:]:
        apply(state, event)
    return state


def _found_at(fork: Fork | None, source: Source) -> tuple[Finding, ...]:
    """Return what a person should know of the rest of another run's plan."""
    return () if fork is None or source.files_from is None else fork.findings


def _fork(home: Home, place: str | None, source: Source) -> Fork | None:
    """Return where a run begins in another one, once the user's repository has the commit; None: at no such place.

    Raises:
        RunNotFound: there is no such run, or it has no such step.
        UsageError: the step left no commit, or the run belongs to another repository.
        WorkspaceError: the workspace of the other run is gone.
    """
    if place is None:
        return None
    root = None if source.repository is None else inspect_source(source.repository).root
    state, fork = find_fork(home, place, root)
    run, repository = state.created.run, state.created.repository
    if source.include_dirty or source.goal_options is not None or root is None or str(root) != repository:
        text = f"a run from {place!r} begins at a commit of {repository!r}: it takes no goal in words, no uncommitted "
        raise UsageError(f"{text}changes, and no other repository", run=run)
    space = RunWorkspace.open(home.run_folder(run), root, run)
    if space.kind != "git":
        raise UsageError(f"run {run!r} works on a plain folder; only runs of a git repository can be forked", run=run)
    space.lend(fork.origin.commit)
    return fork


def _create(
    home: Home, created: ev.RunCreated, source: Source, options: Options, routing: ModelRouting | None
) -> tuple[ev.RunCreated, *tuple[Event, ...]]:
    """Make what belongs to a run whose claim the caller holds, and append its first events; return these."""
    folder = home.run_folder(created.run)
    clear(folder)  # of a run that was killed before its first event
    point("run.create.folder")
    copy_files(created.plan, source, folder)
    if source.repository is not None:
        created = _with_workspace(created, source, folder)
    created = replace(created, estimates=earlier_times(home.journal, created))
    point("run.create.workspace")
    policy = _policy(options, created.repository)
    given: tuple[Event, ...] = () if policy == Policy() else (ev.PolicyConfigured(at=created.at, policy=policy),)
    cast = () if routing is None else (ev.ModelsConfigured(at=created.at, routing=routing),)
    settings = settings_for(options, created.repository)
    if _is_watched(created.plan, settings, routing):
        given = (*given, ev.MonitorsConfigured(at=created.at, watches=settings.watches))
    if routing is not None or settings.ladders.rungs:
        given = (*given, ev.RecoveriesConfigured(at=created.at, ladders=settings.ladders.in_force))
    if created.repository is not None:
        given = (*given, ev.SamplesConfigured(at=created.at, rates=settings.samples))
    events = (created, *given, *cast, *_consents(options, created.at))
    # On disk with the start of an engine, which is waited for, or when the home is closed.
    result = home.journal.append([Batch(run=created.run, expected=0, events=events, token=None)])[0]
    if isinstance(result, Exception):
        raise result
    return events


def _unmake(home: Home, run: RunId) -> None:
    """Remove what was made for a run that could not be created; the caller holds its claim.

    A run whose first events may be in the journal keeps its folder.
    """
    with suppress(SurefootError, OSError):
        if home.journal.head(run)[0] == 0:
            folder = home.run_folder(run)
            RunWorkspace.remove_unfinished(folder)
            shutil.rmtree(folder, ignore_errors=True)  # with the lock


def _refuse_taken(home: Home, run: RunId) -> None:
    if home.journal.head(run)[0] > 0:
        message = f"there is a run {run!r} already; take another id, or `surefoot resume {run}`"
        raise RunExists(message, run=run)


def _with_workspace(created: ev.RunCreated, source: Source, folder: Path) -> ev.RunCreated:
    assert source.repository is not None
    origin = inspect_source(source.repository)
    base = None if created.forked_from is None else created.forked_from.commit
    space = RunWorkspace.create(
        folder, origin, created.run, include_dirty=source.include_dirty, at=created.at, base=base
    )
    write_git_configuration(folder / "gitconfig")
    reviewed = review(created.plan, checkout=str(origin.root))
    plan = None if source.plan_path is None else source.plan_path.resolve()
    # No step misses the plan file and the schema beside it: a run has copies of its own.
    written_by_init = () if plan is None else (plan, plan.with_name(FILE_NAME))
    remarks = (Finding(kind=one.kind, severity=Severity.WARNING, text=one.text) for one in space.remarks)
    is_limited = created.goal_options is not None and EVERYTHING not in created.plan.scope_write
    files = space.files(space.base) if is_limited else ()
    return replace(
        created,
        in_scope=sum(matches(path, created.plan.scope_write) for path in files) if is_limited else None,
        repository=str(origin.root),
        base=space.base,
        base_tree=space.commit_tree_of(space.base),
        base_ref=origin.branch,
        dirty=tuple(path for path in origin.dirty if origin.root / path not in written_by_init),
        # Of a goal in words nothing is known yet that could be looked over.
        findings=(
            *(() if created.goal_options is not None else reviewed.findings),
            *created.findings,
            *plan_in_lanes(created.plan, source.plan_path, origin.root, include_dirty=source.include_dirty),
            *remarks,
        ),
    )


@record(frozen=False)
class Engagement:
    """An engine at work on one run: a handle for those who want to speak to it."""

    loop: RunLoop
    options: Options
    clock: Clock
    result: str | None = None
    """How it stopped: `ended`, `paused`, `waiting` or `stopped`."""
    stops_asked: int = 0

    @property
    def state(self) -> RunState:
        """The run's live state."""
        return self.loop.state

    def ask_to_stop(self) -> None:
        """Stop more firmly each time: pause after what runs, then end what can be repeated, then stop at once."""
        self.stops_asked += 1
        if self.stops_asked > 2:
            self.loop.stop()
            return
        event = ev.PauseRequested(at=self.clock.now(), by=self.options.who, interrupt=self.stops_asked == 2)
        self.loop.tell(event)

    def answer(self, question: str, given: Answer, who: Identity) -> None:
        """Hand in an answer given in this very program.

        Raises:
            NotAwaitingAnswer: the question is not open, or does not take it.
            NotApprover: it takes somebody else.
            StepMayNotAnswer: this program was started by a step.
        """
        refuse_steps("answer a question")
        self.loop.tell(answered(self.state, question, given, who, self.clock.now()))

    def say(self, home: Home, text: str, *, step: str | None = None, now: bool = False) -> None:
        """Say something to an agent of this very program, as `surefoot.api.tell` does.

        Raises:
            UsageError: the text is empty or too long, or no agent would read it.
            RunNotFound: the run has no such step.
            StepMayNotAnswer: this program was started by a step.
        """
        refuse_steps("say something to an agent")
        self.loop.tell(message(home, self.state, text, step=step, now=now, by=self.options.who))

    def edit_plan(self, home: Home, question: str, text: bytes, who: Identity) -> None:
        """Hand in another plan than the one a question shows, as a plan file.

        Raises:
            PlanInvalid: it cannot run, is for another goal, or leaves out a step that was begun.
            UsageError: it is the plan that is shown, or holds a secret.
            NotAwaitingAnswer: the question is not open, or shows no plan.
            NotApprover: it takes somebody else.
            StepMayNotAnswer: this program was started by a step.
        """
        refuse_steps("edit a plan")
        self.loop.tell(*edited_plan(home, self.state, question, text, who, self.clock.now()))


@record
class Watching:
    """Who wants to be told while a run is worked on."""

    observer: Observer | None = None
    """Told of every event, once it is committed."""
    on_line: Callable[[StepId, str], None] | None = None
    """Told of every line a body prints."""
    on_words: Callable[[StepId, str], None] | None = None
    """Told of the words of the line that a model is writing, each time it has written more of them."""
    engaged: Callable[[Engagement], None] | None = None
    """Given the handle as soon as there is one."""
    answers_here: bool = False
    """Whether answers come through the handle, so that the engine waits for them."""


async def engage(
    home: Home,
    run: RunId | RunState,
    options: Options | None = None,
    *,
    watching: Watching | None = None,
    functions: FunctionRegistry | None = None,
    resume: bool = True,
) -> RunState:
    """Claim the run and work on it until it ends, pauses or waits for a person; return its state then.

    `run` may be what `create_run` has just returned: that spares the reading of the journal, and is thrown away if the
    journal has gone on since.

    Raises:
        RunHeld: another engine holds it.
        UsageError: its plan was stopped as wrong, and there is no other one.
        WorkspaceMissing: the run's own workspace is gone.
        ClaimLost: another engine took the run over.
        StepMayNotAnswer: this program was started by a step, and would go on with a run or approve something.
    """
    options, watching = options or Options(), watching or Watching()
    run, known = (run, None) if isinstance(run, str) else (run.created.run, run)
    if not home.run_folder(run).is_dir():
        raise WorkspaceError(
            f"the folder of run {run!r} is gone ({home.run_folder(run)}); its journal is kept: `surefoot report {run}`"
        )
    with claimed(home, run, take_over_s=GRACE_S if options.take_over else None):
        async with shared_writer(home) as writer:
            state = home.state(run) if known is None else known
            _refuse_steering(home, options, is_begun=state.token > 0)
            if resume and not options.same_plan:
                refuse_stopped_plan(state)
            opening = partial(_open_here, options=options) if home.machine is None else home.machine.open
            context = await opening(home, state, functions or FunctionRegistry())
            context.on_line, context.on_words = watching.on_line, watching.on_words
            asking = asking_for(state.created, state.plan, options, state.routing)
            if asking is not None:
                context.models, context.model_timeout_s = asking
            context.approver = options.should_proceed
            token = home.journal.raise_token(run)
            notifier = Notifier(
                home, context.run, settings_for(options, state.created.repository).targets, watching.observer
            )
            loop = RunLoop(context, home.journal, writer, state, token=token, observer=notifier.observer)
            loop.waits_for_answers = watching.answers_here
            engagement = Engagement(loop=loop, options=options, clock=home.clock)
            if watching.engaged is not None:
                watching.engaged(engagement)
            loop.tell(*_opening(home, loop.state, context, options, token, resume=resume))
            async with notifier:
                engagement.result = await loop.drive()
            if context.workspace is not None:
                await in_thread(let_go, home, context.workspace, loop.state)
            return loop.state


def _refuse_steering(home: Home, options: Options, *, is_begun: bool = False) -> None:
    """Refuse to go on with a run, or to approve anything beforehand, from within a step; a step may begin a run.

    Raises:
        StepMayNotAnswer: this program was started by a step.
        NotApprover: something is approved beforehand by somebody who may not.
    """
    approves = options.yes or bool(options.allow) or options.should_proceed is not None
    if approves or options.take_over or is_begun:
        refuse_steps("approve something beforehand" if approves else "go on with a run", home)
    if approves:
        identify()


async def _open_here(home: Home, state: RunState, functions: FunctionRegistry, options: Options) -> RunContext:
    """Make ready what a run works with on this machine, of which no engine before this one has left anything at work.

    Raises:
        UsageError: the run has functions that this program does not have.
        WorkspaceMissing: the run's own workspace is gone.
        JournalError: the branch is at a commit the journal does not know.
    """
    if state.has_workspace:  # without one there are no commands that could be left over
        await in_thread(sweep, mark_prefix_of(home.run_folder(state.created.run)))
    context = _open_context(home, state, functions, options)
    _refuse_short_journal(home, context, state)
    _adopt_lanes(context, state)
    return context


def _refuse_short_journal(home: Home, context: RunContext, state: RunState) -> None:
    """Refuse to go on from a journal that is older than the branch: it would do again what has been done.

    Raises:
        JournalError: the branch is at a commit the journal does not know.
    """
    published = None if context.workspace is None else context.workspace.published()
    if published is None or home.has_verified(state, published):
        return
    raise JournalError(
        f"The branch of run {context.run!r} is at commit {published[:12]}, which its journal does not know: the "
        f"journal is older than the branch, from a backup perhaps. Nothing was done. Put the newer journal back "
        f"({str(home.folder / 'journal.db')!r}), or start a new run",
        run=context.run,
        commit=published,
    )


def _adopt_lanes(context: RunContext, state: RunState) -> None:
    """Go on with the lanes in which steps left work that is still to be looked at, without what a killed check left."""
    for name in state.active:
        work, spec = state.nodes[name].work, state.nodes[name].spec
        if work is None or work.lane is None or work.checkpoint is None:
            continue
        context.space.adopt(work.lane, work.checkpoint.commit)
        is_outside = state.nodes[name].effect.is_outside
        if is_outside and work.changes is not None and context.space.lane_path(work.lane).is_dir():
            clean(context, work.lane, work.changes.tree, spec.uncommitted)


def _opening(
    home: Home, state: RunState, context: RunContext, options: Options, token: int, *, resume: bool
) -> Iterable[Event]:
    """Return the facts an engine begins with."""
    now, program = home.clock.now(), home.program
    yield ev.EngineStarted(
        at=now,
        engine=program.random_text(8),
        token=token,
        pid=program.pid,
        host=program.host,
        rung=context.rung.value,
        release=RELEASE,
        as_root=program.is_root,
        boot=program.boot,
    )
    settings, away_s = settings_for(options, state.created.repository), now - state.decided_at
    if state.outcome is None and state.token > 0 and away_s >= settings.run.absence_s:
        yield ev.AbsenceNoted(at=now, away_s=away_s)
    yield from _configured(state, options, settings, now)
    if options.limits is not None and options.limits != state.plan.limits and state.outcome is None:
        yield ev.LimitsRaised(at=now, limits=options.limits, by=options.who)
    if options.approver != state.approver:
        by = identify().name if options.approver else options.who
        yield ev.ApproverConfigured(at=now, approver=options.approver, by=by)
    is_allowed = state.allowed.keys() >= set(options.allow)
    if not is_allowed or (options.yes and state.yes_by is None):
        yield from _consents(options, now)
    if resume and state.outcome is None and state.pausing is not None:
        yield ev.RunResumed(at=now, by=options.who)


def _configured(state: RunState, options: Options, settings: Settings, now: float) -> Iterable[Event]:
    """Yield what of the settings has changed since the journal was told."""
    policy = _policy(options, state.created.repository)
    if policy_of(state.plan, policy) != state.policy:
        yield ev.PolicyConfigured(at=now, policy=policy)
    if state.has_workspace and settings.samples != state.sample_rates:
        yield ev.SamplesConfigured(at=now, rates=settings.samples)
    routing = routing_for(state.created, state.plan, options, state.routing)
    ladders = settings.ladders
    is_said = routing is not None or ladders.rungs or state.ladders.rungs
    if is_said and ladders.in_force != state.ladders:
        yield ev.RecoveriesConfigured(at=now, ladders=ladders.in_force)
    if routing is not None and routing != state.routing:
        yield ev.ModelsConfigured(at=now, routing=routing)
    if settings.watches != state.watches:
        yield ev.MonitorsConfigured(at=now, watches=settings.watches)


def _is_watched(plan: Plan, settings: Settings, routing: ModelRouting | None) -> bool:
    """Tell whether monitors have something to watch, or are set otherwise than they ship."""
    return routing is not None or settings.watches != Watches() or any(step.body.by_model for step in plan.steps)


def _policy(options: Options, repository: str | None) -> Policy:
    if options.policy is not None:
        return options.policy
    return settings_for(options, repository).policy


def _consents(options: Options, now: float) -> Iterable[Event]:
    if options.yes or options.allow:
        allow = tuple(StepId(step) for step in options.allow)
        yield ev.ApprovalsGiven(at=now, by=identify().name, yes=options.yes, allow=allow)


def _lacks_function(step: Step, functions: FunctionRegistry) -> bool:
    if step.body.in_program and step.id not in functions.bodies:
        return True
    asks = step.probe is not None and isinstance(step.probe.ask, FunctionProbe)
    return asks and step.id not in functions.probes


def _open_context(home: Home, state: RunState, functions: FunctionRegistry, options: Options) -> RunContext:
    created = state.created
    run = created.run
    lacking = [step.id for step in created.plan.steps if _lacks_function(step, functions)]
    if lacking and state.undoing is None and not state.is_searching:  # what undoes a run, or is asked, are commands
        raise UsageError(
            f"run {run!r} has Python bodies or probes (steps {', '.join(lacking)}); "
            "resume it from the program that made it"
        )
    space = None
    settings = settings_for(options, created.repository)
    if created.repository is not None:
        space = RunWorkspace.open(home.run_folder(run), Path(created.repository), run, limits=settings.lanes)
    hidden = _expanded(settings.places.hide)
    if space is not None:  # git keeps logins for the user in their own settings, and in those of their repository
        hidden += (*settings_files(), *(login_files(space.git_dir) if space.git_dir is not None else ()))
    return RunContext(
        run=run,
        folder=home.run_folder(run),
        plan=state.plan,
        blobs=home.journal.blobs,
        clock=home.clock,
        rung=detect_rung(),
        workspace=space,
        limits=settings.lanes,
        created=created,
        source=Path(created.repository) if created.repository is not None else None,
        plan_folder=Path(created.plan_path).absolute().parent if created.plan_path is not None else None,
        functions=functions,
        hidden=hidden,
        shown=_expanded(settings.places.show),
        agents=settings.workers.known,
    )


def _expanded(places: Iterable[str]) -> tuple[Path, ...]:
    return tuple(Path(place).expanduser() for place in places)
