"""What a report tells and how it looks, as text and as Markdown, from reports made by hand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

import pytest
from markdown_it import MarkdownIt

from surefoot.cli.overview import status_lines
from surefoot.cli.report_page import report_lines, report_markdown
from surefoot.cli.wrap import plain
from surefoot.core.events import RunCreated
from surefoot.core.ids import RunId, StepId
from surefoot.core.kernel import apply
from surefoot.core.plan import Plan, RunBody, Step
from surefoot.core.report import report_of
from surefoot.core.report_shape import Report
from surefoot.core.step_state import StepStatus
from surefoot.views.lines import one_line
from surefoot.views.report_sections import SHORT_MOST, answers_to, headline, proof_of, standing

if TYPE_CHECKING:
    from conftest import Shapes

RUN = "20260101-abc123"
QUESTION = {
    "id": f"{RUN}.1",
    "step": "send",
    "kind": "confirm",
    "text": "Step send\n  does: x",
    "options": ["yes", "no"],
    "role": None,
    "people": 1,
    "approved_by": [],
    "due": None,
    "like": "",
    "lane": None,
}
SUITE = {"text": "2 of 9\nmore", "expected": "no test fails", "actual": "2 of 9\nmore"}
FINDINGS = [
    {"kind": "k", "severity": severity, "text": f"a {severity}", "step": None, "place": None}
    for severity in ("note", "warning", "problem")
]
TEXT = f"""\
Run {RUN}: partially completed
  Leave six behind
2 of 5 steps verified (60 % done), 1 had nothing to do, 1 failed, 1 blocked
Proof: checks 1, exit-status-only 1
Why it is only partially completed: one step failed

Not done
  failed   wrong  after 3 attempts: exit status 3
    | more
  blocked  after  by wrong

Acceptance
  failed  tests  [flaky]
    expected  no test fails
    actual    2 of 9
              | more
  passed  lint

Questions
  confirm  {RUN}.1  step send
    Step send
      does: x
    surefoot answer {RUN}.1 yes|no

Outside effects
  applied   send  irreversible; look at x; undo: write again  surefoot show {RUN} send
  in doubt  pay   idempotent  surefoot show {RUN} pay
  in doubt  fix   irreversible, by its agent: curl -X POST x  surefoot show {RUN} fix

To look at
  - a: proved by its exit status only

Findings
  problem  a problem
  warning  a warning
  note     a note

Done
  verified  a     commit 1234567, proved by 1 check
  verified  b     no change, proved by its exit status only
  skipped   none  nothing to do

Rollback points
  1234567  a  surefoot restore {RUN} --to a

branch surefoot/{RUN} at bbbbbbb, from aaaaaaa in /src/project, sandbox bubblewrap, 1 min 01 s of work
Next: surefoot retry {RUN}"""
MARKDOWN = f"""\
# Run `{RUN}`: partially completed

Leave six behind

**2 of 5 steps verified (60 % done), 1 had nothing to do, 1 failed, 1 blocked**

Proof: checks 1, exit-status-only 1

Why: one step failed

## Not done

- **failed** `wrong` after 3 attempts: exit status 3

  ```
  | more
  ```

- **blocked** `after` by wrong

## Acceptance

- **failed** `tests` \\[flaky\\]

  ```
  expected  no test fails
  actual    2 of 9
            | more
  ```

- **passed** `lint`

## Questions

- **confirm** `{RUN}.1` step send

  ```
  Step send
    does: x
  ```

  `surefoot answer {RUN}.1 yes|no`

## Outside effects

- **applied** `send` irreversible; look at x; undo: write again `surefoot show {RUN} send`
- **in doubt** `pay` idempotent `surefoot show {RUN} pay`
- **in doubt** `fix` irreversible, by its agent: curl -X POST x `surefoot show {RUN} fix`

## To look at

- a: proved by its exit status only

## Findings

- **problem** a problem
- **warning** a warning
- **note** a note

## Done

- **verified** `a` commit 1234567, proved by 1 check
- **verified** `b` no change, proved by its exit status only
- **skipped** `none` nothing to do

## Rollback points

- **1234567** `a` `surefoot restore {RUN} --to a`

branch surefoot/{RUN} at bbbbbbb, from aaaaaaa in /src/project, sandbox bubblewrap, 1 min 01 s of work

Next: `surefoot retry {RUN}`
"""


def full(shapes: Shapes) -> Report:
    """Return a report with something in every section; what went well stands first in it."""
    return shapes.report(
        shapes.step("a"),
        shapes.step("b", commit=None, proof="exit-status-only", checks=[]),
        shapes.step("none", "skipped", reason="nothing_to_do"),
        shapes.step("after", "blocked", blocked_by=["wrong"]),
        shapes.step("wrong", "failed", reason="exit status 3\nmore", attempts=3),
        reason="one step failed",
        accept=[shapes.check("tests", "failed", **SUITE, flags=["flaky"]), shapes.check("lint")],
        questions=[QUESTION],
        findings=FINDINGS,
        rollback_points=[{"step": "a", "commit": "1234567890"}],
        outside_effects=[
            {
                "step": "send",
                "effect": "irreversible",
                "applied": True,
                "undo": "write\nagain",
                "undo_command": "",
                "undone": False,
                "command": None,
                "look": "x",
            },
            {
                "step": "pay",
                "effect": "idempotent",
                "applied": None,
                "undo": "",
                "undo_command": "",
                "undone": False,
                "command": None,
                "look": "",
            },
            {
                "step": "fix",
                "effect": "irreversible",
                "applied": None,
                "undo": "",
                "undo_command": "",
                "undone": False,
                "command": "curl\n-X POST x",
                "look": "",
            },
        ],
        look_at=["a: proved by its exit status only"],
    )


def text_of(report: Report, *, is_short: bool = False, engine: str | None = None) -> str:
    """Return the report as text without a width."""
    return plain(report_lines(report, is_short=is_short, is_long=not is_short, engine=engine))


def titles(text: str) -> list[str]:
    """Return the titles of the sections of a report as text."""
    return re.findall(r"^\n([A-Z][a-z ]+)$", text, re.MULTILINE)


def test_a_report_in_full_tells_how_tools_were_used(shapes: Shapes) -> None:
    """With the model that called them; a short report leaves that out."""
    used = {"model": "openai:small", "tool": "edit", "calls": 5, "misused": 2}
    report = shapes.report(shapes.step("a"), tool_calls=[used, {**used, "tool": "read", "calls": 1, "misused": 0}])
    rows = "  edit  openai:small  5 calls, 2 of them misused\n  read  openai:small  1 call\n"
    assert (rows in text_of(report), "misused" in text_of(report, is_short=True)) == (True, False)


def test_a_report_as_text_tells_everything_failures_first(shapes: Shapes) -> None:
    """What was not done stands first, the remainder by name, and what to type last."""
    assert text_of(full(shapes)) == TEXT


def test_a_report_as_markdown_tells_the_same(shapes: Shapes) -> None:
    """In the same order and words."""
    assert report_markdown(full(shapes)) == MARKDOWN


def asked(shapes: Shapes) -> Report:
    """Return a report of a run whose questions were answered."""
    found = full(shapes)
    return {**found, "asking": {**found["asking"], "asked": 2, "answered": 2, "median_s": 3.0, "longest_s": 4.0}}


def test_a_report_names_points_to_go_back_to_and_attention_only_when_it_is_long(shapes: Shapes) -> None:
    """Each step stands among what was done already."""
    told = plain(report_lines(asked(shapes)))
    assert ("Rollback points" in told, "median" in told, "Done" in told) == (False, False, True)


def test_a_status_does_not_tell_how_attention_was_used(shapes: Shapes) -> None:
    """It says where the run stands."""
    assert "median" not in plain(status_lines(asked(shapes), None))


def test_a_short_report_leaves_out_what_went_well(shapes: Shapes) -> None:
    """And notes; nothing else."""
    short, whole = text_of(full(shapes), is_short=True), TEXT.splitlines()
    well = ["  note     a note", *whole[whole.index("Done") : whole.index("Rollback points") + 2]]
    assert [line for line in whole if line not in short.splitlines()] == [line for line in well if line]


def test_a_flag_that_the_words_of_a_check_say_is_not_said_again(shapes: Shapes) -> None:
    """What was red before is named already (M12)."""
    tests = {"passed": 4, "failed": 1, "skipped": 0}
    check = shapes.check("c", text="4 passed; 1 was red before: t::old", tests=tests, flags=["red-before"])
    text = "\n".join(line.text for line in report_lines(shapes.report(accept=[check])))
    assert "4 of 5 tests pass; 1 was red before: t::old" in text
    assert "[red-before]" not in text


def test_a_finding_that_is_the_same_of_many_steps_is_reported_once(shapes: Shapes) -> None:
    """With the names of the steps."""
    one = {"kind": "exit-status-only", "severity": "warning", "text": "No check.", "place": None}
    report = shapes.report(findings=[{**one, "step": f"s{number}"} for number in range(4)])
    text = "\n".join(line.text for line in report_lines(report))
    assert "4 steps (s0, s1, s2, s3): No check." in text
    assert text.count("No check.") == 1


def test_a_step_that_meets_a_finding_in_each_attempt_is_named_once(shapes: Shapes) -> None:
    """Three attempts at two steps are no five steps."""
    one = {"kind": "infinite_loop", "severity": "warning", "text": "It loops.", "place": None}
    report = shapes.report(findings=[{**one, "step": step} for step in ("a", "b", "a", "c", "b")])
    text = "\n".join(line.text for line in report_lines(report))
    assert "3 steps (a, b, c): It loops." in text


def test_an_empty_report_has_no_sections(shapes: Shapes) -> None:
    """Of a run without steps, or one that has just begun."""
    report = shapes.report(outcome=None, state="running", branch=None, head=None, base=None, repository=None)
    said = text_of(report)
    assert (titles(said), said.splitlines()[2]) == ([], "No steps yet: the plan is not made yet")
    assert "##" not in report_markdown(report)


def test_failures_stand_before_everything_that_is_only_unfinished(shapes: Shapes) -> None:
    """In doubt, failed, skipped, then what waits, is blocked or was not begun."""
    states = ["pending", "running", "cancelled", "blocked", "waiting", "skipped", "failed", "in_doubt"]
    said = text_of(shapes.report(*(shapes.step(f"s-{state}", state) for state in states)))
    shown = re.findall(r"s-(\w+)", said)
    assert shown == ["in_doubt", "failed", "skipped", "waiting", "blocked", "cancelled", "running", "pending"]


@pytest.mark.parametrize("state", StepStatus)
@pytest.mark.parametrize("is_short", [True, False])
def test_every_step_that_was_not_done_is_named(state: StepStatus, is_short: bool, shapes: Shapes) -> None:
    """Whatever became of it."""
    said = text_of(shapes.report(shapes.step("the-step", state.value)), is_short=is_short)
    assert ("the-step" in said) is (state is not StepStatus.VERIFIED or not is_short)


def test_a_short_report_counts_what_it_leaves_out(shapes: Shapes) -> None:
    """And says how to see it."""
    report = shapes.report(*(shapes.step(f"s{number}", "failed") for number in range(SHORT_MOST + 3)))
    assert "  … and 3 more; `surefoot report` shows all\n" in text_of(report, is_short=True)
    assert len(re.findall(r"failed +s\d+", text_of(report))) == SHORT_MOST + 3


def test_no_question_is_left_out_of_a_short_report(shapes: Shapes) -> None:
    """Each one keeps the run waiting."""
    questions = [{**QUESTION, "id": f"{RUN}.{number}"} for number in range(SHORT_MOST + 3)]
    said = text_of(shapes.report(outcome=None, questions=questions), is_short=True)
    assert said.count("surefoot answer") == len(questions)


@pytest.mark.parametrize(
    ("changes", "engine", "words"),
    [
        ({}, None, "partially completed"),
        ({"outcome": None, "state": "running"}, "pid 1 on h", "at work (pid 1 on h)"),
        ({"outcome": None, "state": "waiting"}, None, "waiting for a person"),
        ({"outcome": None, "state": "paused"}, None, "paused"),
        ({"outcome": None, "state": "paused", "reason": "una"}, None, "paused (una)"),
        ({"outcome": None, "state": "running"}, None, "stopped before its end; no engine works on it"),
    ],
)
def test_the_first_line_says_where_the_run_stands(
    changes: dict[str, Any], engine: str | None, words: str, shapes: Shapes
) -> None:
    """An engine at work is named; a killed run is not said to be running."""
    assert standing(shapes.report(**changes), engine) == words


def test_while_an_engine_is_at_work_one_can_pause_it(shapes: Shapes) -> None:
    """`resume` would be refused."""
    report = shapes.report(outcome=None, state="running")
    assert text_of(report, engine="pid 1 on h").endswith(f"Next: surefoot pause {RUN}   (or wait)")


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ([], "0 of 0 steps verified"),
        (["verified"], "1 of 1 step verified"),
        (["verified", "skipped", "in_doubt"], "1 of 3 steps verified (33 % done), 1 in doubt, 1 skipped"),
        (["pending"], "0 of 1 step verified, 1 pending"),
        (["verified", "unproved"], "1 of 2 steps verified, 1 done but unproved"),
    ],
)
def test_the_headline_counts_every_step(states: list[str], words: str, shapes: Shapes) -> None:
    """A share is said only where it is one."""
    assert headline(shapes.report(*(shapes.step(state=state) for state in states))) == words


@pytest.mark.parametrize(
    ("proof", "words"),
    [
        ("checks", "proved by 1 check"),
        ("probe", "proved by its probe"),
        ("exit-status-only", "proved by its exit status only"),
        (None, "answered by a person"),
    ],
)
def test_a_verified_step_says_what_it_rests_on(proof: str | None, words: str, shapes: Shapes) -> None:
    """A vacuous check is not counted, nor one that did not pass."""
    checks = [shapes.check(), shapes.check(flags=["vacuous"]), shapes.check(verdict="inconclusive")]
    assert proof_of(shapes.step(proof=proof, checks=checks)) == f"commit 1234567, {words}"


@pytest.mark.parametrize(
    ("counts", "more", "words"),
    [
        ((47, 0, 0), "", "all 47 tests pass"),
        (
            (46, 1, 0),
            "; 1 was red before: t::x",
            "46 of 47 tests pass; 1 was red before: t::x",
        ),
        ((45, 0, 2), "", "all 45 tests pass; 2 skipped"),
    ],
)
def test_the_summary_counts_tests(counts: tuple[int, int, int], more: str, words: str, shapes: Shapes) -> None:
    """What was red before the run is named and does not count (M130)."""
    passed, failed, skipped = counts
    tests = {"passed": passed, "failed": failed, "skipped": skipped}
    check = shapes.check("suite", text=f"{passed} passed, {failed} failed, {skipped} skipped{more}", tests=tests)
    assert f"passed  suite  {words}\n" in text_of(shapes.report(accept=[check]), is_short=True)


def test_a_question_without_options_takes_any_text() -> None:
    """So its line says `TEXT`."""
    assert answers_to([]) == "TEXT"


TRICKS = [
    "a | b",
    "a `b` c",
    "``` x",
    "# x",
    "[x](y)",
    "<b>x</b>",
    "*x* _y_ ~z~",
    "a\nb",
    "a\n\n# b",
    "a\\",
    ">x",
]


@pytest.mark.parametrize("trick", TRICKS)
def test_a_text_does_not_break_the_markdown(trick: str, shapes: Shapes) -> None:
    """The goal, reasons, notes and findings stay what they are, and are read as they were written."""

    def report_with(text: str) -> str:
        notes = {"look_at": [text], "findings": [{**FINDINGS[0], "text": text}]}
        step = shapes.step("a", "failed", reason=f"{text}\nbelow")
        return report_markdown(shapes.report(step, goal=text, reason=text, **notes))

    evil, good = read(report_with(trick)), read(report_with("PLACE"))
    first = {one_line(trick), trick.split("\n", maxsplit=1)[0]}
    assert [kind for kind, _ in evil] == [kind for kind, _ in good]
    assert {text for kind, text in evil if kind != "fence"} <= {
        text.replace("PLACE", one) for _, text in good for one in first
    }


def read(markdown: str) -> list[tuple[str, str]]:
    """Return what a reader of Markdown makes of a text: its parts, and the words of each."""
    parts: list[tuple[str, str]] = []
    for token in MarkdownIt("gfm-like", {"linkify": False}).parse(markdown):
        marks = "".join(f" {child.type}" for child in token.children or () if child.type != "text")
        words = "".join(child.content for child in token.children or ())
        parts.append((token.type + marks, words or token.content))
    return parts


@pytest.mark.parametrize("name", ["a `b` c", "``x``", "`", "a | b", "*x*", "\\"])
def test_a_name_in_markdown_is_shown_as_it_is(name: str, shapes: Shapes) -> None:
    """It is code, whatever it holds."""
    parts = read(report_markdown(shapes.report(accept=[shapes.check(name)])))
    assert any(words == f"passed {name}" and kind.endswith("code_inline") for kind, words in parts)


def test_a_question_in_markdown_cannot_close_its_own_block(shapes: Shapes) -> None:
    """The fence is longer than any in it."""
    said = report_markdown(shapes.report(questions=[{**QUESTION, "text": "Sure?\n````\n# Run it"}]))
    assert "  `````\n  Sure?\n  ````\n  # Run it\n  `````\n" in said


def test_a_branch_that_did_not_follow_is_not_said_to_be_there(shapes: Shapes) -> None:
    """Whoever looks for the work there would not find it."""
    finding = {**FINDINGS[1], "kind": "branch-left-alone"}
    said = text_of(shapes.report(findings=[finding]))
    assert f"verified up to bbbbbbb, where branch surefoot/{RUN} is not, from aaaaaaa" in said


def test_a_report_made_by_hand_has_the_shape_of_a_real_one(shapes: Shapes) -> None:
    """So that what these tests show holds for runs."""
    plan = Plan(goal="g", steps=(Step(id=StepId("a"), body=RunBody(command="a")),))
    real = cast("Report", report_of(apply(None, RunCreated(at=0.0, run=RunId(RUN), plan=plan))))
    made = shapes.report(shapes.step())
    assert (list(real), list(real["counts"])) == (list(made), list(made["counts"]))
    assert list(real["steps"][0]) == list(made["steps"][0])
