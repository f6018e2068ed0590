"""`surefoot dead`: the steps and runs that cannot go on by themselves, each with the command that goes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from surefoot.api.dead_letters import DeadLetter, Why, dead_letters
from surefoot.api.home import Home
from surefoot.cli.exits import FOUND_NOTHING, FOUND_PROBLEMS
from surefoot.cli.lookup import find_run, root_of
from surefoot.cli.screen import Screen
from surefoot.views.lines import Line, Style, duration, one_line

SCHEMA = "surefoot.dead/1"
_STYLES: dict[Why, Style] = {Why.FAILED: "bad", Why.BLOCKED: "dim"}


def show_dead(run: str | None, repo: Path | None, screen: Screen) -> int:
    """List the dead letters of a run, of a repository or of all runs; the exit status is 1 where there is one."""
    with Home() as home:
        named = None if run is None else find_run(home, run, repo)
        found = dead_letters(home, None if repo is None else root_of(repo), named)
    if screen.is_json:
        screen.document({"schema": SCHEMA, "dead": [asdict(one) for one in found]})
    screen.show(dead_lines(found))
    return FOUND_PROBLEMS if found else FOUND_NOTHING


def dead_lines(found: Sequence[DeadLetter]) -> Iterator[Line]:
    """Yield each with its reason and its command."""
    if not found:
        yield Line("Nothing is stuck.", "good")
    for one in found:
        since = "" if one.since_s is None else f", for {duration(one.since_s)}"
        where = one.run if one.step is None else f"{one.run} {one.step}"
        word = one.why.replace("_", " ")
        yield Line(
            f"{word:<8} {where}  {one_line(one.reason)}{since}", _STYLES.get(one.why, "warn"), hang=9, styled=len(word)
        )
        yield Line(f"{'':<8} do: {one.next}", "head", is_whole=True)
