"""What a model is told in a request."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.core.agent_types import (
    Claim,
    Excerpt,
    ExcerptKind,
    Guidance,
    KeyFile,
    Lesson,
    ModelFacts,
    ModelRouting,
    Note,
    Part,
    Role,
    RoleModels,
    Understanding,
    Usage,
)
from surefoot.core.budget import left_said, share_of_requests
from surefoot.core.check_kinds import CommandCheck, Expect, FileCheck
from surefoot.core.event_words import Diagnosis, Verdict
from surefoot.core.events import AttemptFailed
from surefoot.core.ids import StepId
from surefoot.core.lessons import lesson_of
from surefoot.core.plan import AgentBody, AgentLimits, Check, Constraint, Limits, RetryPolicy, RunBody, Step
from surefoot.core.prompt import brief_of
from surefoot.core.prompt_prefix import conversation_of, prefix_flaw, prefix_of
from surefoot.core.prompts import instructions
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState, StepStatus
from surefoot.core.stubs import Fold
from surefoot.core.verdicts import CheckRecord
from surefoot.tools import specs_of
from tests.core.conversations import RUN, at_work, blob, finished, stage, turn, written

ROOM = 60_000
LONG = "word " * 3_000


def brief(state: RunState, **fold: Any) -> tuple[Part, ...]:
    """Return the brief of the step at work."""
    return brief_of(state, at_work(state), Fold(**{"tokens_max": ROOM, **fold}))


def told(state: RunState, **fold: Any) -> str:
    """Return all that it says."""
    return written(brief(state, **fold))


@pytest.mark.parametrize("role", list(Role))
def test_the_instructions_are_the_same_in_every_attempt(role: Role) -> None:
    """A provider's cache reaches through them; and small models copy the id of a run into their calls."""
    assert brief(stage(role=role))[0].text == instructions(role)
    assert RUN not in told(stage(role=role))


@pytest.mark.parametrize("role", list(Role))
def test_a_model_without_native_tools_is_told_of_no_tool_that_it_has_not(role: Role) -> None:
    """Its instructions are short, and the same in every attempt."""
    facts = ModelFacts(name="p:m", native_tools=False)
    routing = ModelRouting(roles={role.cast.value: RoleModels(chain=(facts,))})
    said = brief(stage(role=role, routing=routing))[0].text
    assert said == instructions(role, is_basic=True)
    assert len(said) < len(instructions(role))
    assert not re.search(r"`(recall|note|list|propose)`", said)


@pytest.mark.parametrize("role", list(Role))
def test_no_words_of_the_runtime_hold_a_reference_to_copy(role: Role) -> None:
    """A small model asked for call 4.2 wherever an example named it."""
    assert not re.search(r"\d\.\d|turn \d", instructions(role))
    told_of_tools = json.dumps([[spec.schema, spec.text] for spec in specs_of(role)])
    assert not re.search(r"\d\.\d|src/|pytest -q|venv|--stat|-sn|fix-|all tests pass", told_of_tools)


@pytest.mark.parametrize(("role", "end"), [("scout", "`understood`"), ("planner", "`plan`"), ("worker", "`finish`")])
def test_each_role_is_told_how_its_conversation_ends(role: str, end: str) -> None:
    """The runtime's own words name the tool that ends the phase."""
    assert end in brief(stage(role=Role(role)))[0].text


@pytest.mark.parametrize("role", [Role.SCOUT, Role.PLANNER, Role.REPLANNER, Role.REVIEWER])
def test_a_role_that_changes_nothing_is_told_of_no_tool_that_writes(role: Role) -> None:
    """What does not exist in a phase is not named as a tool in it."""
    tools = next(line for line in brief(stage(role=role))[0].text.splitlines() if line.startswith("Your tools: "))
    assert "edit" not in tools
    assert "run" not in tools


def test_goal_and_acceptance_are_told_verbatim() -> None:
    """The goal stands as it was given, line breaks included."""
    goal = "Replace six.\n\n  Keep *this* as it is: {a}"
    check = Check(name="suite", ask=CommandCheck(command="pytest -q"), expect=Expect.PASS_TO_PASS)
    text = told(stage(plan={"goal": goal, "accept": (check,)}))
    assert goal in text
    assert "`pytest -q` ends with exit status 0; pass_to_pass [suite]" in text


def test_a_worker_is_told_its_step() -> None:
    """Instructions, reason, checks and the files it may write."""
    check = Check(name="c", ask=FileCheck(glob="src/*.py", lacks="six"))
    text = told(
        stage(
            step={
                "title": "Tidy",
                "why": "It is old.",
                "risk": "It is used.",
                "writes": ("src/**",),
                "checks": (check,),
            }
        )
    )
    for words in (
        "Your step: a (Tidy)",
        "It is old.",
        "It is used.",
        "Do it well.",
        "files alone: src/**",
        "src/*.py lacks 'six'",
    ):
        assert words in text


def test_what_was_understood_is_told() -> None:
    """Later phases begin with what the first one found out."""
    found = Understanding(
        summary="Six is used twice.", files=(KeyFile(path="a.py", learned="uses six"),), risks=("r1",)
    )
    text = told(stage(understanding=found))
    assert "Six is used twice.\n- a.py: uses six\n- risk: r1" in text


def test_lessons_tell_what_was_tried_and_what_was_said_to_it() -> None:
    """The next attempt gets the lesson and the order to try another way."""
    text = told(stage(node={"lessons": (Lesson(attempt=1, tried="sed", said="test_a fails"),)}))
    assert "Attempt 1 tried: sed\n  It was told: test_a fails" in text
    assert "Try a different approach" in text


def test_outputs_of_needed_steps_are_told() -> None:
    """What a step before put out is at hand."""
    state = stage(plan={"steps": _steps("b", "a")})
    state.nodes[StepId("b")].outputs = {"version": "1.2"}
    at_work(state).needs = (StepId("b"),)
    assert "- b: version=1.2" in told(state)


def test_the_baseline_is_told() -> None:
    """What held before the first change is known to those who come later."""
    accept = (Check(name="c", ask=CommandCheck(command="make test")),)
    state = stage(plan={"accept": accept})
    state.accept.records = [CheckRecord(before=Verdict.FAILED)]
    assert "- failed: `make test` ends" in told(state)


def test_advice_is_told_as_what_others_wrote_and_not_by_the_system() -> None:
    """A project's own advice changes neither tiers nor scope, and does not speak with the runtime's voice."""
    guidance = Guidance(path="AGENTS.md", text=blob("Use tabs."), digest="d", tokens=10)
    part = next(one for one in brief(stage(conversation={"guidance": guidance})) if one.blob == guidance.text)
    assert part.speaker == "user"
    assert "written by others" in part.text


def shown(kind: ExcerptKind, text: str, name: str = "") -> Excerpt:
    """Return a text that an agent is shown before its first request."""
    return Excerpt(kind=kind, name=name, text=blob(text), tokens=len(text) // 3)


def test_what_was_found_at_the_beginning_is_told_as_what_others_wrote() -> None:
    """Before the first turn, and not by the system."""
    found = (shown(ExcerptKind.OUTPUT, "boom", "`make` ends"), shown(ExcerptKind.FILE, "x = 1", "a.py"))
    parts = [one for one in brief(stage(conversation={"shown": found})) if one.blob is not None]
    assert [part.speaker for part in parts] == ["user", "user"]
    assert "written by others" in parts[0].text
    assert "red before the work: `make` ends" in parts[0].text
    assert "All of the file a.py" in parts[1].text


def test_what_was_found_gives_way_where_there_is_little_room() -> None:
    """The most important stands first and stays."""
    found = (shown(ExcerptKind.OUTPUT, "boom"), shown(ExcerptKind.FILE, LONG, "a.py"))
    state = stage(conversation={"shown": found})
    assert [part.blob for part in prefix_of(state, at_work(state), 6_000) if part.blob] == [blob("boom")]


def test_turns_follow_in_order_with_the_result_of_each_call() -> None:
    """A reply is followed by as many results as it has calls."""
    parts = brief(stage([turn(1, finished("read"), finished("list")), turn(2, finished("edit"))]))
    assert [part.call or part.turn for part in parts[-5:]] == [1, "1.1", "1.2", 2, "2.1"]


def test_a_call_that_was_settled_is_answered_in_words() -> None:
    """Refusals and answers of people stand in the brief as they are."""
    assert told(stage([turn(1, {"tool": "run", "settled": "A person said no."})])).endswith("A person said no.")


def test_a_reply_without_a_call_is_told_so() -> None:
    """A model that only talks hears that nothing came of it, and which tools there are."""
    parts = brief(stage([turn(1, said="I shall begin.")]))
    assert parts[-1].text.startswith("Your reply of turn 1 called no tool")
    assert "finish" in parts[-1].text


@pytest.mark.parametrize(("every", "times"), [(5, 4), (10, 2), (100, 0)])
def test_the_goal_is_told_once_more_every_few_turns(every: int, times: int) -> None:
    """As the user says, by default after five: it must not get lost behind outputs (M90, M92, M120)."""
    state = stage([turn(number, finished("read")) for number in range(1, 24)])
    assert state.routing.remind_every == 5
    state.routing = replace(state.routing, remind_every=every)
    assert told(state).count("Replace six with plain Python 3.") == 1 + times


def test_a_goal_as_long_as_a_page_is_not_told_once_more_in_full() -> None:
    """Its beginning is, and that the whole of it stands in front; what people laid down for it is told whole (M90)."""
    held = (Constraint(text="Keep the public names."),)
    plan = {"goal": "so " * 2_000, "constraints": held}
    text = told(stage([turn(number, finished("read")) for number in range(1, 11)], plan=plan))
    assert text.count("so ") in range(2_000 + 2 * 150, 2_000 + 2 * 250)
    assert text.count("(All of it stands at the beginning.)") == 2
    assert text.count("Keep the public names.") == 1 + 2


def test_a_long_output_of_a_stubbed_turn_becomes_a_stub() -> None:
    """The stub says how much there was, how it begins, and what brings it back."""
    state = stage([turn(1, finished("read", LONG)), turn(2, finished("read", LONG))])
    stub = next(part for part in brief(state, stubbed=1) if part.call == "1.1")
    assert stub.is_stub
    assert 'recall("1.1") brings it back' in stub.text
    assert LONG in told(state, stubbed=1)


def test_a_folded_turn_is_a_line() -> None:
    """Neither reply nor result stands in the brief any more, but what was called, and how to get it back."""
    turns = [turn(1, finished("read", "120 lines", summary="read a.py"), said="First."), turn(2, finished("list"))]
    parts = brief(stage(turns), folded=1)
    line = next(part.text for part in parts if part.text.startswith("Turns 1 to 1"))
    assert 'turn 1: "First."; read a.py -> 120 lines [1.1]' in line
    assert [part.turn for part in parts if part.speaker == "model"] == [2]


def test_a_failed_command_is_told_with_its_exit_status_in_a_line() -> None:
    """What went wrong in older turns stays visible."""
    turns = [turn(1, finished("run", "boom", summary="run make", ok=False, exit_code=2))]
    assert "run make -> failed: exit 2: boom [1.1]" in told(stage(turns), folded=1)


def test_notes_of_folded_turns_stay() -> None:
    """What an agent noted is told for the rest of the conversation."""
    assert "- the port is 99" in told(stage([turn(1, finished("note", note="the port is 99"))]), folded=1)


def test_notes_of_earlier_steps_are_told_from_the_beginning() -> None:
    """A fact that was noted is kept in every later brief of the run."""
    state = stage(notes=(Note(text="tests need LANG=C", by="b"),))
    assert "- tests need LANG=C" in brief(state)[-1].text


def test_what_a_step_beside_this_one_notes_does_not_change_the_beginning() -> None:
    """It is told at the end, so that the cache of the provider stays of use."""
    state = stage([turn(1, finished("read"))], plan={"steps": _steps("a", "b"), "limits": Limits(parallel=2)})
    before = prefix_of(state, at_work(state), ROOM)
    state.notes = (Note(text="new", by="b"),)
    state.nodes[StepId("b")].status = StepStatus.VERIFIED
    assert prefix_of(state, at_work(state), ROOM) == before
    assert brief(state)[-1].text.endswith("- new")


def test_what_is_said_before_stays_the_same_when_a_turn_is_added() -> None:
    """Between two foldings each request begins with the whole of the one before."""
    turns = [turn(number, finished("note", note=f"n{number}"), finished("read", LONG)) for number in range(1, 31)]
    for count in range(1, 30):
        shorter, longer = brief(stage(turns[:count])), brief(stage(turns[: count + 1]))
        assert [replace(part, is_cache_end=False) for part in longer[: len(shorter)]] == [
            replace(part, is_cache_end=False) for part in shorter
        ]


def test_the_ends_of_what_will_be_said_again_are_marked() -> None:
    """One mark stands behind the beginning, one behind the last turn."""
    parts = brief(stage([turn(1, finished("read")), turn(2, finished("list"))]))
    assert [at for at, part in enumerate(parts) if part.is_cache_end] == [1, len(parts) - 1]


def test_a_long_plan_is_told_around_the_step() -> None:
    """Of a thousand steps the neighbours are named, and the rest counted."""
    names = [f"s{number}" for number in range(1_000)]
    text = told(stage(plan={"steps": (*_steps(*names[:500]), *_steps("a"), *_steps(*names[500:]))}))
    assert "s499\n" in text
    assert "s10\n" not in text
    assert "… and 976 more" in text


def test_a_reviewer_is_told_the_difference_and_the_verdicts() -> None:
    """Fresh eyes see the goal and the evidence, not what the workers were thinking."""
    state = stage(role=Role.REVIEWER, plan={"accept": (Check(name="c", ask=CommandCheck(command="t")),)})
    state.accept.records, state.notes = [CheckRecord(after=Verdict.PASSED)], (Note(text="secret thought", by="b"),)
    text = told(state)
    assert "- passed: `t` ends with exit status 0" in text
    assert "secret thought" not in text


def test_advice_gives_way_before_anything_else() -> None:
    """Where there is little room, the project's advice is named instead of told."""
    guidance = Guidance(path="AGENTS.md", text=blob("x"), digest="d", tokens=9_000)
    state = stage(conversation={"guidance": guidance}, understanding=Understanding(summary="s", files=_files(5)))
    parts = prefix_of(state, at_work(state), 10_000)
    assert guidance.text not in [part.blob for part in parts]
    assert "learned 4" in written(parts)


def test_the_goal_is_whole_however_little_room_there_is() -> None:
    """All else gives way, and what cannot be made to fit is said beforehand."""
    goal = "word " * 5_000
    state = stage(plan={"goal": goal}, understanding=Understanding(summary="s", files=_files(500)))
    assert goal in written(prefix_of(state, at_work(state), 10_000))
    assert "use a model that takes more" in prefix_flaw(state, at_work(state), 10_000)


def test_a_beginning_that_fits_has_no_flaw() -> None:
    """Nothing is said where there is nothing to say."""
    assert not prefix_flaw(stage(), at_work(stage()), 8_000)


def test_the_lesson_of_a_failed_check_is_what_the_check_said() -> None:
    """The agent's own summary is what was tried; the reason of the failure is what was said."""
    state = stage([turn(1, finished("edit", changed=("a.py",)))], conversation={"claim": Claim(summary="I fixed it.")})
    learned = lesson(at_work(state), _failure("check 'c' failed: 1 != 2"))
    assert learned == Lesson(attempt=1, tried="I fixed it. (changed: a.py)", said="check 'c' failed: 1 != 2")


def test_the_lesson_of_an_agent_that_claimed_nothing_is_what_it_called_last() -> None:
    """Of its calls those that worked."""
    state = stage([turn(1, finished("edit", "changed 1 file", summary="edit a.py"))])
    assert lesson(at_work(state), _failure("check 'c' failed")).tried == "edit a.py -> changed 1 file [1.1]"


@pytest.mark.parametrize("diagnosis", [Diagnosis.TOOL_MISUSE, Diagnosis.INFINITE_LOOP])
def test_a_lesson_quotes_no_call_that_failed(diagnosis: Diagnosis) -> None:
    """The next attempt would make it again; it is told what to do instead."""
    calls = [{"tool": "read", "settled": "refused: ../x goes up"}, finished("run", "exit 128", ok=False, command="x y")]
    failed = replace(_failure("tools were used wrongly 12 times, at last so: ../x goes up"), diagnosis=diagnosis)
    learned = lesson(at_work(stage([turn(1, *calls)])), failed)
    assert learned.tried == "nothing that worked"
    assert "../x" not in learned.said
    assert "files that the step may change" in learned.said


def test_the_lesson_of_a_check_that_is_held_back_names_neither_it_nor_what_it_said() -> None:
    """An agent learns that there was a check it is not told of, and no more."""
    check = Check(name="hidden", ask=CommandCheck(command="secret"), held_back=True)
    learned = lesson(at_work(stage(step={"checks": (check,)})), _failure("check 'hidden' failed: secret 42"))
    assert "hidden" not in learned.said
    assert "42" not in learned.said


_ASKS = st.sampled_from(["run", "contains", "lacks", "matches"])


@given(asks=st.lists(_ASKS, min_size=1, max_size=4), role=st.sampled_from(list(Role)), level=st.integers(0, 30_000))
def test_nothing_of_a_check_that_is_held_back_is_ever_told(asks: list[str], role: Role, level: int) -> None:
    """Neither its name, nor what it asks, nor what it said, for any role and however much room there is."""
    checks = tuple(_secret(ask, number) for number, ask in enumerate(asks))
    steps = (Step(id=StepId("b"), body=RunBody(command="x"), checks=checks), *_steps("a"))
    state = stage(
        [turn(1, finished("read"))], role=role, step={"checks": checks}, plan={"accept": checks, "steps": steps}
    )
    answers = CheckRecord(before=Verdict.FAILED, after=Verdict.FAILED, text="SECRET", evidence=blob("SECRET"))
    state.accept.records = [replace(answers) for _ in checks]
    node = at_work(state)
    assert node.work is not None
    node.work.checks = [replace(answers) for _ in checks]
    node.lessons = (lesson(node, _failure(f"check {checks[0].name!r} failed: SECRET")),)
    assert "SECRET" not in told(state, tokens_max=level + 4_000)


def lesson(node: StepState, failed: AttemptFailed) -> Lesson:
    """Return what an attempt has taught."""
    assert node.work is not None
    return lesson_of(node, node.work, failed)


def _secret(ask: str, number: int) -> Check:
    fields: Mapping[str, Any] = {} if ask == "run" else {ask: "SECRET text"}
    asked = CommandCheck(command="SECRET command") if ask == "run" else FileCheck(glob="SECRET.py", **fields)
    return Check(name=f"SECRET {number}", ask=asked, held_back=True)


def _steps(*names: str) -> tuple[Step, ...]:
    return tuple(Step(id=StepId(name), body=AgentBody(instructions="Do it well.")) for name in names)


def _files(count: int) -> tuple[KeyFile, ...]:
    return tuple(KeyFile(path=f"src/{number}.py", learned=f"learned {number}") for number in range(count))


def _failure(reason: str) -> AttemptFailed:
    return AttemptFailed(at=1.0, step=StepId("a"), attempt=1, diagnosis=Diagnosis.VERIFICATION, reason=reason)


def test_a_lesson_names_no_path_that_was_not_there() -> None:
    """The next attempt would ask for it again."""
    calls = [finished("read", "there is no file src/prices.py", ok=False, summary="read src/prices.py")]
    state = stage([turn(1, *calls)])
    assert lesson(at_work(state), _failure("a loop")).tried == "nothing that worked"


@pytest.mark.parametrize(
    ("turns", "said"),
    [(0, "Requests left: 12."), (6, "Requests left: 6. Call `finish` before"), (12, "Requests left: 0. Call")],
)
def test_an_agent_is_told_how_many_requests_are_left(turns: int, said: str) -> None:
    """Work that was done must not be lost because nobody said how long there was."""
    body = AgentBody(instructions="x", turns_max=12)
    state = stage([turn(n, finished("read")) for n in range(1, turns + 1)])
    at_work(state).spec = replace(at_work(state).spec, body=body)
    assert left(state).startswith(said)


def test_an_agent_is_told_how_many_tokens_are_left() -> None:
    """Of its step or of the run, whichever are fewer."""
    body = AgentBody(instructions="x", limits=AgentLimits(tokens=1_000))
    node = {"spec": replace(at_work(stage()).spec, body=body), "usage": Usage(input_tokens=600)}
    state = stage(node=node, plan={"limits": Limits(tokens=5_000)})
    assert "Tokens left: 400. Call `finish` before" in left(state)


@pytest.mark.parametrize(("failures", "used", "share"), [(0, 0, 4), (0, 2, 4), (1, 4, 4), (1, 2, 5), (2, 8, None)])
def test_an_attempt_has_its_share_of_the_requests(failures: int, used: int, share: int | None) -> None:
    """What the attempts before it left is shared among those that may come; the last has all of it."""
    body = AgentBody(instructions="x", limits=AgentLimits(requests=12))
    spec = replace(at_work(stage()).spec, body=body, retry=RetryPolicy(maximum_attempts=3))
    own = Usage(requests=used if not failures else 0)
    node = {"spec": spec, "failures": failures, "usage": Usage(requests=used)}
    state = stage(node=node, conversation={"usage": own})
    assert share_of_requests(state, at_work(state)) == share


def left(state: RunState) -> str:
    """Return what the agent is told of what is left."""
    return left_said(state, at_work(state), conversation_of(at_work(state)), "finish")
