"""A run that begins in the middle of another one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from surefoot.api.engagement import Source, create_run
from surefoot.api.fork_origin import find_fork
from surefoot.api.home import Home
from surefoot.api.run_options import Options
from surefoot.core.ids import RunId
from surefoot.core.plan import Plan
from surefoot.core.record import record
from surefoot.core.state import RunState
from surefoot.errors import UsageError


@record
class RestOfRun:
    """What is left of a run's plan at one of its steps."""

    plan: Plan
    source: Source
    repository: Path


def rest_of(home: Home, place: str, repository: Path | None = None) -> RestOfRun:
    """Return what is left of the plan at `RUN@STEP`, and where it comes from.

    Raises:
        RunNotFound: there is no such run, or it has no such step.
        UsageError: the step left no commit, or the rest cannot be carried out by itself.
    """
    state, fork = find_fork(home, place, repository)
    run, step = fork.origin.run, fork.origin.step
    if fork.problems:
        text = f"run {run!r} cannot be forked at step {step!r} with the rest of its plan: {'; '.join(fork.problems)}"
        raise UsageError(f"{text}. Give a plan of its own: `surefoot run --from {run}@{step} --plan FILE`", run=run)
    own = [one.id for one in fork.plan.steps if one.needs_program]
    if own:
        text = f"steps {', '.join(own)} of run {run!r} are Python functions; fork it in the program that made it, by "
        raise UsageError(f"{text}`Options(fork_from={place!r})`", run=run)
    created = state.created
    assert created.repository is not None
    source = Source(
        repository=Path(created.repository),
        plan_path=None if created.plan_path is None else Path(created.plan_path),
        plan_digest=created.plan_digest,
        files_from=home.run_folder(RunId(run)),
    )
    return RestOfRun(plan=fork.plan, source=source, repository=Path(created.repository))


def fork_run(home: Home, place: str, options: Options | None = None, *, run_id: str | None = None) -> RunState:
    """Create a run that carries out what was left of another one's plan at `RUN@STEP`, on that step's commit.

    Raises:
        RunNotFound: there is no such run, or it has no such step.
        UsageError: the step left no commit, or the rest cannot be carried out by itself.
        WorkspaceError: the repository cannot be used; the message says why.
    """
    rest = rest_of(home, place)
    options = replace(options or Options(), fork_from=place)
    return create_run(home, rest.plan, rest.source, run_id=run_id, options=options)
