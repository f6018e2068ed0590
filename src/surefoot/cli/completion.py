"""Shell completion of runs, steps and open questions.

Nothing in here raises or creates a home.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import typer

P = ParamSpec("P")

_RUNS_MOST = 20
"""The open questions of so many runs, the latest, are offered."""


_DEAD_VERBS = {"retry": "take up a dead letter again", "close": "leave a dead letter as it is"}


def _quietly(offer: Callable[P, list[tuple[str, str]]]) -> Callable[P, list[tuple[str, str]]]:
    """Let a function offer nothing where there is no journal, and where it fails."""

    @wraps(offer)
    def offered(*args: P.args, **kwargs: P.kwargs) -> list[tuple[str, str]]:
        try:
            from surefoot.api.home import has_journal, home_folder

            return offer(*args, **kwargs) if has_journal(home_folder()) else []
        except Exception:  # noqa: BLE001 - a shell that completes is no place for an error
            return []

    return offered


@_quietly
def offer_runs(incomplete: str) -> list[tuple[str, str]]:
    """Offer the runs, newest first, each with its goal."""
    from rich.markup import escape

    from surefoot.api.home import Home

    with Home() as home:
        rows = sorted(home.journal.runs(), key=lambda row: -row.created_at)
    # What is shown beside a name is read as markup.
    return [(row.run, escape(row.goal)) for row in rows if row.run.startswith(incomplete)]


@_quietly
def _steps(run: str | None, repo: Path | None, incomplete: str) -> list[tuple[str, str]]:
    from surefoot.api.home import Home
    from surefoot.cli.lookup import find_steps

    with Home() as home:
        found, _ = find_steps(home, () if run is None else (run,), repo)
        nodes = list(home.state(found).steps())
    return [(node.spec.id, node.status.value) for node in nodes if node.spec.id.startswith(incomplete)]


def offer_steps(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Offer the steps of the run that is named already (default: the latest)."""
    return _steps(ctx.params.get("run_or_step", ctx.params.get("run")), ctx.params.get("repo"), incomplete)


def offer_either(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Offer the runs, and the steps of the latest."""
    return [*offer_runs(incomplete), *_steps(None, ctx.params.get("repo"), incomplete)]


def offer_agents(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Offer the runs, and behind a run and a colon its steps."""
    run, colon, step = incomplete.partition(":")
    if not colon:
        return offer_either(ctx, incomplete)
    return [(f"{run}:{name}", status) for name, status in _steps(run or None, ctx.params.get("repo"), step)]


@_quietly
def offer_questions(incomplete: str) -> list[tuple[str, str]]:
    """Offer the open questions of the latest runs."""
    from surefoot.api.home import Home

    with Home() as home:
        rows = sorted(home.journal.runs(), key=lambda row: -row.created_at)[:_RUNS_MOST]
        asked = [question.asked for row in rows for question in home.state(row.run).open_questions]
    return [(one.question, f"step {one.step}") for one in asked if one.question.startswith(incomplete)]


def offer_open(incomplete: str) -> list[tuple[str, str]]:
    """Offer the runs, and the open questions of the latest."""
    return [*offer_runs(incomplete), *offer_questions(incomplete)]


@_quietly
def _dead_items(incomplete: str) -> list[tuple[str, str]]:
    from rich.markup import escape

    from surefoot.api.dead_letter_answers import dead_letters
    from surefoot.api.home import Home

    with Home() as home:
        found = dead_letters(home)
    return [(one.item, escape(f"{one.why}: {one.reason}")) for one in found if one.item.startswith(incomplete)]


def offer_dead(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Offer what can be done about dead letters and the runs; behind a verb the letters."""
    if any(word in _DEAD_VERBS for word in ctx.params.get("dead_words") or ()):
        return _dead_items(incomplete)
    return [
        *((verb, says) for verb, says in _DEAD_VERBS.items() if verb.startswith(incomplete)),
        *offer_runs(incomplete),
    ]
