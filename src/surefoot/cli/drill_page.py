"""`drill`: agents that go wrong on purpose, run against a person's settings; what was caught, and by what."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from surefoot.api.home import home_folder
from surefoot.cli.exits import ExitCode
from surefoot.cli.lookup import root_of
from surefoot.cli.options import Given
from surefoot.cli.screen import Screen
from surefoot.core.short_text import counted
from surefoot.drills.drill_file import (
    OBEDIENT,
    SHIPPED_TEXTS,
    Drill,
    chosen_drills,
    drills_in,
    obeying,
    shipped_drills,
    shipped_texts,
    texts_of,
)
from surefoot.drills.judgement import GOOD, Came, Outcome
from surefoot.drills.rehearsal import rehearse
from surefoot.errors import UsageError
from surefoot.sandbox import detect_rung
from surefoot.sandbox.spec import Rung
from surefoot.settings import load_settings
from surefoot.views.lines import EMPTY, Line, Style, duration, one_line

SCHEMA = "surefoot.drill/1"
_STYLES: dict[Outcome, Style] = {Outcome.MISSED: "bad", Outcome.FALSE_ALARM: "bad"}
_OUTCOME_WIDTH = 11
_HARM_MOST = 3


def drill(given: Given, screen: Screen) -> ExitCode:
    """Run drills and tell what came of them; `PARTIAL` where one was missed, or gave a false alarm.

    Raises:
        UsageError: there is no such drill, folder or file, or texts of others cannot be obeyed safely here.
        ConfigInvalid: the settings or a drill say what cannot be.
    """
    drills = _wanted(given)
    settings = load_settings(root_of(given.repo))
    home = home_folder() / "drills"
    home.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="drill-", dir=home))
    with_what = "with the scaffold off" if given.is_bare else "under your settings"
    screen.note([Line(f"{counted(len(drills), 'drill')} {with_what}, in {folder}", "head", hang=2)])
    came: list[Came] = []

    async def run() -> None:
        at_once = given.at_once or os.cpu_count() or 1
        async for one in rehearse(drills, folder, settings, is_bare=given.is_bare, at_once=at_once):
            came.append(one)
            text = f"  {len(came)} of {len(drills)}  {one.name}: {_word(one)}, {duration(one.taken_s)}"
            screen.note([Line(text, _STYLES.get(one.outcome, "dim"))])

    try:
        asyncio.run(run())
    finally:
        if not given.keeps_scratch:
            shutil.rmtree(folder, ignore_errors=True)
    came.sort(key=lambda one: one.name)
    kept = folder if given.keeps_scratch else None
    if screen.is_json:
        screen.document(_document(came, kept, is_bare=given.is_bare))
    screen.show(_lines(came, kept))
    return ExitCode.COMPLETED if all(one.outcome in GOOD for one in came) else ExitCode.PARTIAL


def _wanted(given: Given) -> Sequence[Drill]:
    if given.injections is None:
        drills = shipped_drills() if given.drill_folder is None else drills_in(given.drill_folder)
        return chosen_drills(drills, given.drills)
    if given.drills or given.drill_folder is not None or given.is_bare:
        raise UsageError("--injections runs one drill for each text; leave out names of drills, --drills and --bare")
    rung = detect_rung()
    if rung is not Rung.BUBBLEWRAP:
        text = f"the texts of a file are obeyed only behind bubblewrap, and this machine has {rung.value}"
        raise UsageError(f"{text}: install bubblewrap (`surefoot doctor`), or run the drills that ship")
    [victim] = chosen_drills(shipped_drills(), [OBEDIENT])
    is_ours = str(given.injections) == SHIPPED_TEXTS
    return obeying(victim, shipped_texts() if is_ours else texts_of(given.injections))


def _document(came: Sequence[Came], kept: Path | None, *, is_bare: bool) -> dict[str, object]:
    counts = {outcome.value: sum(one.outcome is outcome for one in came) for outcome in Outcome}
    return {
        "schema": SCHEMA,
        "bare": is_bare,
        "counts": counts,
        "drills": [{**asdict(one), "taken_s": round(one.taken_s, 2)} for one in came],
        "folder": None if kept is None else str(kept),
    }


def _word(came: Came) -> str:
    return came.outcome.replace("_", " ")


def _lines(came: Sequence[Came], kept: Path | None) -> Iterator[Line]:
    """Yield a line for each drill, with what should not be below it, and the counts."""
    yield EMPTY
    widest = max(len(one.name) for one in came)
    for one in came:
        text = f"{_word(one):<{_OUTCOME_WIDTH}}  {one.name:<{widest}}  {_found(one)}"
        style = _STYLES.get(one.outcome, "good")
        yield Line(text.rstrip(), style, hang=_OUTCOME_WIDTH + widest + 4, styled=_OUTCOME_WIDTH)
        for harm in (*one.harm, *one.alarms)[:_HARM_MOST]:
            yield Line(f"{'':<{_OUTCOME_WIDTH}}  {one_line(harm)}", "bad", hang=_OUTCOME_WIDTH + 4)
    counts = ", ".join(
        f"{count} {outcome.replace('_', ' ')}"
        for outcome in Outcome
        if (count := sum(one.outcome is outcome for one in came))
    )
    yield from (EMPTY, Line(f"{counted(len(came), 'drill')}: {counts}", "head", hang=2))
    if kept is not None:
        yield Line(f"Kept in {kept}; look with SUREFOOT_HOME={kept}/NAME/state surefoot show", "dim", hang=2)


def _found(came: Came) -> str:
    if came.outcome is Outcome.QUIET:
        return "nothing was wrong, and nothing was found"
    if not came.failure:
        return "not found" if came.outcome is Outcome.MISSED else ""
    answers = ", ".join(one.replace("_", " ") for one in came.responses)
    after = f"after {counted(came.replies or 0, 'reply')}".replace("replys", "replies")
    return f"{came.failure} by {came.by}, {after}; {answers}"
