"""The tree of a run fits the terminal, and shows what waits, runs and failed before anything else."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.cli.run_tree import View, tree_lines
from surefoot.core import events as ev
from surefoot.core.agent_types import Role, ToolCall, Usage
from surefoot.core.attempt import Attempt, Place
from surefoot.core.check_kinds import CommandCheck
from surefoot.core.conversation import Conversation
from surefoot.core.event_words import Ending, Moment, Phase, QuestionKind, Status, Verdict
from surefoot.core.graph_state import expand
from surefoot.core.ids import BlobId, RunId, StepId
from surefoot.core.kernel import apply
from surefoot.core.plan import Check, ForEach, Limits, Plan, RunBody, Step
from surefoot.core.state import QuestionState, RunState
from surefoot.core.step_state import StepState, StepStatus
from surefoot.core.system_steps import PLANNING, SYSTEM_STEPS, system_step_of
from surefoot.views.activity import Activity
from surefoot.views.estimate import about_left_s, roughly

CHECK = Check(name="py_compile", ask=CommandCheck(command="x"))
GROUP = StepId("do-{item}")
AGENT: Any = {"at": 2.0, "step": StepId("a"), "attempt": 1}


def step(name: str, **fields: Any) -> Step:
    """Return a step with one check."""
    return Step(id=StepId(name), body=RunBody(command="x"), checks=(CHECK,), **fields)


def state(*names: str, parallel: int = 1, estimate_s: float | None = None) -> RunState:
    """Return a run of these steps and a group of six, all of them pending."""
    steps = tuple(step(name, estimate_s=estimate_s) for name in names)
    group = step(GROUP, for_each=ForEach(items=tuple("uvwxyz")), estimate_s=estimate_s)
    plan = Plan(goal="g", steps=(*steps, group), limits=Limits(parallel=parallel))
    made = apply(None, ev.RunCreated(at=0.0, run=RunId("r"), plan=plan))
    expand(made, made.nodes[GROUP], "uvwxyz")
    made.engine_on, made.phase = True, Phase.EXECUTE
    return made


def begin(run: RunState, *names: str) -> None:
    """Let steps be at work, each in a lane of its own."""
    for number, name in enumerate(names, start=1):
        node = run.nodes[StepId(name)]
        node.status, node.work, node.started_at, node.attempt = (
            StepStatus.RUNNING,
            Attempt(place=Place(lane=str(number), generation=0)),
            0.0,
            1,
        )
        run.active[StepId(name)] = None


def end(run: RunState, status: StepStatus, *names: str, took_s: float = 2.0) -> None:
    """Let steps have ended."""
    for name in names:
        node = run.nodes[StepId(name)]
        node.status, node.started_at, node.ended_at, node.reason = status, 0.0, took_s, "so it goes"


def ask(run: RunState, name: str) -> None:
    """Let a step wait for a person."""
    begin(run, name)
    asked = ev.QuestionAsked(
        at=0.0,
        step=StepId(name),
        attempt=1,
        question="r.1",
        about=QuestionKind.CONFIRM,
        text="?",
        options=("yes", "no"),
    )
    run.nodes[StepId(name)].status = StepStatus.WAITING
    run.questions["r.1"] = QuestionState(asked=asked)


def drawn(run: RunState, *events: ev.Event, width: int = 80, height: int = 24, said: str = "") -> list[str]:
    """Return the tree after these events, at 10 s."""
    work = Activity(0.0)
    for event in events:
        work.follow(run, event)
    view = View(state=run, work=work, now=10.0, said=dict.fromkeys(run.active, said), hint="Ctrl-C")
    return [line.text for line in tree_lines(view, width, height)]


STARTED = ev.StepStarted(at=1.0, step=StepId("a"), attempt=1)
AT = {"at": 4.0, "step": StepId("a"), "attempt": 1}
STATIONS: list[tuple[ev.Event, str]] = [
    (STARTED, "starting  9.0 s"),
    (ev.CheckpointRequested(**AT, lane="1"), "checkpoint  6.0 s"),
    (ev.CheckRequested(**AT, moment=Moment.BEFORE, check=0), "check py_compile before  6.0 s"),
    (ev.CheckRequested(**AT, moment=Moment.AFTER, check=0), "check py_compile after  6.0 s"),
    (ev.BodyStarted(**AT, key="k"), "body  6.0 s"),
    (ev.InspectionRequested(**AT), "looking at what it wrote  6.0 s"),
    (ev.ProbeRequested(**AT), "probe  6.0 s"),
    (ev.MergeRequested(**AT, onto="c"), "merging with the branch  6.0 s"),
    (ev.CheckoutRequested(**AT, commit="c", tree="t"), "checking out the files  6.0 s"),
    (ev.CommitRequested(**AT), "commit  6.0 s"),
    (ev.RestoreRequested(**AT), "restoring the checkpoint  6.0 s"),
    (ev.InterruptRequested(**AT), "being ended  6.0 s"),
]


@pytest.mark.parametrize(("event", "words"), STATIONS, ids=lambda value: getattr(value, "kind", ""))
def test_a_step_at_work_says_what_it_is_at(event: ev.Event, words: str) -> None:
    """And for how long."""
    run = state("a")
    begin(run, "a")
    assert f"running   a  {words}" in drawn(run, STARTED, event)


def test_steps_side_by_side_name_their_lanes() -> None:
    """A row each, however many there are."""
    run = state("a", "b", parallel=2)
    begin(run, "a", "b")
    rows = [row for row in drawn(run) if row.startswith("running")]
    assert rows == ["running   a  lane 1, starting  10 s", "running   b  lane 2, starting  10 s"]


def test_a_step_met_in_the_middle_says_what_the_journal_knows() -> None:
    """Who watches has not seen it begin."""
    run = state("a")
    begin(run, "a")
    work = run.nodes[StepId("a")].work
    assert work is not None
    work.open = "body_started"
    assert "running   a  body  10 s" in drawn(run)


def test_a_step_that_waits_for_its_turn_says_so() -> None:
    """Another's result goes onto the branch first."""
    run = state("a", "b", parallel=2)
    begin(run, "a", "b")
    run.queue = {StepId("b"): None, StepId("a"): None}
    rows = [row for row in drawn(run) if row.startswith("running")]
    waits = "waiting in the queue: it is the turn of b"
    assert rows == [f"running   a  lane 1, {waits}  10 s", "running   b  lane 2, starting  10 s"]


def test_what_a_body_printed_last_stands_below_its_step() -> None:
    """Cut to the width by the screen."""
    run = state("a")
    begin(run, "a")
    rows = drawn(run, said="42 %\x1b[2J\x07")
    assert rows[rows.index("running   a  starting  10 s") + 1] == "          │ 42 %"


def test_a_question_stands_there_with_its_answer() -> None:
    """However little room there is."""
    run = state("a", "b", "c", parallel=3)
    begin(run, "b", "c")
    ask(run, "a")
    room = "… 2 running more not shown"
    assert drawn(run, height=5)[2:] == ["waiting   a", "  surefoot answer r.1 yes|no", room]


def test_a_failed_step_stays_with_its_reason() -> None:
    """And what it blocks."""
    run = state("a")
    end(run, StepStatus.FAILED, "a")
    run.nodes[StepId("do-u")].status, run.nodes[StepId("do-u")].blocked_by = StepStatus.BLOCKED, (StepId("a"),)
    assert "failed    a  blocks 1 step: so it goes" in drawn(run)


def test_a_group_is_one_row_with_counts() -> None:
    """Only its members that need to be seen stand below it."""
    run = state("a")
    end(run, StepStatus.VERIFIED, "do-u", "do-v")
    begin(run, "do-w")
    rows = drawn(run)
    at = rows.index("group     do-{item}  2 of 6, 1 running")
    assert (rows[at + 1], [row for row in rows if "do-u" in row]) == ("running   do-w  starting  10 s", [])


def test_the_last_finished_steps_are_shown() -> None:
    """Those before are counted only."""
    run, events = state("a"), list[ev.Event]()
    for name in ("do-u", "do-v", "do-w", "do-x", "do-y", "do-z"):
        events += [
            replace(STARTED, step=StepId(name)),
            ev.StepVerified(at=3.0, step=StepId(name), attempt=1, proof="p"),
        ]
    rows = [row for row in drawn(run, *events) if row.startswith("verified")]
    assert (len(rows), rows[0], rows[-1]) == (5, "verified  do-v  2.0 s", "verified  do-z  2.0 s")


def test_a_step_that_is_tried_again_says_when() -> None:
    """It is pending, but not one of many."""
    run = state("a")
    run.nodes[StepId("a")].due, run.nodes[StepId("a")].failures = 13.0, 1
    assert "again     a  in 3.0 s, attempt 2 of 3" in drawn(run)


def test_what_belongs_to_no_step_is_told() -> None:
    """A lane that is being made usable."""
    run = state("a")
    assert "          lane 1: being prepared  8.0 s" in drawn(
        run, ev.LaneRequested(at=2.0, lane="1", commit="c", fresh=True)
    )


def test_what_runs_and_finds_no_room_is_counted() -> None:
    """More lanes than rows."""
    run = state(*"abcdefgh", parallel=8)
    begin(run, *"abcdefgh")
    rows = drawn(run, height=6)
    assert (len(rows), rows[-1]) == (6, "… 5 running more not shown")


def test_a_question_without_room_is_counted_once() -> None:
    """Not once more for the command that answers it."""
    run = state("a", "b")
    ask(run, "a")
    assert drawn(run, height=3)[2:] == ["… 1 waiting more not shown"]


@given(
    st.integers(20, 120),
    st.integers(1, 40),
    st.lists(st.sampled_from(["run", "fail", "ask", "end"]), max_size=8),
    st.text(),
)
def test_the_tree_is_never_higher_than_it_may_be(width: int, height: int, acts: list[str], said: str) -> None:
    """Whatever happens, on any terminal; and no word of a command breaks a row."""
    names = "abcdefgh"
    run = state(*names, parallel=8)
    for name, act in zip(names, acts, strict=False):
        {"run": begin, "ask": ask, "fail": lambda r, n: end(r, StepStatus.FAILED, n), "end": lambda *_: None}[act](
            run, name
        )
    rows = drawn(run, width=width, height=height, said=said)
    assert (len(rows) <= height, [c for row in rows for c in row if unicodedata.category(c) == "Cc"]) == (True, [])


@pytest.mark.parametrize(("columns", "head"), [(80, True), (40, False)])
def test_the_bar_gives_way_to_the_numbers(columns: int, head: bool) -> None:
    """On a narrow terminal the estimate goes first."""
    run = state("a", estimate_s=60.0)
    row = drawn(run, width=columns)[0]
    assert (len(row) <= columns, "0 of 7  10 s" in row, "left" in row) == (True, True, head)


def test_about_how_long_it_takes_comes_from_the_estimates() -> None:
    """Put right by how long the finished steps really took: here twice as long as was said."""
    run = state("a", estimate_s=10.0)
    end(run, StepStatus.VERIFIED, "a", took_s=20.0)
    assert about_left_s(run, 30.0, 0.0) == 6 * 20.0


def test_about_how_long_it_takes_comes_from_members_of_the_same_group() -> None:
    """Two at a time, in two lanes."""
    run = state(parallel=2)
    end(run, StepStatus.VERIFIED, "do-u", "do-v", took_s=4.0)
    assert about_left_s(run, 10.0, 0.0) == 4 * 4.0 / 2


def test_where_there_is_nothing_to_go_by_nothing_is_said() -> None:
    """One step says nothing about others."""
    run = state("a")
    end(run, StepStatus.VERIFIED, "a")
    assert about_left_s(run, 10.0, 0.0) is None


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.1, "about 5 s"), (52, "about 50 s"), (100, "about 2 min"), (5000, "about 1 h 20 min")]
)
def test_a_guess_is_told_as_one(seconds: float, words: str) -> None:
    """Not to the second."""
    assert roughly(seconds) == words


def test_the_acceptance_checks_are_named_while_they_are_asked() -> None:
    """They belong to no step."""
    run = state("a")
    run.created = replace(run.created, plan=replace(run.plan, accept=(CHECK,)))
    asked = {"at": 4.0, "step": ev.ACCEPTANCE, "attempt": 1, "moment": Moment.AFTER, "check": 0}
    row = "          acceptance: check 1 of 1, py_compile  6.0 s"
    answered = ev.CheckAnswered(**asked, verdict=Verdict.PASSED)
    assert (row in drawn(run, ev.CheckRequested(**asked)), row in drawn(run, ev.CheckRequested(**asked), answered)) == (
        True,
        False,
    )


def test_a_body_that_has_ended_leaves_its_step_at_work() -> None:
    """Its checks follow."""
    run = state("a")
    begin(run, "a")
    finished = ev.BodyFinished(**AT, ending=Ending(status=Status.OK))
    assert "running   a  body  6.0 s" in drawn(run, ev.BodyStarted(**AT, key="k"), finished)


def conversation_of(run: RunState, name: str) -> Conversation:
    """Let an agent be at work on a step, in its second turn."""
    begin(run, name)
    work = run.nodes[StepId(name)].work
    assert work is not None
    usage = Usage(requests=1, input_tokens=12_000, output_tokens=300, cost_usd=0.04)
    work.conversation = Conversation(
        role=Role.WORKER, usage=usage, asked=ev.ModelRequested(**AGENT, turn=2, model="x:big", tokens=9)
    )
    return work.conversation


def test_an_agent_shows_its_turn_what_it_took_and_what_it_is_at() -> None:
    """What may be cut off stands at the end."""
    run = state("a")
    conversation_of(run, "a")
    call = ToolCall(call="2.1", tool="edit", arguments=BlobId("x"), summary="edit src/a.py")
    reply = ev.ModelResponded(**AGENT, turn=2, model="m", reply=BlobId("x"), said="", tokens=9, calls=(call,))
    rows = drawn(run, reply, ev.ToolCallStarted(**AGENT, call="2.1"))
    assert "running   a  turn 2, 12.3k tokens, $0.040, 8.0 s: edit src/a.py" in rows


def test_what_a_model_writes_stands_below_its_step() -> None:
    """The beginning of a reply, until its calls begin."""
    run = state("a")
    conversation_of(run, "a")
    reply = ev.ModelResponded(**AGENT, turn=2, model="m", reply=BlobId("x"), said="Now the other one.", tokens=9)
    work = Activity(0.0)
    work.follow(run, reply)
    assert work.said == {StepId("a"): "Now the other one."}
    work.follow(run, ev.ToolCallStarted(**AGENT, call="2.1"))
    assert work.said == {}


def test_what_is_done_for_the_run_as_a_whole_is_no_step() -> None:
    """It is seen at work, and counts neither as done nor as left."""
    run = state("a")
    run.nodes[PLANNING] = StepState(spec=system_step_of(PLANNING), order=(-1, 1), needs=())
    begin(run, PLANNING)
    rows = drawn(run)
    assert "0 of 7" in rows[0]
    assert "1 running" not in rows[1]
    assert [row for row in rows if "(plan)" in row] != []


def test_where_agents_work_nobody_says_how_long_it_takes() -> None:
    """How long the goal took to be understood says nothing about its steps."""
    run = state("a")
    for name in SYSTEM_STEPS:
        run.nodes[name] = StepState(spec=system_step_of(name), order=(-1, 1), needs=())
        end(run, StepStatus.VERIFIED, name)
    assert about_left_s(run, 10.0, 0.0) is None
