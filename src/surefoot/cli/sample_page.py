"""`inbox --samples` and `review`: results that nobody was asked about, and what a person says of them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from surefoot.api.home import Home
from surefoot.api.identity import refuse_steps
from surefoot.api.sample_answers import OpenSample, review, review_step, samples
from surefoot.cli.lookup import find_run, find_steps, root_of
from surefoot.cli.options import Given
from surefoot.cli.screen import Screen
from surefoot.core.ids import RunId
from surefoot.core.regex import regex
from surefoot.core.sample_state import Sample
from surefoot.core.short_text import counted, listed, shortened
from surefoot.errors import UsageError
from surefoot.views.lines import EMPTY, Line, duration, one_line

SCHEMA = "surefoot.samples/1"
VIA = "command line"
_WORDS = ("ok", "wrong")
_ITEM = regex(r"(?:[0-9a-z-]+\.)?s[0-9]+")
_FILES_MOST, _CLAIM_MOST = 8, 400


def show_samples(given: Given, screen: Screen) -> int:
    """Show the samples that wait for a person: of all runs, or of the run or repository that is named."""
    with Home() as home:
        run = None if given.run_or_question is None else find_run(home, given.run_or_question, given.repo)
        found = samples(home, run, None if given.repo is None or run is not None else root_of(given.repo))
        now = home.clock.now()
    if screen.is_json:
        screen.document({"schema": SCHEMA, "samples": [asdict(one) for one in found]})
    screen.page(_lines(found, now))
    return 0


def _lines(found: Sequence[OpenSample], now: float) -> Iterator[Line]:
    if not found:
        yield Line("No samples wait for a review.")
        return
    yield Line(f"{counted(len(found), 'result')} to look at; nobody was asked about them, and nothing waits", "head")
    for one in found:
        yield from (EMPTY, *_sample_lines(one, now))


def _sample_lines(one: OpenSample, now: float) -> Iterator[Line]:
    title = f": {one_line(one.title)}" if one.title else ""
    yield Line(f"Sample {one.item}: step {one_line(one.step)}{title}", "head", hang=2)
    yield Line(f"  verified {duration(max(0.0, now - one.taken_at))} ago, attempt {one.attempt}", "dim", hang=4)
    yield Line(f"  run {one.run}: {one_line(one.goal)}", "dim", hang=4)
    sure = "not stated, which counts as 0 %" if one.confidence is None else f"{one.confidence:.0%}, as stated"
    for name, text in (
        ("does", shortened(one_line(one.does), _CLAIM_MOST)),
        ("claim", shortened(one_line(one.claim), _CLAIM_MOST)),
        ("sure", sure if one.claim or one.confidence is not None else ""),
        *(("not sure", one_line(text)) for text in one.uncertainties),
        ("proof", one.proof or "none"),
        *(("check", one_line(text)) for text in one.checks),
        *(("put out", one_line(f"{key}={value}")) for key, value in one.outputs.items()),
        ("changed", listed(map(one_line, one.changed), _FILES_MOST)),
        ("tier", f"{one.tier} (rule {one_line(one.rule)}); {100 * one.rate:.4g} % of such results are looked at"),
    ):
        if text:
            yield Line(f"  {f'{name}:':<10} {text}", hang=13)
    yield Line(f"  its diff: {one.look}", is_whole=True)
    yield Line(f"  surefoot review {one.item} ok|wrong [--why TEXT]", "head", is_whole=True)


def give_review(given: Given, screen: Screen) -> int:
    """Say of a sample, or of any verified step, that its result is right or wrong.

    Raises:
        UsageError: the words are not those of a review.
    """
    *words, verdict = given.review_words
    if verdict not in _WORDS or not words:
        raise UsageError(
            "`surefoot review ITEM ok|wrong` or `surefoot review [RUN] STEP ok|wrong` was expected; "
            "`surefoot inbox --samples` shows the items"
        )
    ok = verdict == "ok"
    with Home() as home:
        refuse_steps("review a result", home)
        if len(words) == 1 and _ITEM.fullmatch(words[0]):
            name, _, number = words[0].rpartition(".")
            run = find_run(home, name or None, given.repo)
            state = review(home, f"{run}.{number}", ok=ok, why=given.why, via=VIA)
        else:
            run, steps = find_steps(home, tuple(words), given.repo)
            if len(steps) != 1:
                raise UsageError(f"{counted(len(steps), 'step')} named; one was expected: a review is about one result")
            state = review_step(home, run, steps[0], ok=ok, why=given.why, via=VIA)
    newest = max((one for one in state.samples.values() if one.reviewed), key=_reviewed_at)
    found, cure = newest.reviewed, _cure(run, newest, given.why)
    assert found is not None
    if screen.is_json:
        said = {"item": f"{run}.{newest.item}", "run": run, "step": newest.step, "attempt": newest.attempt}
        screen.document({**said, "ok": ok, "why": found.why, "by": found.by, "next": None if ok else cure})
    screen.show(
        [Line(f"Step {newest.step} of run {run}: reviewed as {verdict} by {found.by}.", "good" if ok else "warn")]
    )
    if not ok:
        screen.show([Line("The result stays until it is taken back, with what consumed it:", hang=2)])
        screen.show([Line(f"  {cure}", "head", is_whole=True)])
    return 0


def _reviewed_at(sample: Sample) -> float:
    return 0.0 if sample.reviewed is None else sample.reviewed.at


def _cure(run: RunId, sample: Sample, why: str) -> str:
    return f"surefoot invalidate {run} {shlex.quote(sample.step)} --why {shlex.quote(why.strip() or 'TEXT')}"
