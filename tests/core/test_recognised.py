"""An effect is never treated as milder than what is recognised in the commands."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.event_words import Applied, Ending, Status
from surefoot.core.ids import StepId
from surefoot.core.plan import LOOPBACK, AgentBody, Effect, Limits, RetryPolicy, RunBody, Step
from surefoot.core.policy import raising_rule
from surefoot.core.policy_types import CommandFacts
from surefoot.core.probe_kinds import Probe, RunProbe
from surefoot.engines.embedded import _is_waited_for
from surefoot.shellwords import facts_of
from tests.core.test_kernel_conversations import begun, brief_in, reply, settled, under_way

SEALED = "bubblewrap"
POST = "curl -X POST http://x/"
POSTS: dict[str, Any] = {"body": RunBody(command=POST), "network": True}
AGENT: dict[str, Any] = {"body": AgentBody(instructions="do it"), "network": True}
DOES = facts_of(POST)
TIMED_OUT = Ending(status=Status.EXIT, exit_code=28, text="curl: read timed out")


def step(**fields: Any) -> Step:
    """Make a step with the network, but for other fields."""
    return Step(id=StepId("a"), body=RunBody(command=""), **{"network": True, **fields})


@pytest.mark.parametrize(
    ("command", "rule"),
    [
        ("curl -X POST http://x/", "sends-data"),
        ("make && git push origin main", "git-push"),
        ("twine upload dist/*", "publishes"),
        ("gh release create v1", "changes-a-forge"),
        ("aws s3 rm s3://bucket/key", "deploys"),
        ("alembic upgrade head", "databases"),
        ("psql -c 'DELETE FROM users'", "databases"),
        ("rabbitmqadmin publish routing_key=q payload=x", "sends-data"),
        ("ssh host systemctl restart app", "other-hosts"),
        ("echo x > /dev/tcp/10.0.0.1/80", "connections"),
    ],
)
def test_commands_that_reach_others_are_recognised(command: str, rule: str) -> None:
    """Held against the rules that ship, whatever rule decides on the tier (M39)."""
    assert raising_rule(step(), facts_of(command), SEALED) == rule


@pytest.mark.parametrize(
    "command",
    [
        "git fetch origin",
        "pip install requests",
        "npm ci",
        "curl https://x/",
        "git clone https://x/y",
        "kubectl get pods",
    ],
)
def test_commands_that_only_fetch_raise_nothing(command: str) -> None:
    """They reach out, but change nothing there."""
    assert raising_rule(step(), facts_of(command), SEALED) == ""


@pytest.mark.parametrize(
    ("rung", "fields", "is_raised"),
    [
        (SEALED, {"network": False}, False),
        (SEALED, {"network": LOOPBACK}, True),
        (SEALED, {"network": False, "sockets": ("/run/docker.sock",)}, True),
        (SEALED, {"network": False, "confine": False}, True),
        ("landlock", {"network": False}, True),
        ("plain", {"network": False}, True),
        (SEALED, {"effect": Effect.READ}, True),
        (SEALED, {"effect": Effect.IDEMPOTENT}, False),
        (SEALED, {"effect": Effect.IRREVERSIBLE}, False),
    ],
)
def test_only_a_milder_effect_with_a_way_out_is_raised(rung: str, fields: dict[str, Any], is_raised: bool) -> None:
    """Within a sealed lane all can be put back; a declared outside effect stays what its author says (M116)."""
    assert bool(raising_rule(step(**fields), facts_of("git push"), rung)) == is_raised


def test_a_step_without_commands_stays_as_declared() -> None:
    """What a function does cannot be read."""
    assert raising_rule(step(), None, "plain") == raising_rule(step(), CommandFacts(), "plain") == ""


# --- steps


def posting(play: Any, *, yes: bool = True, step: dict[str, Any] | None = None, **fields: Any) -> Any:
    """Begin a run whose step `a`, declared reversible, sends data; its checkpoints find that out."""
    run = play({"a": {**POSTS, **(step or {})}}, **fields)
    for _ in range(3):
        run.will(do.TakeCheckpoint, "a", does=DOES, raised_by="sends-data")
    return run.say(ev.ApprovalsGiven, allow=("a",)) if yes else run


def killed(run: Any) -> Any:
    """End the engine while the body is under way, and let another one begin."""
    return run.go(do.RunStep).claim().go()


@pytest.mark.parametrize("declared", [Effect.READ, Effect.REVERSIBLE])
def test_a_recognised_effect_is_in_doubt_after_a_kill(play: Any, declared: Effect) -> None:
    """It is asked about and not performed again, though it is declared as one that can be (M70, M116)."""
    run = killed(posting(play, step={"effect": declared}))
    assert (len(run.bodies), run.states["a"]) == (1, "in_doubt")


def test_a_recognised_effect_is_asked_of_its_probe_after_a_kill(play: Any) -> None:
    """Applied, as the probe finds: it is recorded (M70)."""
    run = posting(play, step={"probe": Probe(ask=RunProbe(command="p"))}).go(do.RunStep)
    run.claim().will(do.AskProbe, "a", answer=Applied.APPLIED).go()
    assert (len(run.bodies), run.steps["a"]["proof"]) == (1, "probe")


def test_a_recognised_effect_is_never_retried_by_itself(play: Any) -> None:
    """What would pass as transient is in doubt: the request may have arrived (M116)."""
    run = posting(play, step={"retry": RetryPolicy(maximum_attempts=3)}).will(do.RunStep, "a", ending=TIMED_OUT).go()
    assert (len(run.bodies), run.states["a"]) == (1, "in_doubt")


def test_a_declared_idempotent_effect_is_repeated_under_its_key(play: Any) -> None:
    """Its author says that the outside recognises the repetition."""
    run = killed(play({"a": {**POSTS, "effect": Effect.IDEMPOTENT}}).say(ev.ApprovalsGiven, yes=True))
    assert (len(run.bodies), run.states["a"]) == (2, "verified")


def test_yes_does_not_cover_a_recognised_effect(play: Any) -> None:
    """As with a declared irreversible one, the step has to be named (M116)."""
    run = posting(play, yes=False).say(ev.ApprovalsGiven, yes=True).go()
    assert (run.bodies, len(run.asked)) == ([], 1)
    assert run.say(ev.ApprovalsGiven, allow=("a",)).go().bodies == ["a"]


def test_the_question_about_a_recognised_effect_does_not_say_that_it_can_be_put_back(play: Any) -> None:
    """It says what counts, and which rule says so (M39, M116)."""
    text = posting(play, yes=False).go().asked[0]
    assert "effect:  irreversible (cannot be undone), whatever is declared: rule sends-data" in text
    assert "undo:    nothing is known that takes it back" in text


def test_a_recognised_effect_stands_in_the_report(play: Any) -> None:
    """Whatever the step declares (M116)."""
    effect = {"step": "a", "effect": "irreversible", "applied": True, "undo": "", "command": None, "look": ""}
    effect |= {"undo_command": "", "undone": False}
    assert posting(play).go().report["outside_effects"] == [effect]


def test_a_recognised_effect_done_again_on_purpose_asks_again(play: Any) -> None:
    """The word given for it was used up (M116)."""
    run = posting(play).will(do.Inspect, "a", outside=("/x",)).go().reply("applied").go()
    run.say(ev.StepsInvalidated, steps=("a",)).go()
    assert "its effect has been applied before; this would apply it once more" in run.asked[0]


def test_a_recognised_effect_rests_on_the_head_of_the_branch(play: Any) -> None:
    """It waits for the results that come before it, and begins anew on what they leave."""
    run = play({"b": {}, "a": POSTS}, limits=Limits(parallel=2)).say(ev.ApprovalsGiven, allow=("a",))
    for _ in range(2):
        run.will(do.TakeCheckpoint, "a", does=DOES, raised_by="sends-data")
    run.go(do.OpenLane, "2")
    for kind in (do.OpenLane, do.TakeCheckpoint, do.RunStep, do.Inspect):
        run.let(kind)._decide()
    run.let(do.OpenLane).go()
    heads = [event.commit for event in run.told(ev.Checkpointed) if event.step == "a"]
    assert (run.states, heads[-1]) == ({"b": "verified", "a": "verified"}, "c-b")


def test_a_step_is_looked_at_anew_where_the_sandbox_has_changed(play: Any) -> None:
    """What was sealed on one rung may have a way out on another."""
    run = play({"a": {}, "b": {}}, limits=Limits(parallel=2)).go(do.TakeCheckpoint, "b").let(do.TakeCheckpoint)
    run.claim(rung="plain").go()
    assert [event.diagnosis.value for event in run.told(ev.AttemptFailed)][:1] == ["interrupted"]


@pytest.mark.parametrize("kind", [ev.BodyStarted, ev.BodyFinished])
def test_the_start_and_the_end_of_a_recognised_effect_are_waited_for(play: Any, kind: type[ev.Event]) -> None:
    """Both are on disk before the run goes on (M70)."""
    run = posting(play).go()
    assert [_is_waited_for(run.state, event) for event in run.told(kind)] == [True]


# --- commands of agents


def sending(play: Any, turn: int = 1, run: Any = None) -> Any:
    """Let the agent of step `a` want to send data, and a person approve it; go on until it is under way."""
    run = begun(play, {"a": AGENT}) if run is None else run
    reply(run, turn, "run", does=DOES, command=POST).go()
    return run.reply("yes").go(do.UseTool, f"{turn}.1")


def answered(play: Any, answer: str) -> Any:
    """Kill the engine while the agent's command is under way, and say what became of it."""
    return sending(play).claim().go().reply(answer).go(do.RequestModel)


def test_a_command_of_an_agent_that_was_killed_is_asked_about(play: Any) -> None:
    """It may have arrived; it is not carried out again (M70)."""
    run = sending(play).claim().go()
    assert (len(run.told(ev.ToolCallStarted)), run.states["a"]) == (1, "in_doubt")
    assert f"the engine was ended while a command of its agent was under way: {POST}" in run.asked[0]


def test_a_command_that_was_interrupted_is_asked_about(play: Any) -> None:
    """Whatever ends it, nobody knows whether it arrived."""
    run = sending(play)
    run.open.clear()
    run.say(ev.EffectCancelled, step="a", attempt=1, effect="tool_call", subject="1.1").go()
    assert (len(run.told(ev.ToolCallStarted)), run.states["a"]) == (1, "in_doubt")


@pytest.mark.parametrize(
    ("answer", "told"), [("applied", "what it does was done"), ("not_applied", "what it does was not done")]
)
def test_the_agent_is_told_what_became_of_its_command(play: Any, answer: str, told: str) -> None:
    """The runtime never runs it again by itself (M70)."""
    run = answered(play, answer)
    assert told in settled(run)["1.1"]
    assert len(run.told(ev.ToolCallStarted)) == 1


def test_a_command_that_was_not_applied_needs_another_approval(play: Any) -> None:
    """The old one was for one time (M116)."""
    run = answered(play, "not_applied")
    reply(run, 2, "run", does=DOES, command=POST).go()
    assert len(run.asked) == 1


@pytest.mark.parametrize("option", [{"allow": ("a",)}, {"yes": True}])
def test_nothing_given_beforehand_covers_a_command_that_was_applied_before(play: Any, option: dict[str, Any]) -> None:
    """Whoever wants it once more says so, seeing that it would be once more."""
    run = sending(play).let(do.UseTool).say(ev.ApprovalsGiven, **option)
    reply(run, 2, "run", does=DOES, command=POST).go()
    assert "its effect has been applied before; this would apply it once more" in run.asked[0]


def test_the_question_about_a_command_does_not_say_that_it_can_be_put_back(play: Any) -> None:
    """It names the class that counts (M39)."""
    text = reply(begun(play, {"a": AGENT}), 1, "run", does=DOES, command=POST).go().asked[0]
    assert "effect:  irreversible (cannot be undone)" in text
    assert "undo:    nothing is known that takes it back" in text


def test_a_command_in_a_sealed_lane_stays_what_it_is(play: Any) -> None:
    """It cannot reach anybody: a kill repeats it."""
    run = reply(begun(play), 1, "run", does=DOES, command=POST).go(do.UseTool).claim().go(do.UseTool)
    assert [event.raised_by for event in run.told(ev.ToolCallStarted)] == ["", ""]


@pytest.mark.parametrize("kind", [ev.ToolCallStarted, ev.ToolCallFinished])
def test_the_start_and_the_end_of_such_a_command_are_waited_for(play: Any, kind: type[ev.Event]) -> None:
    """A read beside it is not (M70)."""
    run = sending(play).let(do.UseTool)
    reply(run, 2, "read").go()
    assert [_is_waited_for(run.state, event) for event in run.told(kind)][:2] == [True, False]


@pytest.mark.parametrize(("ok", "applied"), [(True, True), (False, None)])
def test_such_a_command_stands_in_the_report(play: Any, ok: bool, applied: bool | None) -> None:
    """As applied, or as something nobody knows (M116)."""
    run = sending(play).will(do.UseTool, "1.1", ok=ok).let(do.UseTool).go()
    effect = {"step": "a", "effect": "irreversible", "applied": applied, "undo": "", "command": POST, "look": ""}
    effect |= {"undo_command": "", "undone": False}
    assert run.report["outside_effects"] == [effect]


def failed_once(play: Any) -> Any:
    """Let an attempt send data and fail; go on until the next attempt asks its model."""
    run = sending(play).let(do.UseTool).will(do.Inspect, "a", secrets=(".env",))
    return reply(run, 2, "finish").go(do.StartConversation).go(do.RequestModel)


def test_another_attempt_is_told_what_the_one_before_sent(play: Any) -> None:
    """The restore of its lane did not take that back (M116)."""
    told = "\n".join(brief_in(failed_once(play)))
    assert f"- {POST} (it was done)" in told


def test_another_attempt_has_to_ask_anew_and_has_the_same_key(play: Any) -> None:
    """Equal commands are equal effects, whatever the number of the call."""
    run = failed_once(play)
    reply(run, 1, "read").go(do.RequestModel)
    first, last = (one.key for one in sending(play, 2, run).told(ev.ToolCallStarted) if one.key)
    assert first == last


def test_a_command_that_is_run_twice_on_purpose_has_two_keys(play: Any) -> None:
    """The second is another effect, as a person agreed."""
    run = sending(play).let(do.UseTool)
    first, second = (one.key for one in sending(play, 2, run).told(ev.ToolCallStarted))
    assert second == f"{first}.2"


def test_a_command_that_reaches_others_is_not_ended_half_way(play: Any) -> None:
    """A pause that ends what runs waits for it, as for the effect of a step."""
    run = sending(play).say(ev.PauseRequested, interrupt=True)
    assert under_way(run) == ["1.1"]
    assert run.let(do.UseTool).go().report["state"] == "paused"
