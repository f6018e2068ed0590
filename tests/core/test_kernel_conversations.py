"""The course of a conversation: what is asked when, what is done once, and what follows when something goes wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import (
    Claim,
    Fault,
    Lesson,
    ModelFacts,
    ModelRouting,
    Price,
    Role,
    RoleModels,
    ToolCall,
    ToolKind,
    Usage,
)
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.conversation import Conversation
from surefoot.core.event_words import Diagnosis, Verdict
from surefoot.core.ids import BlobId
from surefoot.core.kernel.model_fallback import tokens_max
from surefoot.core.monitor_table import Say, Watch, Watches
from surefoot.core.plan import AgentBody, AgentLimits, Check, Limits, RetryPolicy
from surefoot.core.policy_types import CommandFacts, Tier
from surefoot.core.tool_table import TOOLBOX
from tests.core.conversations import stage

FIRST, SECOND, STRONG = (ModelFacts(name=name, price=Price(input_usd=1.0, output_usd=1.0)) for name in ("m", "n", "s"))
CASTING = ModelRouting(roles={role.value: RoleModels(chain=(FIRST, SECOND), stronger=STRONG) for role in Role})
PROOF = Check(name="proof", ask=CommandCheck(command="p"), expect=Expect.FAIL_TO_PASS)
AGENT = {"body": AgentBody(instructions="do it"), "checks": (PROOF,)}
SMALL = ModelRouting(roles=CASTING.roles, brief_tokens_max=3_000)
SAME = BlobId("same")
PUSH = CommandFacts(commands=(("git", "push", "origin", "main"),))


def begun(play: Any, steps: dict[str, Any] | None = None, *, routing: ModelRouting = CASTING, **fields: Any) -> Any:
    """Begin a run whose step `a` is an agent's."""
    return play({"a": AGENT} if steps is None else steps, **fields).say(ev.ModelsConfigured, routing=routing)


def calls(turn: int, *tools: str, **fields: Any) -> tuple[ToolCall, ...]:
    """Make the calls of a reply; `fields` are those of each."""
    own = {"summary": "s", "arguments": BlobId(f"args {turn}"), **fields}
    made = [{"kind": TOOLBOX[tool].kind if tool in TOOLBOX else None, "tool": tool, **own} for tool in tools]
    return tuple(ToolCall(call=f"{turn}.{n}", **one) for n, one in enumerate(made, start=1))


def reply(run: Any, turn: int, *tools: str, step: str = "a", **fields: Any) -> Any:
    """Let the next reply hold these calls, and go on until they are being looked at."""
    run.will(do.RequestModel, step, calls=calls(turn, *tools, **fields))
    return run.go(do.RequestModel, step).let(do.RequestModel)


def under_way(run: Any) -> list[str]:
    """Return the calls that are being carried out."""
    run._decide()
    return [command.call.call for command in run.open if isinstance(command, do.UseTool)]


def settled(run: Any) -> dict[str, str]:
    """Return what was told of calls that were not carried out."""
    return {event.call: event.text for event in run.told(ev.ToolCallResolved)}


def failures(run: Any) -> list[str]:
    """Return the diagnoses of the attempts that failed."""
    return [event.diagnosis.value for event in run.told(ev.AttemptFailed)]


def faulty(run: Any, *faults: Fault, **fields: Any) -> Any:
    """Let the next requests fail."""
    for fault in faults:
        own = {"text": "no", "usage": Usage(requests=1), **fields}
        run.will(do.RequestModel, "a", ev.ModelRequestFailed, fault=fault, **own)
    return run


def brief_in(run: Any) -> list[str]:
    """Return the texts of the brief with which a model is about to be asked."""
    return [part.text for command in run.open if isinstance(command, do.RequestModel) for part in command.parts]


# --- calls


def test_an_agent_reads_edits_and_finishes_and_its_step_is_verified(play: Any) -> None:
    """Each request, reply, call and result is an event of its own, in this order."""
    run = begun(play).go()
    kinds = [
        type(event) for event in run.journal if type(event).__module__.split(".")[-2] in ("model_request", "tool_call")
    ]
    turn = [ev.ModelRequested, ev.ModelResponded, ev.ToolCallStarted, ev.ToolCallFinished]
    assert kinds == turn * 3
    assert run.states == {"a": "verified"}


def test_reads_of_one_reply_run_side_by_side(play: Any) -> None:
    """Nothing is changed by them, so none waits for another."""
    run = reply(begun(play), 1, "read", "search", "list")
    assert under_way(run) == ["1.1", "1.2", "1.3"]


def test_what_writes_has_the_lane_for_itself_and_keeps_its_place(play: Any) -> None:
    """A read before it is over first, one behind it sees what was written."""
    run = reply(begun(play), 1, "read", "edit", "run", "read")
    orders = [under_way(run)]
    while orders[-1]:
        orders.append(under_way(run.let(do.UseTool)))
    assert orders[:4] == [["1.1"], ["1.2"], ["1.3"], ["1.4"]]


def test_the_end_comes_last_wherever_it_stands(play: Any) -> None:
    """What else was called in the same reply is done before the conversation is over."""
    run = reply(begun(play), 1, "finish", "edit")
    assert under_way(run) == ["1.2"]
    assert under_way(run.let(do.UseTool)) == ["1.1"]


@pytest.mark.parametrize("tool", ["understood", "plan", "rm"])
def test_a_tool_that_is_not_there_for_the_role_is_refused_and_counted(play: Any, tool: str) -> None:
    """The kernel holds its table against the call, whatever the model was told."""
    run = reply(begun(play), 1, tool)
    run._decide()
    assert "you have: list" in settled(run)["1.1"]
    assert run.state.nodes["a"].work.conversation.misuses == 1


def test_arguments_with_a_flaw_are_not_carried_out_and_the_model_is_told(play: Any) -> None:
    """The flaw was found when the reply came; nothing is tried with it."""
    run = reply(begun(play), 1, "read", flaw="`path` is missing")
    assert under_way(run) == []
    assert settled(run) == {"1.1": "refused: `path` is missing"}


def test_many_misuses_fail_the_attempt_and_the_next_one_is_told(play: Any) -> None:
    """There is an end to it, and a lesson."""
    run = begun(play)
    for turn in range(1, 13):
        reply(run, turn, "rm")
    run.go()
    assert failures(run) == ["tool_misuse"]
    assert "too many of its calls were refused" in run.state.nodes["a"].lessons[0].said
    assert run.states == {"a": "verified"}


def test_the_same_reply_for_the_third_time_fails_the_attempt(play: Any) -> None:
    """A model that goes round in circles is stopped, whatever its calls gave, and told before (M79)."""
    run = begun(play)
    for turn in (1, 2, 3):
        assert failures(run) == []
        reply(run, turn, "read", arguments=SAME).will(do.UseTool, f"{turn}.1", output=BlobId(f"{turn}"))
        told = "\n".join(brief_in(run.go(do.RequestModel, "a"))) if turn < 3 else ""
        assert ("The same reply once more ends this attempt" in told) is (turn == 2)
    run.go()
    assert failures(run) == ["infinite_loop"]


@pytest.mark.parametrize("between", [("a.py",), ()])
def test_a_reply_given_again_after_a_change_is_no_loop(play: Any, between: tuple[str, ...]) -> None:
    """The tests are run again after each edit; without an edit the third time ends the attempt."""
    run = begun(play)
    for turn in range(1, 6):
        tool, arguments = ("run", SAME) if turn % 2 else ("edit", BlobId(f"args {turn}"))
        reply(run, turn, tool, arguments=arguments).will(
            do.UseTool, f"{turn}.1", changed=between if tool == "edit" else (), tree="t-a" if between else "tree0"
        )
    run.go()
    assert failures(run) == ([] if between else ["infinite_loop"])


def test_a_reply_given_again_after_a_command_that_changed_files_is_no_loop(play: Any) -> None:
    """Only the tree tells what a command changed: each of these left another one, and the last three the same."""
    run = begun(play)
    for turn, tree in enumerate(("t1", "t2", "t3", "t4", "t4", "t4"), start=1):
        assert failures(run) == []
        reply(run, turn, "run", arguments=SAME).will(do.UseTool, f"{turn}.1", changed=(), tree=tree)
    reply(run, 7, "run", arguments=SAME)
    turns = run.state.nodes["a"].work.conversation.turns
    assert [turn.same_as for turn in turns] == [(), (), (), (), (), (5,), (5, 6)]
    run.go()
    assert [event.diagnosis for event in run.told(ev.ConversationStopped)] == [Diagnosis.INFINITE_LOOP]


def test_reads_repeated_within_one_reply_are_no_loop(play: Any) -> None:
    """Replies are judged, not calls."""
    run = reply(begun(play), 1, *["read"] * 8, arguments=SAME)
    run.go()
    assert failures(run) == []


@pytest.mark.parametrize(("native", "temperature"), [(False, 0.8), (True, None)])
def test_a_small_model_that_repeats_itself_is_asked_less_strictly(
    play: Any, native: bool, temperature: float | None
) -> None:
    """Held to a schema, at a temperature of 0 it would say the same for ever."""
    chain = (replace(FIRST, native_tools=native),)
    run = begun(play, routing=ModelRouting(roles={role.value: RoleModels(chain=chain) for role in Role}))
    for turn in (1, 2):
        reply(run, turn, "read", arguments=SAME)
    run.go(do.RequestModel, "a")
    assert [event.temperature for event in run.told(ev.ModelRequested)] == [None, None, temperature]


def test_replies_without_a_call_fail_the_attempt_after_three(play: Any) -> None:
    """Words alone get nothing done."""
    run = begun(play)
    for turn in (1, 2, 3):
        reply(run, turn)
    run.go()
    assert failures(run) == ["malformed"]


def test_an_attempt_has_so_many_turns_and_no_more(play: Any) -> None:
    """An agent that never ends is ended."""
    run = begun(play, {"a": {"body": AgentBody(instructions="x", turns_max=2)}})
    reply(run, 1, "read")
    reply(run, 2, "list").go()
    assert failures(run)[0] == "stall"


def test_an_agent_that_gives_up_fails_its_attempt(play: Any) -> None:
    """Saying so is not failing silently: the next attempt is told why."""
    run = begun(play)
    reply(run, 1, "finish").will(do.UseTool, "1.1", payload=Claim(summary="no such API", gives_up=True))
    run.go()
    assert failures(run) == ["given_up"]
    assert "no such API" in run.state.nodes["a"].lessons[0].said


# --- people


def test_a_command_that_needs_consent_waits_while_other_calls_run_once(play: Any) -> None:
    """The question is about that command alone."""
    run = begun(play)
    run.will(
        do.RequestModel,
        "a",
        calls=(*calls(1, "run", does=PUSH, command="git push origin main"), *calls(1, "x", "read")[1:]),
    )
    run.go()
    assert run.report["questions"][0]["kind"] == "confirm"
    assert "git push origin main" in run.asked[0]
    assert [event.call for event in run.told(ev.ToolCallFinished)] == ["1.2"]
    assert [event.call for event in run.reply("yes").go().told(ev.ToolCallFinished)][:2] == ["1.2", "1.1"]


def test_a_command_that_a_person_forbids_is_not_run_and_the_model_is_told(play: Any) -> None:
    """It can take another way; the step is not over."""
    run = reply(begun(play), 1, "run", does=PUSH, command="git push").go()
    run.reply("no", reason="not on a Friday").go()
    assert settled(run) == {"1.1": "not approved: not on a Friday"}
    assert run.states == {"a": "verified"}


def test_the_same_command_is_asked_about_once_a_step(play: Any) -> None:
    """What was approved for the step stays approved, word for word."""
    run = reply(begun(play), 1, "run", does=PUSH, command="git push").go().reply("yes")
    reply(run, 2, "run", does=PUSH, command="git push").go()
    assert len(run.told(ev.QuestionAsked)) == 1
    assert run.states == {"a": "verified"}


def test_a_yes_to_a_command_that_reaches_others_is_for_the_files_it_runs_among(play: Any) -> None:
    """Another attempt that has written something else there asks again."""
    run = reply(begun(play, {"a": {**AGENT, "network": True}}), 1, "run", does=PUSH, command="git push").go()
    (asked,), (opened,) = run.told(ev.QuestionAsked), run.told(ev.ConversationStarted)
    assert asked.shown.endswith(f" on {opened.tree}")


def test_a_yes_given_beforehand_does_not_cover_what_an_agent_wants_to_run(play: Any) -> None:
    """Nobody had that command in mind."""
    run = begun(play).say(ev.ApprovalsGiven, yes=True)
    reply(run, 1, "run", does=PUSH, command="git push").go()
    assert len(run.report["questions"]) == 1


def test_what_was_approved_for_all_of_a_kind_is_not_asked_again(play: Any) -> None:
    """Other words of the same programs, for the same rule."""
    run = reply(begun(play), 1, "run", does=PUSH, command="git push").go()
    run.reply("yes", like=run.report["questions"][0]["like"])
    reply(run, 2, "run", does=PUSH, command="git push again").go()
    assert run.states == {"a": "verified"}


def test_what_is_never_allowed_is_refused_without_a_question(play: Any) -> None:
    """Nobody can be talked into it."""
    does = CommandFacts(commands=(("rm", "-rf", "/"),))
    run = reply(begun(play), 1, "run", does=does, command="rm -rf /").go()
    assert "never allowed" in settled(run)["1.1"]
    assert not run.told(ev.QuestionAsked)
    [found] = [event.finding for event in run.told(ev.FindingReported) if event.finding.kind == "refused-call"]
    assert (found.diagnosis, found.severity) == ("policy_violation", "note")
    assert [run.journal[seq - 1].kind for seq in found.evidence] == ["model_responded"]


def test_what_is_never_allowed_ends_the_attempt_where_that_is_wanted(play: Any) -> None:
    """With the policy as the failure, so that the goal is put before the next one again (M83)."""
    watches = Watches(own={"refused_call": Watch(say=Say.FAIL)})
    does = CommandFacts(commands=(("rm", "-rf", "/"),))
    run = reply(begun(play).say(ev.MonitorsConfigured, watches=watches), 1, "run", does=does, command="rm -rf /").go()
    assert [one.diagnosis for one in run.told(ev.AttemptFailed)][:1] == ["policy_violation"]


def test_an_agents_question_is_answered_by_a_person_and_told_to_the_model(play: Any) -> None:
    """The conversation goes on with the answer as the result of the call."""
    run = reply(begun(play), 1, "ask", command="Which port?").go()
    assert run.asked == ["The agent at step a asks: Which port?"]
    run.reply("8080").go()
    assert settled(run) == {"1.1": "a person answered: 8080"}
    assert run.states == {"a": "verified"}


# --- crashes and pauses


def test_a_lost_reply_is_asked_for_again_and_its_reservation_counts_as_spent(play: Any) -> None:
    """Nobody knows whether the provider billed it, so that it is not forgotten."""
    run = begun(play).go(do.RequestModel)
    held = run.told(ev.ModelRequested)[0].reserved_usd
    run.claim().go()
    assert run.state.cost_usd == pytest.approx(held + 3 * 0.25)
    assert [event.turn for event in run.told(ev.ModelRequested)] == [1, 1, 2, 3]
    assert [event.attempt for event in run.told(ev.StepStarted)] == [1]


def test_a_finished_call_is_not_repeated_and_the_lane_goes_back_to_where_it_left_it(play: Any) -> None:
    """A crash during the second writing call repeats that one alone, on the tree of the first."""
    run = reply(begun(play), 1, "edit", "run").go(do.UseTool, "1.2")
    run.claim().go(do.CheckOutTree)
    assert [command.tree for command in run.open] == ["t-a"]
    run.go()
    assert [event.call for event in run.told(ev.ToolCallStarted)][:3] == ["1.1", "1.2", "1.2"]


def test_a_crash_after_the_end_repeats_neither_request_nor_call(play: Any) -> None:
    """Only what comes after the conversation is done again."""
    run = begun(play).go(do.Inspect).claim().go()
    assert len(run.told(ev.ModelRequested)) == 3
    assert len(run.told(ev.BodyStarted)) == 1
    assert run.states == {"a": "verified"}


def test_a_request_that_ends_one_engine_after_the_other_asks_a_person(play: Any) -> None:
    """What it reserves each time would be spent without end."""
    run = begun(play)
    for _ in range(3):
        run.go(do.RequestModel).claim()
    run.go()
    assert "the engine ended 3 times in a row" in run.asked[0]
    assert run.reply("retry").go().states == {"a": "verified"}


def test_three_engines_that_die_in_a_row_over_one_request_are_told_apart_from_progress(play: Any) -> None:
    """Each turn that gets done counts as progress, however often engines die in between."""
    run = begun(play)
    for _ in range(3):
        run.go(do.RequestModel).claim().go(do.RequestModel).let(do.RequestModel)
    assert run.go().states == {"a": "verified"}


def test_a_pause_comes_between_two_requests_and_the_conversation_goes_on_afterwards(play: Any) -> None:
    """Nobody waits for the end of an afternoon's work, and none of it is lost."""
    run = reply(begun(play), 1, "read").say(ev.PauseRequested).go()
    assert run.report["state"] == "paused"
    run.claim().say(ev.RunResumed).go()
    assert [event.turn for event in run.told(ev.ModelRequested)] == [1, 2, 3]


def test_who_insists_ends_a_call_and_it_is_carried_out_anew(play: Any) -> None:
    """The second Ctrl-C does not wait for a command of the agent's."""
    run = reply(begun(play), 1, "run").go(do.UseTool)
    run.say(ev.PauseRequested, interrupt=True).go()
    assert run.report["state"] == "paused"
    run.claim().say(ev.RunResumed).go()
    assert [event.call for event in run.told(ev.ToolCallStarted)][:2] == ["1.1", "1.1"]
    assert run.states == {"a": "verified"}


def test_who_insists_has_no_check_begun_again_and_again(play: Any) -> None:
    """The agent has ended: the check of its result is ended, and asked once the run goes on."""
    run = begun(play).go(do.Inspect).let(do.Inspect).go(do.AskCheck)
    run.say(ev.PauseRequested, interrupt=True).go()
    assert (run.report["state"], len(run.told(ev.InterruptRequested))) == ("paused", 1)
    assert run.claim().say(ev.RunResumed).go().states == {"a": "verified"}


# --- models that do not answer


def test_a_model_that_asks_to_wait_is_left_alone_as_long(play: Any) -> None:
    """The provider's own word goes before ours."""
    run = faulty(begun(play), Fault.RATE_LIMIT, retry_after_s=30.0).go(do.WaitForRequest)
    wait = run.told(ev.ModelRequestDelayed)[0]
    assert wait.due - run.told(ev.ModelRequestFailed)[0].at == 30.0
    assert run.go().states == {"a": "verified"}


def test_a_model_without_capacity_is_replaced_by_the_next_of_its_chain(play: Any) -> None:
    """The conversation goes on with what was said so far."""
    run = faulty(begun(play), *[Fault.OVERLOADED] * 4).go()
    assert [event.model for event in run.told(ev.ModelRequested)] == ["m"] * 4 + ["n"] * 3


@pytest.mark.parametrize("fault", [Fault.QUOTA, Fault.AUTH, Fault.UNKNOWN_MODEL, Fault.BAD_REQUEST])
def test_what_does_not_pass_is_not_tried_again_with_the_same_model(play: Any, fault: Fault) -> None:
    """Waiting would not help."""
    run = faulty(begun(play), fault).go()
    assert [event.model for event in run.told(ev.ModelRequested)][:2] == ["m", "n"]


def test_a_run_whose_models_do_not_answer_pauses_and_resumes_at_that_very_request(play: Any) -> None:
    """Nothing is failed for it: the work is kept until there is a model again."""
    run = faulty(reply(begun(play), 1, "read"), Fault.AUTH, Fault.AUTH).go()
    assert run.report["state"] == "paused"
    assert "No model answers (auth)" in run.report["reason"]
    run.claim().say(ev.RunResumed).go()
    assert [event.turn for event in run.told(ev.ModelRequested)] == [1, 2, 2, 2, 3]
    assert run.states == {"a": "verified"}


@pytest.mark.parametrize(("fault", "diagnosis"), [(Fault.CUT, "malformed"), (Fault.REFUSED, "refused")])
def test_replies_that_cannot_be_used_fail_the_attempt_in_the_end(play: Any, fault: Fault, diagnosis: str) -> None:
    """First the same model is told, then the next one is asked, then the attempt has failed."""
    run = faulty(begun(play), *[fault] * 6).go()
    assert diagnosis in failures(run)


def test_a_brief_that_is_too_long_is_made_shorter(play: Any) -> None:
    """The model has said so; the next brief may take less."""
    run = faulty(begun(play), Fault.CONTEXT).go()
    assert run.states == {"a": "verified"}
    assert not run.told(ev.AttemptFailed)


@pytest.mark.parametrize(
    ("fault", "words"), [(Fault.CUT, "cut off"), (Fault.MALFORMED, "form"), (Fault.EMPTY, "empty")]
)
def test_a_model_is_told_of_its_useless_reply_in_words_of_the_runtime(play: Any, fault: Fault, words: str) -> None:
    """What the provider says of it may hold paths and anything else."""
    run = faulty(begun(play), fault, text="local:/home/una/m.gguf: pages").go(do.RequestModel).let(do.RequestModel)
    told = brief_in(run.go(do.RequestModel))
    assert (words in told[-1], "una" in "".join(told)) == (True, False)


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.REFUSED])
def test_the_lesson_of_useless_replies_is_in_words_of_the_runtime(play: Any, fault: Fault) -> None:
    """The reason of the attempt, for people, is the provider's."""
    run = faulty(begun(play), *[fault] * 6, text="local:/home/una/m.gguf: pages").go()
    assert "una" in run.told(ev.AttemptFailed)[0].reason
    assert {"una" in lesson.said for lesson in run.state.nodes["a"].lessons} == {False}


def test_a_model_is_not_told_what_is_for_another_to_mend(play: Any) -> None:
    """Neither that its brief was too long, nor that there was no capacity."""
    run = faulty(begun(play), Fault.CONTEXT).go(do.RequestModel)
    first = brief_in(run)
    assert brief_in(run.let(do.RequestModel).go(do.RequestModel)) == first


def test_the_next_model_of_a_chain_may_take_longer_briefs(play: Any) -> None:
    """What was too long for the first one says nothing about it."""
    run = faulty(begun(play), *[Fault.CONTEXT] * 4).go(do.RequestModel)
    for _ in range(4):
        run.let(do.RequestModel).go(do.RequestModel)
    conversation = run.state.nodes["a"].work.conversation
    assert (conversation.position, conversation.too_long) == (1, None)


@pytest.mark.parametrize(("native", "tokens"), [(True, 6_216), (False, 8_091)])
def test_tools_and_reply_leave_so_much_room_for_a_brief(native: bool, tokens: int) -> None:
    """Of 16,384 tokens 4,096 are for the reply; tools take more as schemas than in words."""
    facts = ModelFacts(name="m", context_tokens=16_384, output_tokens_max=4_096, native_tools=native)
    state = stage(routing=CASTING)
    assert tokens_max(state, Conversation(role=Role.WORKER), facts) == tokens


# --- limits


def dear(tokens: int = 100_000) -> ModelRouting:
    """Return a casting whose requests may cost a dollar's tenth at worst and more."""
    facts = ModelFacts(name="m", price=Price(input_usd=1.0, output_usd=1.0), output_tokens_max=tokens)
    return ModelRouting(roles={"worker": RoleModels(chain=(facts,))})


def test_a_request_that_could_cross_a_limit_is_not_made_and_the_run_pauses(play: Any) -> None:
    """What it may take at worst is held against the limit beforehand."""
    run = begun(play, limits=Limits(cost_usd=0.05), routing=dear()).go()
    assert not run.told(ev.ModelRequested)
    assert run.report["state"] == "paused"
    assert "--cost-usd" in run.report["reason"]


def test_a_raised_limit_lets_the_run_go_on_where_it_was(play: Any) -> None:
    """The conversation is still there."""
    run = begun(play, limits=Limits(requests=2)).will(do.AskCheck, f"during {PROOF.name}", verdict=Verdict.FAILED).go()
    assert len(run.told(ev.ModelRequested)) == 2
    run.claim().say(ev.LimitsRaised, limits=Limits(requests=9)).say(ev.RunResumed).go()
    assert run.states == {"a": "verified"}
    assert len(run.told(ev.ModelRequested)) == 3


def test_most_of_a_limit_used_is_told_once(play: Any) -> None:
    """The person hears of it before the run stops."""
    run = begun(play, limits=Limits(cost_usd=0.6, tokens=100_000)).go()
    kinds = [event.finding.kind for event in run.told(ev.FindingReported)]
    assert kinds == ["limit-near-cost-usd"]


def test_agents_side_by_side_never_reserve_more_than_the_limit(play: Any) -> None:
    """The second waits until what the first has reserved is settled, instead of crossing the limit or stopping."""
    steps = {"a": AGENT, "b": AGENT}
    run = begun(play, steps, limits=Limits(cost_usd=2.0, parallel=2), routing=dear(1_300_000))
    run.go(do.RequestModel)
    while any(type(command) is not do.RequestModel for command in run.open):
        run.let(next(type(command) for command in run.open if type(command) is not do.RequestModel))._decide()
    assert [command.step for command in run.open] == ["a"]


def test_a_run_whose_agents_meet_a_limit_at_once_pauses_for_it_once(play: Any) -> None:
    """Both ask for a request in the same moment: one says that the limit is near, and the other waits."""
    run = begun(play, {"a": AGENT, "b": AGENT}, limits=Limits(cost_usd=0.05, parallel=2), routing=dear())
    run.go(do.StartConversation)
    while any(type(command) is not do.StartConversation for command in run.open):
        run.let(next(type(command) for command in run.open if type(command) is not do.StartConversation))._decide()
    run.let(do.StartConversation).let(do.StartConversation).go()
    assert run.report["state"] == "paused"
    assert len(run.told(ev.LimitReached)) == 1


def test_a_step_that_has_used_its_own_limit_fails_without_another_attempt(play: Any) -> None:
    """More attempts would only use more."""
    body = AgentBody(instructions="x", limits=AgentLimits(requests=1))
    run = begun(play, {"a": {"body": body, "retry": RetryPolicy(retry_unknown=True)}}).go()
    assert failures(run) == ["budget"]
    assert run.states == {"a": "failed"}


# --- attempts


def test_a_failed_attempt_says_in_the_journal_what_it_has_taught(play: Any) -> None:
    """What the next attempt is told is not worked out anew by a later release, which may see it otherwise."""
    check = Check(name="k", ask=CommandCheck(command="k"), expect=Expect.PASS)
    run = begun(play, {"a": {**AGENT, "checks": (check,), "retry": RetryPolicy(retry_unknown=True)}})
    run.will(do.AskCheck, "k", verdict=Verdict.FAILED, text="1 != 2").go()
    assert [event.lesson for event in run.told(ev.AttemptFailed)] == list(run.state.nodes["a"].lessons)
    assert "1 != 2" in run.state.nodes["a"].lessons[0].said


def test_a_lesson_is_folded_as_the_journal_has_it(play: Any) -> None:
    """Folding does not look at what today's code would have learned."""
    run = begun(play).go(do.RequestModel)
    lesson = Lesson(attempt=1, tried="that", said="no")
    event = {"step": "a", "attempt": 1, "diagnosis": Diagnosis.VERIFICATION, "reason": "r", "lesson": lesson}
    run.say(ev.EffectCancelled, step="a", attempt=1, effect="model_request").say(ev.AttemptFailed, **event)
    assert run.state.nodes["a"].lessons == (lesson,)


def test_what_a_call_does_is_folded_as_the_journal_has_it(play: Any) -> None:
    """A tool that writes today may only have read when it was called."""
    run = reply(begun(play), 1, "edit", "edit", kind=ToolKind.READ)
    assert under_way(run) == ["1.1", "1.2"]


def failing(name: str = "k", **fields: Any) -> Check:
    """Return a check."""
    return Check(name=name, ask=CommandCheck(command="k"), expect=Expect.PASS, **fields)


def test_the_next_attempt_has_the_lesson_and_the_last_one_the_stronger_model(play: Any) -> None:
    """What was tried and what the check said, not what was said in between."""
    run = begun(play, {"a": {**AGENT, "checks": (failing(),), "retry": RetryPolicy(maximum_attempts=2)}})
    run.will(do.AskCheck, "k", verdict=Verdict.FAILED, text="1 != 2").go()
    lesson = run.state.nodes["a"].lessons[0]
    assert "done" in lesson.tried
    assert "1 != 2" in lesson.said
    assert [event.model for event in run.told(ev.ModelRequested)] == ["m"] * 3 + ["s"] * 3


def test_a_check_that_is_held_back_teaches_nothing_about_itself(play: Any) -> None:
    """Neither its name nor what it said reaches the next attempt."""
    run = begun(play, {"a": {**AGENT, "checks": (failing("secret-name", held_back=True),)}})
    run.will(do.AskCheck, "secret-name", verdict=Verdict.FAILED, text="expected 42").go()
    said = run.state.nodes["a"].lessons[0].said
    assert "agents are not told of" in said
    assert "42" not in said
    assert "secret-name" not in said


def test_a_claim_that_the_journal_does_not_bear_out_is_reported_and_fails_nothing(play: Any) -> None:
    """The checks decide; the person is told."""
    run = begun(play)
    claim = Claim(summary="done", changed=("never-touched.py",))
    reply(run, 1, "finish").will(do.UseTool, "1.1", payload=claim)
    run.go()
    assert [event.finding.kind for event in run.told(ev.FindingReported)] == ["ungrounded-claim"]
    assert run.states == {"a": "verified"}


def test_what_was_claimed_without_ground_is_part_of_the_lesson(play: Any) -> None:
    """The next attempt is told to look before it says so."""
    run = begun(play, {"a": {**AGENT, "checks": (failing(),)}}).will(do.AskCheck, "k", verdict=Verdict.FAILED)
    reply(run, 1, "finish").will(do.UseTool, "1.1", payload=Claim(summary="All tests pass."))
    run.go()
    assert "no command that runs tests was run: look before you say so" in run.state.nodes["a"].lessons[0].said


def test_turns_that_have_no_room_even_as_lines_are_summed_up_by_the_model(play: Any) -> None:
    """What must not be lost goes along with the request, and the summary stands in later briefs."""
    run = begun(play, {"a": {"body": AgentBody(instructions="x", turns_max=200)}}, routing=SMALL)
    run.say(ev.MonitorsConfigured, watches=Watches(own={"no_progress": Watch(say=Say.OFF)}))
    turn = 0
    while not any(event.is_summary for event in run.told(ev.ModelRequested)) and turn < 150:
        turn += 1
        reply(run, turn, "note", "read", summary=f"read a/long/path/of/some/file-{turn}.py").go(do.RequestModel, "a")
    asked = next(command for command in run.open if isinstance(command, do.RequestModel))
    assert asked.is_summary
    run.let(do.RequestModel).go(do.RequestModel, "a")
    assert any(part.blob == run.state.nodes["a"].work.conversation.summary for part in run.open[-1].parts)


def test_a_step_at_work_says_who_had_a_say_before_a_command(play: Any) -> None:
    """The tier and the rule stand with the start of each call."""
    does = CommandFacts(commands=(("pytest", "-q"),))
    run = reply(begun(play), 1, "run", does=does, command="pytest -q").go()
    started = run.told(ev.ToolCallStarted)[0]
    assert (started.tier, started.rule) == (Tier.LOG, "agent-command")


def test_the_lesson_of_a_loop_says_what_to_do_and_quotes_no_call(play: Any) -> None:
    """A small model made the very call that its lesson quoted, and nothing else."""
    run = begun(play)
    reply(run, 1, "search", summary="search for names")
    for turn in (2, 3, 4):
        reply(run, turn, "list", arguments=SAME, summary="list the moon")
    (lesson,) = run.go().state.nodes["a"].lessons
    assert "change one, and run the checks" in lesson.said
    assert ("search for names" in lesson.tried, "moon" in f"{lesson}") == (True, False)
