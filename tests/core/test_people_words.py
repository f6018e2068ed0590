"""What people have said in a run, as every agent is told it: once, in order, word for word (M61, M123)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.event_words import Verdict
from surefoot.core.people_words import WORDS_MAX, words_told
from surefoot.core.plan import OnFailure, RetryPolicy
from surefoot.core.policy_types import Tier
from tests.core.test_kernel_conversations import AGENT, begun, brief_in, calls, failing
from tests.core.test_kernel_messages import tell
from tests.core.test_kernel_phases import CASTING

ONCE = RetryPolicy(maximum_attempts=1)
FAILS = {**AGENT, "checks": (failing(),), "retry": ONCE, "on_failure": OnFailure.ASK}
WORDS = "Use the parser.\nDo not write one."


def told(run: Any, text: str) -> int:
    """Count how often a text stands in the request under way."""
    return sum(part.count(text) for part in brief_in(run))


def failed(play: Any, **others: Any) -> Any:
    """Let an agent's step fail, so that a person is asked; `others` are further steps."""
    run = begun(play, {"a": FAILS, **others}).will(do.AskCheck, "k", verdict=Verdict.FAILED)
    return run.will(do.RequestModel, "a", calls=calls(1, "finish")).go()


def with_planner(run: Any) -> Any:
    """Let the run have a planner."""
    return run.say(ev.ModelsConfigured, routing=replace(CASTING, with_planner=True))


def answer(run: Any, word: str, **fields: Any) -> Any:
    """Answer the last question."""
    return run.say(ev.QuestionAnswered, question=list(run.state.questions)[-1], answer=word, by="una", **fields)


def test_words_about_a_failure_stand_once_in_the_next_attempt(play: Any) -> None:
    """Verbatim, with who said them and about what."""
    run = answer(failed(play), "retry", reason=WORDS).go(do.RequestModel)
    head = "=== una, about step a, whose attempt 1 failed (their choice: retry):"
    assert (told(run, WORDS), told(run, f"{head}\n{WORDS}\n===")) == (1, 1)


def test_words_about_a_failure_reach_agents_of_other_steps(play: Any) -> None:
    """What was said of one step holds for all that begin later."""
    run = answer(failed(play, b={**AGENT, "needs": ("a",)}), "skip", reason=WORDS).go(do.RequestModel)
    assert [one.step for one in run.open if isinstance(one, do.RequestModel)] == ["b"]
    assert told(run, WORDS) == 1


def test_the_reason_of_a_refusal_reaches_later_agents(play: Any) -> None:
    """A refused approval says what is wrong, and not only that something is (M124)."""
    run = begun(play, {"a": {"tier": Tier.CONFIRM, "on_failure": OnFailure.SKIP}, "b": {**AGENT, "needs": ("a",)}}).go()
    answer(run, "no", reason="Terraform manages it").go(do.RequestModel)
    assert told(run, "=== una, about step a (not approved):\nTerraform manages it\n===") == 1


def test_a_message_to_one_step_is_told_to_agents_that_begin_later(play: Any) -> None:
    """In the words of whoever sent it."""
    later = {"body": AGENT["body"], "checks": (failing(),), "needs": ("a",)}
    run = begun(play, {"a": AGENT, "b": later}).go(do.RequestModel)
    tell(run, "keep 3.8").go(do.RequestModel, "b")
    assert told(run, "keep 3.8") == 1


def test_another_instruction_stands_in_place_of_the_plans(play: Any) -> None:
    """The step of the next attempt has it, and the brief says whose it is (M60)."""
    run = answer(failed(play), "edit", edit="do that").go(do.RequestModel)
    assert run.state.nodes["a"].spec.body.text == "do that"
    assert told(run, "What to do:\ndo that") == 1


@pytest.mark.parametrize(
    ("word", "fields"), [("retry", {"edit": "x"}), ("edit", {}), ("edit", {"diff": "p", "edit": "x"})]
)
def test_an_edit_goes_with_its_choice_alone(play: Any, word: str, fields: dict[str, str]) -> None:
    """The fold refuses what nobody can mean."""
    run = failed(play)
    with pytest.raises(Exception, match=r"edit|either"):
        answer(run, word, **fields)


def test_words_about_other_steps_give_way_where_there_is_no_room(play: Any) -> None:
    """The latest stay, and so does all that is about the step itself."""
    run = tell(begun(play, {"a": AGENT, "b": AGENT}).go(do.RequestModel), "own", to="b")
    tell(run, *(f"{number} {'x' * 3_900}" for number in range(9)))
    text = words_told(run.state, run.state.nodes["b"], ())
    assert ("own" in text, "earlier ones" in text, "=== una, about step a:\n8 x" in text) == (True, True, True)
    assert len(text) < WORDS_MAX + 2_000


def test_a_step_that_was_taken_over_and_given_back_is_asked_about_again(play: Any) -> None:
    """Its body does not run unasked."""
    run = answer(failed(play), "take_over").go()
    answer(run, "abandon").go()
    assert run.asked[-1] == "Step a was given back as it was. Go on how?"


@pytest.mark.parametrize("how", ["told", "stopped", "refused"])
def test_the_planner_reads_a_word_once(play: Any, how: str) -> None:
    """Said to the run, as the reason of a stop, or as that of a refusal by which a step failed."""
    refused = {"tier": Tier.CONFIRM} if how == "refused" else {}
    run = with_planner(play({"a": refused, "b": {"needs": ("a",)}}))
    if how == "refused":
        answer(run.go(), "no", reason=WORDS)
    elif how == "stopped":
        run.go(do.RunStep, "a").say(ev.PlanStopped, why=WORDS)
    else:
        tell(run.go(do.RunStep, "a"), WORDS, to=None)
    run.go(do.RequestModel, "(replan)")
    assert sum(part.count("Use the parser.") for part in brief_in(run)) == 1
