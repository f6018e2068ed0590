"""Monitors over what agents leave, and over what gives no sign (M81, M82, M83, M84), as `surefoot findings` has it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.acceptance.alarms import alarms_in

if TYPE_CHECKING:
    from conftest import Said, Stage

RUN = "20260101-abc123"
PLAN = """
goal: Add two numbers
steps:
  - id: tests
    run: "mkdir -p tests; printf 'def test_a():\\n    assert 1 + 1 == 2\\n    assert 2 + 2 == 4\\n' > tests/test_a.py"
    writes: [tests/test_a.py]
  - id: fix
    needs: [tests]
    agent: Write done.txt.
    writes: ["done.txt", "tests/**"]
    retry: {maximum_attempts: 2}
    checks: [{run: grep -q yes done.txt, expect: fail_to_pass}]
"""
FINISH = "    - {tool: finish, arguments: {summary: Done., confidence: 1.0}}\n"
DONE = "    - {tool: run, arguments: {command: echo yes > done.txt}}\n"


def played(stage: Stage, calls: str, settings: str = "") -> Said:
    """Run the plan with an agent that makes these calls in every attempt, and ends."""
    (stage.folder / "play.yaml").write_text(f"- calls:\n{calls}{FINISH}", "utf-8")
    settings_file = stage.folder / "surefoot.toml"
    settings_file.write_text(settings, "utf-8")
    arguments = ("--run-id", RUN, "--model", f"scripted:{stage.folder / 'play.yaml'}", "--yes")
    return stage.say("run", stage.plan(PLAN), *arguments, env={"SUREFOOT_CONFIG": str(settings_file)})


def findings(stage: Stage) -> dict[str, Any]:
    """Return what was found at the agent's step, by kind."""
    said = stage.say("findings", RUN, "--json").json
    return {one["kind"]: one for one in said["findings"] if one["step"] == "fix"}


def run_tool(command: str) -> str:
    """Return a call that runs a command."""
    return f"    - tool: run\n      arguments: {{command: {command!r}}}\n"


@pytest.mark.raises_alarms("weakened-tests")
def test_an_agent_that_weakens_a_test_is_reported(stage: Stage) -> None:
    """With what it took away, and where in the journal that was seen; its work counts all the same."""
    assert played(stage, DONE + run_tool("sed -i /4/d tests/test_a.py")).code == 0
    found = findings(stage)["weakened-tests"]
    assert (found["severity"], found["diagnosis"]) == ("warning", "goal_drift")
    assert "tests/test_a.py: 1 assertion fewer" in found["text"]
    events = [json.loads(line) for line in stage.say("show", RUN, "--events", "--json").out.splitlines()]
    assert [one["kind"] for one in events if one["seq"] in found["evidence"]] == ["changes_observed"]


def test_an_agent_that_deletes_a_test_file_fails_where_that_is_wanted(stage: Stage) -> None:
    """In both attempts; nothing of it is on the branch."""
    deleting = DONE + run_tool("rm tests/test_a.py")
    assert played(stage, deleting, '[monitors]\nweakened_tests = "fail"\n').code != 0
    assert "tests/test_a.py was deleted" in findings(stage)["weakened-tests"]["text"]
    assert "test_a.py" in stage.git("ls-tree", "-r", "--name-only", f"surefoot/{RUN}")


def test_an_agent_that_adds_to_the_tests_is_not_reported(stage: Stage) -> None:
    """A run that goes well raises nothing."""
    assert played(stage, DONE + run_tool("echo '    assert True is not None' >> tests/test_a.py")).code == 0
    assert findings(stage) == {}


def test_the_same_changes_in_another_attempt_are_reported(stage: Stage) -> None:
    """The second attempt comes to what the checks had failed."""
    assert played(stage, DONE.replace("yes", "no")).code != 0
    found = findings(stage)["equal-attempts"]
    assert (found["attempt"], found["diagnosis"]) == (2, "infinite_loop")
    assert "the same changes as attempt 1" in found["text"]


def test_a_call_that_gives_no_sign_is_ended_where_that_is_wanted(stage: Stage) -> None:
    """The attempt fails as a stall, and says for how long it was quiet."""
    silent = run_tool('python3 -c "import time; time.sleep(600)"')
    assert played(stage, silent, "[monitors]\nstall = {say = 'fail', silence_s = 1}\n").code != 0
    found = findings(stage)["stall"]
    assert found["diagnosis"] == "stall"
    assert "gave no sign" in found["text"]
    assert "gave no sign" in stage.say("report", RUN).out


def test_a_call_that_prints_or_waits_by_intent_is_no_stall(stage: Stage) -> None:
    """The first gives signs, the second says that it waits."""
    loud = run_tool('python3 -uc "import time; [(print(n), time.sleep(1)) for n in range(12)]"')
    settings = "[monitors]\nstall = {say = 'fail', silence_s = 10}\n"
    assert played(stage, DONE + loud + run_tool("sleep 12"), settings).code == 0
    assert findings(stage) == {}


@pytest.mark.raises_alarms("uncovered-requirements")
def test_a_requirement_that_no_step_covers_is_reported(stage: Stage) -> None:
    """As the run begins; the run is what it is all the same (M83)."""
    plan = "goal: g\nrequirements: [dates are read, errors have a place]\nsteps: [{id: a, run: 'true', covers: [1]}]\n"
    assert stage.say("run", stage.plan(plan), "--run-id", RUN).code == 0
    found = next(one for one in stage.say("findings", RUN, "--json").json["findings"] if one["kind"].startswith("unc"))
    assert (found["kind"], found["severity"], found["diagnosis"]) == ("uncovered-requirements", "warning", "goal_drift")
    assert found["text"] == "no step covers requirement 2: errors have a place"
    assert "no step covers requirement 2" in stage.say("report", RUN).out


@pytest.mark.raises_alarms("ungrounded-claim")
def test_a_claim_about_a_test_that_does_not_exist_is_told(stage: Stage) -> None:
    """And not one about a test that was there, or about a word of a path (M80, M82)."""
    says = "- {tool: finish, arguments: {summary: 'test_b covers it. test_a is as before.', confidence: 1.0}}\n"
    assert played(stage, f"{DONE}    {says}").code == 0
    found = findings(stage)["ungrounded-claim"]
    assert (found["diagnosis"], found["text"]) == (
        "hallucination",
        "it says 'test_b covers it.', and no file has test_b",
    )


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("echo 'def probe_one(): pass' > helper.py; rm helper.py", "`probe_one()` was a help and is away again."),
        ("cat > tests/helper.py <<'E'\nprobe_one = print\nE", "`probe_one()` was a help and is away again."),
        ("python3 -c 'import json; json.loads(str())'", "The exception comes from `raw_decode()`."),
        ("python3 -c 'import json; print(json.JSONDecoder.raw_decode)'", "It calls `raw_decode()`."),
        ("true", "There is no `sum_of_all()` in this project."),
    ],
)
def test_a_claim_about_what_the_agent_read_or_wrote_is_not_told(stage: Stage, command: str, said: str) -> None:
    """Though no file of the project has the name in the end, or had it before (M80, M82)."""
    ends = json.dumps({"tool": "finish", "arguments": {"summary": said, "confidence": 1.0}})
    calls = DONE + run_tool(command) + run_tool("rm -f tests/helper.py") + f"    - {ends}\n"
    assert played(stage, calls).code == 0
    assert "ungrounded-claim" not in findings(stage)


@pytest.mark.raises_alarms("ungrounded-claim")
def test_a_name_that_only_a_failed_search_for_it_gives_back_is_told(stage: Stage) -> None:
    """To be told one's own words is not to have read them (M82)."""
    ends = json.dumps({"tool": "finish", "arguments": {"summary": "`sum_of_all()` adds up.", "confidence": 1.0}})
    seeks = "python3 -c 'import builtins; builtins.sum_of_all'"
    assert played(stage, f"{DONE}{run_tool(seeks)}    - {ends}\n").code == 0
    assert "no file has sum_of_all" in findings(stage)["ungrounded-claim"]["text"]


@pytest.mark.raises_alarms("undeclared-writes")
@pytest.mark.parametrize(("say", "kinds"), [("warn", ["undeclared-writes"]), ("off", [])])
def test_writes_that_no_step_declares_are_told_unless_that_is_off(stage: Stage, say: str, kinds: list[str]) -> None:
    """They are put back in any case (M91)."""
    settings = f'[monitors]\nundeclared_writes = "{say}"\n'
    assert played(stage, DONE + run_tool("echo x > other.txt"), settings).code == 0
    assert [one for one in findings(stage) if "undeclared" in one] == kinds
    assert "other.txt" not in stage.git("ls-tree", "--name-only", f"surefoot/{RUN}")


@pytest.mark.raises_alarms("uncovered-requirements")
def test_an_alarm_of_a_run_that_ends_well_is_found_after_each_test(stage: Stage) -> None:
    """But for the kinds that a test says it means: so the other tests hold that clean runs raise none."""
    plan = "goal: g\nrequirements: [one, two]\nsteps: [{id: a, run: 'true', covers: [1]}]\n"
    assert stage.say("run", stage.plan(plan), "--run-id", RUN).code == 0
    assert [one.split(": ")[1] for one in alarms_in(stage.home)] == ["uncovered-requirements"]
    assert list(alarms_in(stage.home, {"uncovered-requirements"})) == []


def test_a_run_without_agents_is_watched_as_the_settings_say(stage: Stage) -> None:
    """A command that prints nothing for so long is ended (M83), though no model is cast."""
    settings = stage.folder / "surefoot.toml"
    settings.write_text('[monitors]\nstall = {say = "fail", body_s = 1}\n', "utf-8")
    plan = stage.plan("goal: Wait\nsteps: [{id: hang, run: mkfifo pipe; cat pipe, retry: {maximum_attempts: 1}}]")
    assert stage.say("run", plan, "--run-id", RUN, env={"SUREFOOT_CONFIG": str(settings)}).code == 5
    found = stage.say("findings", RUN, "--json").json["findings"]
    assert [one["diagnosis"] for one in found if one["kind"] == "stall"] == ["stall"]


def test_a_resumed_run_without_agents_is_watched_as_the_settings_say_then(stage: Stage) -> None:
    """What was set before holds no longer (M83); no model is cast, and none was."""
    settings, user = stage.folder / "surefoot.toml", {"SUREFOOT_CONFIG": str(stage.folder / "surefoot.toml")}
    settings.write_text('[monitors]\nstall = "off"\n', "utf-8")
    hang = "{id: hang, run: mkfifo pipe; cat pipe, needs: [ask], retry: {maximum_attempts: 1}}"
    plan = stage.plan(f"goal: Wait\nsteps: [{{id: ask, ask: Go on?}}, {hang}]")
    assert stage.say("run", plan, "--run-id", RUN, env=user).code == 4
    settings.write_text('[monitors]\nstall = {say = "fail", body_s = 1}\n', "utf-8")
    assert stage.say("answer", f"{RUN}.1", "yes", env=user).code == 0
    assert stage.say("resume", RUN, env=user).code == 5
    found = stage.say("findings", RUN, "--json").json["findings"]
    assert [one["diagnosis"] for one in found if one["kind"] == "stall"] == ["stall"]


EACH = "{id: s%d, agent: Write done.txt., writes: [done.txt], checks: [{run: '%s', expect: fail_to_pass}]%s}"


def test_a_forecast_pauses_the_run_where_that_is_wanted_and_says_how_to_go_on(stage: Stage) -> None:
    """Before the limit is reached, with the steps that show it; with a higher limit the run ends well (M95)."""
    needs = ["", *(f", needs: [s{number}]" for number in range(1, 6))]
    each = (EACH % (number, f"test $(wc -l < done.txt) = {number}", more) for number, more in enumerate(needs, 1))
    (stage.folder / "play.yaml").write_text(f"- calls:\n{run_tool('echo yes >> done.txt')}{FINISH}", "utf-8")
    (stage.folder / "surefoot.toml").write_text('[monitors]\nforecast = "fail"\n', "utf-8")
    user = {"SUREFOOT_CONFIG": str(stage.folder / "surefoot.toml")}
    model = ("--model", f"scripted:{stage.folder / 'play.yaml'}")
    plan = stage.plan(f"goal: g\nsteps: [{', '.join(each)}]")
    paused = stage.say("run", plan, "--run-id", RUN, *model, "--requests", "5", env=user)
    assert (paused.code, f"surefoot resume {RUN} --requests 10" in paused.out) == (6, True)
    [found] = [one for one in stage.say("findings", RUN, "--json").json["findings"] if one["kind"] == "forecast"]
    assert (found["severity"], found["diagnosis"], len(found["evidence"])) == ("warning", "budget", 3)
    assert stage.say("resume", RUN, "--requests", "10", env=user).code == 0
