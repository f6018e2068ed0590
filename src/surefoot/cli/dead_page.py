"""`surefoot dead`: the steps and runs that cannot go on by themselves, and what a person does about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from surefoot.api.dead_letter_answers import DeadLetter, Why, close_dead_letter, dead_letters, retry_dead_letter
from surefoot.api.home import Home
from surefoot.cli.exits import FOUND_NOTHING, FOUND_PROBLEMS
from surefoot.cli.lookup import find_run, find_steps, root_of
from surefoot.cli.options import Given
from surefoot.cli.screen import Screen
from surefoot.core.ids import RunId
from surefoot.errors import UsageError
from surefoot.views.lines import Line, Style, duration, one_line

SCHEMA = "surefoot.dead/1"
_STYLES: dict[Why, Style] = {Why.FAILED: "bad", Why.BLOCKED: "dim"}
_VERBS = ("retry", "close")
_ITEM = "an item was expected: RUN:STEP, or RUN for a run as a whole; `surefoot dead` lists them"


def dead(given: Given, screen: Screen) -> int:
    """List the dead letters, or take up or close the one that is named."""
    verb, *words = given.dead_words or ("",)
    if verb not in _VERBS:
        return _show_dead(given, screen)
    if given.why and verb != "close":
        raise UsageError("--why goes with `surefoot dead close ITEM`; leave it out")
    with Home() as home:
        run, step = _item(home, tuple(words), given)
        return _retry(home, run, step, given, screen) if verb == "retry" else _close(home, run, step, given, screen)


def _show_dead(given: Given, screen: Screen) -> int:
    """List the dead letters of a run, of a repository or of all runs; the exit status is 1 where there is one."""
    if len(given.dead_words) > 1:
        wanted = "`surefoot dead [RUN]`, `surefoot dead retry ITEM` or `surefoot dead close ITEM` was expected"
        raise UsageError(f"{wanted}; found {' '.join(given.dead_words)!r}")
    if given.why:
        raise UsageError("--why goes with `surefoot dead close ITEM`; leave it out")
    with Home() as home:
        named = find_run(home, given.dead_words[0], given.repo) if given.dead_words else None
        root = None if given.repo is None else root_of(given.repo)
        found = dead_letters(home, root, named, with_closed=given.every)
    if screen.is_json:
        screen.document({"schema": SCHEMA, "dead": [{"item": one.item, **asdict(one)} for one in found]})
    screen.show(dead_lines(found))
    return FOUND_PROBLEMS if any(one.closed_by is None for one in found) else FOUND_NOTHING


def _item(home: Home, words: tuple[str, ...], given: Given) -> tuple[RunId, str | None]:
    """Return the run and the step that `RUN:STEP`, `RUN` or `[RUN] STEP` means; None: the run as a whole."""
    if not words:
        raise UsageError(_ITEM)
    run, steps = find_steps(home, words, given.repo)
    if len(steps) > 1:
        raise UsageError(f"{len(steps)} steps are named, and one letter is dealt with at a time; {_ITEM}")
    return run, steps[0] if steps else None


def _retry(home: Home, run: RunId, step: str | None, given: Given, screen: Screen) -> int:
    from surefoot.cli.execution import go_on

    retry_dead_letter(home, run, step)
    if home.is_held(run):
        screen.show([Line(f"Set to be tried again; the engine that is at work on run {run} goes on with it.", "good")])
        return 0
    return go_on(home, run, given, screen)


def _close(home: Home, run: RunId, step: str | None, given: Given, screen: Screen) -> int:
    state = close_dead_letter(home, run, step, given.why)
    closed = state.closed_letters["" if step is None else step]
    item = run if step is None else f"{run}:{step}"
    if screen.is_json:
        said = {"item": item, "run": run, "step": step, "attempt": closed.attempt, "why": closed.why, "by": closed.by}
        screen.document({"schema": SCHEMA, "closed": said})
    why = f": {one_line(closed.why)}" if closed.why else ""
    screen.show([Line(f"{item} is closed by {closed.by}{why}", "good", hang=2)])
    screen.show([Line("Nothing of the run is changed by that. What is tried again later is listed anew.", "dim")])
    return 0


def dead_lines(found: Sequence[DeadLetter]) -> Iterator[Line]:
    """Yield each with its reason and its command."""
    if all(one.closed_by is not None for one in found):
        yield Line("Nothing is stuck.", "good")
    for one in found:
        since = "" if one.since_s is None else f", for {duration(one.since_s)}"
        word = one.why.replace("_", " ")
        yield Line(
            f"{word:<8} {one.item}  {one_line(one.reason)}{since}",
            _STYLES.get(one.why, "warn"),
            hang=9,
            styled=len(word),
        )
        if one.closed_by is not None:
            said = f": {one_line(one.closed_why)}" if one.closed_why else ""
            yield Line(f"{'':<8} closed by {one.closed_by}{said}", "dim", hang=9)
        yield Line(f"{'':<8} do: {one.next}", "head", is_whole=True)
