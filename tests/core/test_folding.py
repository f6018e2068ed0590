"""How a brief is made to fit."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from surefoot.core.agent_types import Note
from surefoot.core.compaction import DOWN_TO, facts_that_must_survive, fold_for, lost_in, summary_brief
from surefoot.core.conversation import Turn
from surefoot.core.prompt import brief_of
from surefoot.core.prompt_prefix import TOKENS_MIN, prefix_flaw, size_of
from surefoot.core.state import RunState
from surefoot.core.stubs import Fold, stub_of
from tests.core.conversations import at_work, blob, finished, stage, turn, written
from tests.examples import examples

ROOM = 10_000
LONG = "word " * 600
"""About a thousand tokens."""


def fold(state: RunState, room: int = ROOM) -> Fold:
    """Return how the conversation of the step at work is to be folded."""
    return fold_for(state, at_work(state), room)


def reads(count: int, text: str = LONG, **fields: Any) -> list[Turn]:
    """Make turns that each read something."""
    return [
        turn(number, finished("read", text, summary=f"read f{number}.py", **fields)) for number in range(1, count + 1)
    ]


def test_nothing_is_folded_while_there_is_room() -> None:
    """Up to four fifths of its room the brief stays as it is."""
    assert fold(stage(reads(6))) == Fold(tokens_max=ROOM)


def test_long_outputs_of_older_turns_become_stubs_first() -> None:
    """The latest six stay whole, and no turn becomes a line as long as that is enough."""
    state = stage(reads(30), conversation={})
    found = fold(state, 32_000)
    assert found == Fold(tokens_max=32_000, stubbed=24)


def test_the_oldest_turns_become_lines_where_stubs_are_not_enough() -> None:
    """Then the brief comes down to about a third of its room."""
    state = stage(reads(20))
    found = fold(state)
    assert found.folded > 0
    assert size_of(brief_of(state, at_work(state), found)) <= ROOM * DOWN_TO


def test_the_last_three_turns_stay_out_of_the_lines() -> None:
    """What was just said stays as it was said, while it has room."""
    found = fold(stage(reads(20, LONG + LONG)))
    assert found.folded == 17


def test_a_single_result_that_has_no_room_becomes_a_stub_though_it_is_the_latest() -> None:
    """An output larger than the whole brief does not break the conversation."""
    assert fold(stage([turn(1, finished("read", LONG * 20))])).stubbed == 1


def test_a_reply_that_has_no_room_becomes_a_line_though_it_is_the_latest() -> None:
    """Neither does a reply."""
    assert fold(stage([turn(1, finished("read"), tokens=50_000)])).folded == 1


def test_only_as_many_of_the_latest_turns_become_lines_as_have_to() -> None:
    """Where three long replies do not fit, the last one may still."""
    turns = [turn(number, finished("read"), tokens=4_500) for number in range(1, 4)]
    assert fold(stage(turns)).folded == 2


def test_a_brief_stays_as_it_was_folded_for_many_turns() -> None:
    """A conversation of a hundred turns is folded a few times, not with every turn: caches live on that."""
    marks = {"stubbed": 0, "folded": 0}
    times = 0
    turns = reads(100)
    for count in range(1, 101):
        found = fold(stage(turns[:count], conversation=marks), 24_000)
        times += (found.stubbed, found.folded) != (marks["stubbed"], marks["folded"])
        marks = {"stubbed": found.stubbed, "folded": found.folded}
    assert times <= 12


def test_outputs_that_fill_the_brief_by_a_few_do_not_fold_it_with_every_turn() -> None:
    """Three outputs of a fifth of the room each were folded anew each time another came."""
    marks = {"stubbed": 0, "folded": 0}
    times = 0
    for count in range(1, 31):
        found = fold(stage(reads(count, LONG + LONG), conversation=marks))
        times += (found.stubbed, found.folded) != (marks["stubbed"], marks["folded"])
        marks = {"stubbed": found.stubbed, "folded": found.folded}
    assert times <= 15


def test_a_fold_is_kept_while_it_fits() -> None:
    """What was folded is not unfolded when there is room again."""
    state = stage(reads(6, "short"), conversation={"stubbed": 3, "folded": 2})
    assert fold(state) == Fold(tokens_max=ROOM, stubbed=3, folded=2)


_CALLS = st.builds(
    finished,
    st.sampled_from(["read", "run", "note", "list", "nonsense"]),
    st.text(max_size=400),
    summary=st.text(max_size=300),
    tokens=st.integers(1, 40_000),
    ok=st.booleans(),
    exit_code=st.sampled_from([None, 0, 1]),
    note=st.one_of(st.none(), st.text(max_size=900)),
)
_SETTLED = st.fixed_dictionaries({"tool": st.just("ask"), "settled": st.text(max_size=3_000), "ok": st.booleans()})
_TURNS = st.lists(
    st.tuples(st.lists(st.one_of(_CALLS, _SETTLED), max_size=5), st.text(max_size=300), st.integers(1, 20_000)),
    max_size=40,
)


@settings(deadline=None, max_examples=examples(50))
@given(
    said=_TURNS,
    room=st.integers(TOKENS_MIN, 60_000),
    goal=st.text(max_size=6_000),
    beside=st.lists(st.text(max_size=900)),
)
def test_a_folded_brief_never_takes_more_than_its_room(
    said: list[tuple[list[dict[str, Any]], str, int]], room: int, goal: str, beside: list[str]
) -> None:
    """Whatever was said and done, as long as the beginning takes at most half: there is no overflow."""
    turns = [turn(number, *calls, said=text, tokens=size) for number, (calls, text, size) in enumerate(said, 1)]
    conversation = {"summary": blob("s"), "summary_tokens": room // 8, "summarised": len(turns) // 2}
    state = stage(
        turns,
        plan={"goal": goal},
        conversation=conversation,
        notes=tuple(Note(text=text, by="(plan)") for text in beside),
    )
    if not prefix_flaw(state, at_work(state), room):
        assert size_of(brief_of(state, at_work(state), fold(state, room))) <= room


@settings(deadline=None, max_examples=examples(30))
@given(counts=st.lists(st.integers(1, 3), min_size=1, max_size=60), room=st.integers(4_000, 20_000))
def test_every_call_can_be_brought_back_by_a_reference_the_brief_holds(counts: list[int], room: int) -> None:
    """A call is told whole, by its stub or its line, or by the range that names its turn."""
    turns = [turn(number, *[finished("read", LONG)] * count) for number, count in enumerate(counts, 1)]
    state = stage(turns)
    found = fold(state, room)
    text = written(brief_of(state, at_work(state), found))
    assert found.folded == 0 or f"Turns 1 to {found.folded}, in short" in text
    whole = {part.call for part in brief_of(state, at_work(state), found)}
    names = [call.asked.call for one in turns if one.number > found.folded for call in one.calls]
    assert set(names) <= whole


def test_a_stub_says_how_the_output_began() -> None:
    """So that a model can tell whether it needs the rest."""
    stub = stub_of(turn(2, finished("read", "line one\nline two", tokens=2_300)).calls[0])
    assert stub == '[output of 2.1, about 2,300 tokens, begins: line one line two; recall("2.1") brings it back]'


def test_a_summary_is_wanted_once_the_lines_have_no_room() -> None:
    """Only then: lines say more than a model that sums up, and cost nothing."""
    assert fold(stage(reads(200, "x" * 400))).wants_summary
    assert not fold(stage(reads(20))).wants_summary


def test_lines_stand_for_what_came_after_the_summary() -> None:
    """What a model has summed up is told by its summary."""
    conversation = {"summary": blob("So far so good."), "summary_tokens": 10, "summarised": 9, "folded": 12}
    state = stage(reads(14), conversation=conversation)
    text = written(brief_of(state, at_work(state), Fold(tokens_max=ROOM, folded=12)))
    assert "So far so good." in text
    assert "turns 1 to 9: 9 calls (9 read)\nturn 10:" in text


def test_a_summary_that_takes_too_much_room_is_left_out() -> None:
    """A model that does not sum up cannot crowd out the rest."""
    state = stage(reads(14), conversation={"summary": blob("endless"), "summary_tokens": 9_000, "summarised": 9})
    assert "endless" not in written(brief_of(state, at_work(state), Fold(tokens_max=ROOM, folded=12)))


def test_what_must_survive_a_summary() -> None:
    """Changed files, notes, a person's answers, and how the last commands ended."""
    one = turn(1, finished("edit", changed=("a.py",)), finished("note", note="port 99"))
    asked = {"tool": "ask", "summary": "ask which port?", "settled": "the second", "ok": True}
    two = turn(2, asked, finished("run", summary="run pytest", exit_code=1))
    facts = facts_that_must_survive(at_work(stage([one, two])), Fold(tokens_max=ROOM, folded=2))
    assert facts == ("a.py", "port 99", "ask which port?: the second", "run pytest: exit status 1 (2.2)")


def test_facts_a_summary_has_lost_are_found() -> None:
    """Spaces, capitals and marks do not matter."""
    assert lost_in("I changed `src/A.py`  and ran it.", ("src/a.py", "port 99")) == ("port 99",)


def test_who_sums_up_is_told_the_goal_the_lines_and_what_must_survive() -> None:
    """A summary is made from what the journal has."""
    state = stage([turn(1, finished("edit", "done", summary="edit a.py", changed=("a.py",)))])
    text = written(summary_brief(state, at_work(state), Fold(tokens_max=ROOM, folded=1)))
    for words in ("Replace six with plain Python 3.", "turn 1: edit a.py -> done [1.1]", "- a.py"):
        assert words in text


@settings(deadline=None, max_examples=examples(20))
@given(count=st.integers(1, 300), room=st.integers(4_000, 20_000))
def test_who_sums_up_is_never_told_more_than_there_is_room_for(count: int, room: int) -> None:
    """The request for a summary must not overflow itself."""
    state = stage(reads(count, "x" * 400))
    assert size_of(summary_brief(state, at_work(state), Fold(tokens_max=room, folded=count))) <= room
