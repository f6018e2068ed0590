"""Verdicts: what the answers of a check amount to under `pass`, `pass_to_pass` and `fail_to_pass`.

The same rules serve steps and acceptance.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from surefoot.core.agent_types import Excerpt
from surefoot.core.check_kinds import Expect
from surefoot.core.event_words import Moment, Verdict
from surefoot.core.events import CheckAnswered, VerdictReused
from surefoot.core.ids import BlobId
from surefoot.core.plan import TIMEOUT_S, Check
from surefoot.core.record import record
from surefoot.core.short_text import listed

_NAMED_MAX = 10
CHEAP_S = 10.0
"""A check that took longer is not asked while an agent is at work."""
CHANGED = "changed-by-step"
"""The flag of a check that rests on a file which a step of the run has changed, such as its script."""


@record
class Interim:
    """What a check said of the work of an agent that is not done."""

    tree: str
    verdict: Verdict
    text: str
    told: Excerpt | None = None
    """What it printed, as an agent is told of it; None: it passed, or printed nothing."""


@record(frozen=False, kw_only=False)
class CheckRecord:
    """The answers one check gave in one attempt."""

    before: Verdict | None = None
    before_results: BlobId | None = None
    after: Verdict | None = None
    asked_after: int = 0
    results: BlobId | None = None
    evidence: BlobId | None = None
    text: str = ""
    flaky: tuple[str, ...] = ()
    is_flaky: bool = False
    red_before: tuple[str, ...] = ()
    """Tests that failed before the first change and still fail."""
    turned_green: int = 0
    changed_files: tuple[str, ...] = ()
    """Files that decide what it says and that steps of the run had changed when it was last asked."""

    interim: Interim | None = None
    """What it said last while an agent was at work."""
    took_s: float = 0.0
    """How long it took when it was last asked, in seconds."""

    def forget_after(self) -> None:
        """Make ready to be asked again, keeping the answer from before the body."""
        self.after, self.asked_after, self.results, self.text = None, 0, None, ""
        self.flaky, self.is_flaky = (), False
        self.red_before, self.turned_green = (), 0


def is_by_test(check: Check) -> bool:
    """Tell whether the check is judged test by test."""
    return check.ask.is_by_test


def is_red_before(check: Check, record: CheckRecord) -> bool:
    """Tell whether the check was red before the body, so that it neither proves nor fails."""
    return check.expect is Expect.PASS_TO_PASS and not is_by_test(check) and record.before is Verdict.FAILED


def is_vacuous(check: Check, record: CheckRecord) -> bool:
    """Tell whether the check should have been red before the body but was green."""
    return check.expect is Expect.FAIL_TO_PASS and record.before is Verdict.PASSED


def record_answer(check: Check, record: CheckRecord, event: CheckAnswered | VerdictReused) -> None:
    """Fold an answer into the record of its check."""
    verdict = event.verdict if isinstance(event, CheckAnswered) else Verdict.PASSED
    if isinstance(event, CheckAnswered):
        record.took_s = event.duration_s
    if event.moment is Moment.DURING:
        text = event.text if isinstance(event, CheckAnswered) else ""
        tree = event.tree if isinstance(event, CheckAnswered) else ""
        told = event.told if isinstance(event, CheckAnswered) else None
        record.interim = Interim(tree=tree, verdict=verdict, text=text, told=told)
        record.evidence = event.evidence or record.evidence
        return
    if event.moment is Moment.BEFORE:
        record.before, record.before_results = verdict, event.results
    else:
        two_answers = record.after is Verdict.FAILED and verdict is Verdict.PASSED
        if two_answers and not is_by_test(check):
            verdict, record.is_flaky = Verdict.INCONCLUSIVE, True
        record.after, record.results = verdict, event.results
        record.asked_after += 1
    record.evidence = event.evidence or record.evidence
    record.changed_files = event.changed_files
    if isinstance(event, CheckAnswered):
        record.text = event.text
        record.flaky = event.flaky
        record.red_before, record.turned_green = event.red_before, event.turned_green
        record.is_flaky = record.is_flaky or bool(event.flaky)


def next_before(
    checks: Sequence[Check], records: Sequence[CheckRecord], *, every: bool = False, but: Collection[int] = ()
) -> int | None:
    """Return the next check to ask before the body: first those that can show there is nothing to do.

    With `every`, also those that only have to pass afterwards.
    """
    for expect in (Expect.FAIL_TO_PASS, Expect.PASS_TO_PASS, *([Expect.PASS] if every else [])):
        for index, (check, known) in enumerate(zip(checks, records, strict=True)):
            if check.expect is expect and known.before is None and index not in but:
                return index
    return None


def is_told_meanwhile(check: Check, record: CheckRecord) -> bool:
    """Tell whether an agent at work is told how the check stands: it may know of it, and its answer is cheap."""
    is_expensive = check.reaches_out or check.timeout_s > TIMEOUT_S or record.took_s > CHEAP_S
    return not (check.held_back or is_expensive or is_red_before(check, record))


def next_during(
    checks: Sequence[Check], records: Sequence[CheckRecord], tree: str, *, every: bool = False
) -> int | None:
    """Return the next check to ask about a tree that an agent at work has just made; with `every` also dear ones."""
    for index, (check, known) in enumerate(zip(checks, records, strict=True)):
        is_known = known.interim is not None and known.interim.tree == tree
        is_wanted = every and not (check.held_back or is_red_before(check, known))
        if not is_known and (is_wanted or is_told_meanwhile(check, known)):
            return index
    return None


def interims(checks: Sequence[Check], records: Sequence[CheckRecord], tree: str) -> list[tuple[Check, Interim]]:
    """Return what the checks that an agent may know of said about a tree that it has made."""
    pairs = ((check, known.interim) for check, known in zip(checks, records, strict=True) if not check.held_back)
    return [(check, said) for check, said in pairs if said is not None and said.tree == tree]


def next_after(checks: Sequence[Check], records: Sequence[CheckRecord], *, but: Collection[int] = ()) -> int | None:
    """Return the next check to ask after the body; a failed `pass_to_pass` is asked once more."""
    for index, (check, known) in enumerate(zip(checks, records, strict=True)):
        is_open = known.after is None or must_ask_again(check, known)
        if is_open and not is_red_before(check, known) and index not in but:
            return index
    return None


def must_ask_again(check: Check, record: CheckRecord) -> bool:
    """Tell whether a failure still needs its second asking before it has consequences."""
    return check.expect is Expect.PASS_TO_PASS and record.after is Verdict.FAILED and record.asked_after == 1


def first_unanswerable(
    checks: Sequence[Check], records: Sequence[CheckRecord], *, but: Collection[int] = ()
) -> int | None:
    """Return a check that had no answer before the body: nothing it says afterwards could prove anything."""
    asked = (index for index, _ in enumerate(checks) if index not in but)
    return next((index for index in asked if records[index].before is Verdict.INCONCLUSIVE), None)


def first_unpassed(checks: Sequence[Check], records: Sequence[CheckRecord], *, but: Collection[int] = ()) -> int | None:
    """Return the first check whose final verdict is not *passed*."""
    for index, (check, known) in enumerate(zip(checks, records, strict=True)):
        if known.after not in (None, Verdict.PASSED) and not must_ask_again(check, known) and index not in but:
            return index
    return None


def has_nothing_to_do(checks: Sequence[Check], records: Sequence[CheckRecord]) -> bool:
    """Tell whether every `fail_to_pass` check was green before the body (and there is one)."""
    both = zip(checks, records, strict=True)
    before = [record.before for check, record in both if check.expect is Expect.FAIL_TO_PASS]
    return bool(before) and all(verdict is Verdict.PASSED for verdict in before)


def turned_green(check: Check, record: CheckRecord) -> bool:
    """Tell whether something was red before and is green now: the check, or a test of it."""
    is_whole = record.before is Verdict.FAILED and record.after is Verdict.PASSED and not record.red_before
    return record.turned_green > 0 or (is_whole and not is_red_before(check, record))


def red_before_said(record: CheckRecord) -> str:
    """Say how many tests were red before the first change and still are, and name them."""
    count = len(record.red_before)
    return f"{count} {'was' if count == 1 else 'were'} red before: {listed(record.red_before, _NAMED_MAX)}"


def changed_said(files: Sequence[str]) -> str:
    """Say which files a verdict rests on that steps of the run have changed; empty where there are none."""
    return f"rests on {listed(files, _NAMED_MAX)}, changed in this run" if files else ""


def proves(check: Check, record: CheckRecord) -> bool:
    """Tell whether the check passed and its passing says something about the body."""
    return record.after is Verdict.PASSED and not is_vacuous(check, record)


def flags_of(check: Check, record: CheckRecord) -> tuple[str, ...]:
    """Return the flags a report shows for the check."""
    flags = (
        ("vacuous", is_vacuous(check, record)),
        ("flaky", record.is_flaky),
        ("red-before", is_red_before(check, record) or bool(record.red_before)),
        (CHANGED, bool(record.changed_files)),
    )
    return tuple(name for name, is_set in flags if is_set)


def verdict_key(check: Check) -> str:
    """Name what a passed verdict may be reused for: the question and what it is to prove."""
    return f"{check.digest}:{check.expect}" if is_by_test(check) else check.digest
