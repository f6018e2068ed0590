"""`calibration`: stated confidence against what was found, and the threshold to set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from surefoot.api.home import Home
from surefoot.api.run_calibration import MAX_ERROR, calibration
from surefoot.cli.cost import bar_of
from surefoot.cli.exits import FOUND_NOTHING
from surefoot.cli.lookup import root_of
from surefoot.cli.optional_file import STANDARD_OUTPUT, write_drawing
from surefoot.cli.options import Given
from surefoot.cli.screen import Screen
from surefoot.core.calibration import LABELS_MIN, SURE, USUAL, Calibration
from surefoot.core.short_text import counted
from surefoot.views.lines import EMPTY, Line, one_line

SCHEMA = "surefoot.calibration/1"
_WRONG_MOST = 10


def show_calibration(given: Given, screen: Screen) -> int:
    """Show how well stated confidence tells what is right. Nothing is set.

    Raises:
        UsageError: the picture cannot be written, or the rate is none.
    """
    from surefoot.views.calibration_picture import svg

    rate = MAX_ERROR if given.max_error is None else given.max_error
    with Home() as home:
        found = calibration(home, max_error=rate, repository=None if given.repo is None else root_of(given.repo))
    is_out = given.svg == STANDARD_OUTPUT
    if given.svg is not None and not is_out:
        write_drawing(given.svg, svg(found))
    if screen.is_json:
        said = {"schema": SCHEMA, **asdict(found), "advised": found.advised, "setting": setting_of(found)}
        screen.document({**said, **({"svg": svg(found)} if is_out else {})})
    elif is_out:
        screen.text(svg(found))
    else:
        screen.page(calibration_lines(found, is_ascii=not screen.draws_lines))
        if given.svg is not None:
            screen.show([Line(f"Drew it into {given.svg}.")])
    return FOUND_NOTHING


def setting_of(found: Calibration) -> str:
    """Return what to paste into the settings."""
    return f"[approvals]\nconfidence = {found.advised:g}"


def calibration_lines(found: Calibration, *, is_ascii: bool) -> Iterator[Line]:
    """Yield what is known, the bins, who was sure and wrong, and the threshold."""
    unstated = f", {found.unstated} without a confidence, which counts as 0" if found.unstated else ""
    yield Line(f"{counted(found.claims, 'claim')}{unstated}", "head", hang=2)
    if not found.claims:
        yield Line("No agent has claimed anything yet.")
        return
    known = f"Of {found.labelled} it is known whether they are right: {found.right} are."
    brier = "" if found.brier is None else f" Brier score {found.brier:.3f} (0 is best; 0.25: as good as a coin)."
    yield Line(known + brier, hang=2)
    yield from (EMPTY, Line("Right of what is known, by stated confidence", "head"))
    for one in found.bins:
        name = f"  {one.low:>4.0%} to {one.high:>4.0%}"
        if one.labelled:
            said = f"{one.right} of {one.labelled} right, stated {one.stated or 0.0:.0%}"
            unknown = f"; {one.claims - one.labelled} unknown" if one.claims > one.labelled else ""
            yield Line(f"{name}  {bar_of(one.right / one.labelled, is_ascii=is_ascii)}  {said}{unknown}", hang=4)
        elif one.claims:
            yield Line(f"{name}  {counted(one.claims, 'claim')}, nothing known of them", "dim", hang=4)
    if found.confidently_wrong:
        yield from (EMPTY, Line(f"At least {SURE:.0%} sure, and wrong: {len(found.confidently_wrong)}", "bad"))
    for one in found.confidently_wrong[:_WRONG_MOST]:
        text = f"  {one.confidence:.0%}  {one.run} {one_line(one.step)}, attempt {one.attempt}: {one_line(one.why)}"
        yield Line(text, "bad", hang=6)
    yield from (EMPTY, *_advice(found))


def _advice(found: Calibration) -> Iterator[Line]:
    rate = f"{100 * found.max_error:.4g} %"
    if not found.is_enough:
        few = f"{found.labelled} of the {LABELS_MIN} claims that it takes are known to be right or wrong"
        yield Line(f"Too few to say where the threshold should be: {few}. Keep {USUAL:g}:", "warn", hang=2)
    elif found.threshold is None:
        text = f"No threshold is known to keep the error under {rate} (95 %, by Wilson). Keep {USUAL:g}:"
        yield Line(text, "warn", hang=2)
    else:
        error = f"{100 * (found.error_at_threshold or 0.0):.3g} %"
        yield Line(f"From {found.threshold:g} on at most {error} are wrong (95 %, by Wilson), under {rate}:", hang=2)
    yield from (Line(f"  {line}", "head", is_whole=True) for line in setting_of(found).splitlines())
    yield Line("Nothing was set: put that into your own surefoot.toml if you want it.", "dim", hang=2)
