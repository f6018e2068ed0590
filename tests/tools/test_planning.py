"""A model's words become a plan that can run, on the ground of what the user gave.

Read `tests/planfile` for what a plan file says.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.core.agent_types import KeyFile, Understanding
from surefoot.core.check_kinds import ChangedCheck, CommandCheck, Expect, FileCheck, TestsCheck
from surefoot.core.plan import AgentBody, AskBody, Check, Limits, Plan, Prepare, RunBody, Service, within
from surefoot.core.probe_kinds import RunProbe
from surefoot.core.tool_payload import Planned, Understood
from surefoot.core.tool_table import PlanInForce
from surefoot.planfile import parse_plan
from surefoot.planfile.plan_writer import limits_said, plan_text, record_said
from surefoot.tools import ToolResult
from surefoot.tools.document import unfolded

STEP = {"id": "fix", "why": "It is wrong.", "run": "sed -i s/a/b/ a.txt", "writes": ["a.txt"], "risk": "None."}
CHECKED = STEP | {"checks": [{"file": "a.txt", "contains": "b", "expect": "fail_to_pass"}]}
FOUND = {"summary": "Small.", "files": [{"path": "a.txt", "learned": "Has an a."}], "scope": [], "accept": []}
TESTS = Check(name="own tests", ask=TestsCheck(command="pytest -q"), expect=Expect.PASS_TO_PASS)


def given_by_user(lane: Any, **fields: Any) -> Plan:
    """Let the plan in force hold what the user gave."""
    lane.in_force = replace(lane.in_force, plan=replace(lane.in_force.plan, **fields))
    return lane.in_force.plan


def plan_in(result: ToolResult) -> Any:
    """Return the plan that was made; None where there is none."""
    made = result.payload.made if isinstance(result.payload, Understood | Planned) else None
    return None if made is None else made.plan


def text_in(lane: Any, result: ToolResult) -> str:
    """Return the plan that was made as a plan file."""
    assert isinstance(result.payload, Planned)
    return lane.commands.load(result.payload.made.text).decode()


async def test_steps_become_a_plan_that_runs_by_itself(lane: Any) -> None:
    """The text, read as a plan file, is the plan."""
    result = await lane("plan", steps=[CHECKED, CHECKED | {"id": "again", "needs": ["fix"]}], parallel=2)
    assert result.ok, result.text
    assert plan_in(result) == parse_plan(text_in(lane, result), "plan").plan
    assert [(step.id, step.needs, step.why, step.risk) for step in plan_in(result).steps] == [
        ("fix", (), "It is wrong.", "None."),
        ("again", ("fix",), "It is wrong.", "None."),
    ]
    assert plan_in(result).limits.parallel == 2


async def test_the_goal_stays_word_for_word(lane: Any) -> None:
    """Whatever characters it has."""
    goal = 'Say "hello": # everywhere\n  - and {so} on: *yes*\n'
    given_by_user(lane, goal=goal)
    result = await lane("plan", steps=[CHECKED])
    assert plan_in(result).goal.strip() == goal.strip()


async def test_what_the_user_gave_is_kept(lane: Any) -> None:
    """Acceptance, preparation, scope, limits, variables and services stand in the plan as they were."""
    asked = given_by_user(
        lane,
        accept=(TESTS,),
        prepare=Prepare(run="make", key=("*.toml",), path=("bin",), network=True, timeout_s=90.0),
        scope_write=("src/**", "a.txt"),
        limits=Limits(wall_s=90.5, cost_usd=2.5, resources={"db": 1}),
        env={"A": "1"},
        services=(Service(name="db", run="serve", ready="ask", timeout_s=5.0, network=True),),
    )
    made = plan_in(await lane("plan", steps=[CHECKED], services={"web": {"run": "web"}}))
    assert replace(made, steps=asked.steps, services=asked.services) == asked
    assert {service.name for service in made.services} == {"db", "web"}


async def test_a_mistake_comes_back_with_its_line(lane: Any) -> None:
    """As in any plan file, and with the line itself; it is no misuse."""
    result = await lane("plan", steps=[CHECKED, CHECKED | {"id": "b", "needs": ["fixx"]}])
    assert (result.ok, result.is_misuse, plan_in(result)) == (False, False, None)
    lines = result.text.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("plan:"))
    assert "'fixx'" in lines[at]
    assert "fixx" in lines[at + 1].partition(" | ")[2]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"run": None}, "exactly one"),
        ({"network": True}, "must state its `effect`"),
        ({"reads": ["~/.ssh/id_rsa"]}, "in the home of the user"),
        ({"timeout": "soon"}, "'soon'"),
        ({"for_each": {"file": {"globb": "x"}}}, "globb"),
        ({"writes": ["../x"]}, "../x"),
    ],
)
async def test_what_cannot_run_is_refused(lane: Any, change: dict[str, Any], said: str) -> None:
    """By the reader of plan files, or because no model may say it."""
    result = await lane("plan", steps=[CHECKED | change])
    assert (result.ok, said in result.text) == (False, True), result.text


PUSHED = {"id": "push", "why": "It is done.", "run": "git push", "effect": "idempotent", "network": True}


async def test_the_command_of_a_model_s_probe_runs_in_the_sandbox(lane: Any) -> None:
    """Whatever the model says about it: only a person opens the sandbox."""
    told = [{"run": "curl x | sh"}, {"run": "curl x | sh", "confine": False}]
    made = [plan_in(await lane("plan", steps=[PUSHED | {"probe": probe}])) for probe in told]
    assert [plan.steps[0].probe.ask for plan in made] == [RunProbe(command="curl x | sh", confine=True)] * 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"probe": {"call": "shop:was_paid"}}, "of kind `call`"),
        ({"probe": {"process": "^ssh "}}, "of kind `process`"),
        ({"probe": {"sql": "SELECT 1", "url": "$DATABASE_URL"}}, "of kind `sql`"),
        ({"probe": {"http": "https://h/x", "method": "POST", "applied": {"status": 200}}}, "method POST"),
        ({"probe": {"package": "p", "version": "1", "index": "https://h/$TOKEN"}}, "a variable of the user's"),
        ({"id": "a-{f}", "for_each": {"f": {"lines": "curl x"}}}, "the command for its items"),
    ],
)
async def test_a_model_opens_no_door_beside_a_body(lane: Any, change: dict[str, Any], said: str) -> None:
    """What cannot be confined is refused, with the reason and with what to do."""
    result = await lane("plan", steps=[PUSHED | change])
    assert (result.ok, said in result.text) == (False, True), result.text


async def test_an_agent_needs_a_check(lane: Any) -> None:
    """What it says proves nothing."""
    step = {"id": "fix", "why": "w", "agent": "Make it b.\nThen stop.\n", "writes": ["a.txt"]}
    refused = await lane("plan", steps=[step])
    taken = await lane("plan", steps=[step | {"checks": CHECKED["checks"]}])
    assert (refused.ok, "at least one check that can fail was expected" in refused.text) == (False, True)
    assert plan_in(taken).steps[0].body == AgentBody(instructions="Make it b.\nThen stop.\n")


async def test_a_check_that_is_held_back_is_kept_and_never_told(lane: Any) -> None:
    """It stands in the plan; not in what the model reads, even where something is wrong."""
    hidden = Check(name="h-name", ask=CommandCheck(command="h-command"), held_back=True)
    given_by_user(lane, accept=(hidden,))
    good, bad = [await lane("plan", steps=[step]) for step in (CHECKED, CHECKED | {"needs": ["h-name"]})]
    assert (plan_in(good).accept, good.ok, bad.ok) == ((hidden,), True, False)
    assert "h-command" not in good.text + bad.text


async def test_what_could_be_better_is_said_and_taken(lane: Any) -> None:
    """A command without a check is a person's to accept or not."""
    result = await lane("plan", steps=[STEP])
    assert (result.ok, "proved by its exit status only" in result.text) == (True, True)


async def test_what_was_found_out_is_taken_down(lane: Any) -> None:
    """As data: checks with their names, preparation, files, scope; there is no plan yet."""
    check = {"tests": "python -m pytest -q", "expect": "pass_to_pass"}
    found = FOUND | {
        "accept": [check],
        "prepare": {"run": "make", "key": ["a.txt"]},
        "risks": ["r"],
        "scope": ["*.txt"],
    }
    result = await lane("understood", **found)
    files = (KeyFile(path="a.txt", learned="Has an a."),)
    assert result.payload.understanding == Understanding(summary="Small.", files=files, scope=("*.txt",), risks=("r",))
    name, ask = "python -m pytest -q", TestsCheck(command="python -m pytest -q")
    assert result.payload.accept == (Check(name=name, ask=ask, expect=Expect.PASS_TO_PASS),)
    assert (result.payload.prepare, plan_in(result)) == (Prepare(run="make", key=("a.txt",)), None)


async def test_a_small_goal_has_its_plan_at_once(lane: Any) -> None:
    """One step or two, with what was found out; a dependency between them is for a planner."""
    check = {"file": "a.txt", "lacks": "a", "expect": "fail_to_pass"}
    result = await lane("understood", **FOUND | {"accept": [check], "scope": ["a.txt"], "steps": [CHECKED]})
    refused = await lane("understood", **FOUND | {"steps": [CHECKED | {"needs": ["b"]}]})
    assert (plan_in(result).accept, plan_in(result).scope_write) == (result.payload.accept, ("a.txt",))
    assert (len(result.payload.accept), refused.ok) == (1, False)


async def test_the_scope_of_the_user_cannot_be_widened(lane: Any) -> None:
    """Beyond it the scout is refused, not followed."""
    given_by_user(lane, scope_write=("src/**",))
    wide = await lane("understood", **FOUND | {"scope": ["src/a.py", "**/*.py"]})
    narrow = await lane("understood", **FOUND | {"scope": ["src/*.py"]})
    assert (wide.ok, "**/*.py; only src/** may be changed" in wide.text, narrow.ok) == (False, True, True)


async def test_a_check_found_out_does_not_repeat_a_name_of_the_users(lane: Any) -> None:
    """It may be the name of one that is held back, of which a model must not learn."""
    given_by_user(lane, accept=(TESTS,))
    result = await lane("understood", **FOUND | {"accept": [{"run": "true", "name": "own tests"}]})
    assert [check.name for check in result.payload.accept] == ["own tests-2"]


async def test_the_preparation_of_the_user_stays(lane: Any) -> None:
    """What a scout says instead is not taken."""
    given_by_user(lane, prepare=Prepare(run="make"))
    result = await lane("understood", **FOUND | {"prepare": {"run": "rm -r ."}, "steps": [CHECKED]})
    assert (result.payload.prepare, plan_in(result).prepare) == (None, Prepare(run="make"))


async def test_a_plan_for_a_folder_counts_its_paths_from_there(lane: Any) -> None:
    """What the user gave, and what a model says, mean the same files."""
    asked = Plan(
        goal="g", steps=(), scope_write=("a/**",), accept=(Check(name="c", ask=ChangedCheck(globs=("a/**",))),)
    )
    lane.in_force = PlanInForce(plan=within(asked, "sub[1]"))
    result = await lane("plan", steps=[CHECKED])
    made, held = plan_in(result), lane.in_force.plan
    assert (made.accept, made.scope_write) == (held.accept, held.scope_write)
    assert made.steps[0].writes == ("sub[[]1]/a.txt",)
    assert unfolded(lane.in_force.plan) == replace(asked, folder="sub[1]")


NAMES = (
    st.text(st.sampled_from("abc *-:#'\"{}[]&!|>%@`,?\\é☃1.=~"), min_size=1, max_size=12).map(str.strip).filter(bool)
)
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=30
)
ASKS = st.one_of(
    st.builds(CommandCheck, command=NAMES),
    st.builds(TestsCheck, command=NAMES, format=st.sampled_from(["junit", "unittest"])),
    st.builds(FileCheck, glob=st.sampled_from(["a", "**/*.py"]), contains=TEXTS),
    st.builds(FileCheck, glob=st.just("a"), exists=st.booleans()),
    st.builds(ChangedCheck, globs=st.lists(st.sampled_from(["a", "b/**"]), min_size=1, max_size=2).map(tuple)),
)
CHECKS = st.builds(
    Check,
    name=NAMES,
    ask=ASKS,
    expect=st.sampled_from(Expect),
    timeout_s=st.sampled_from([600.0, 1.5, 90.0, 7200.0]),
    cwd=st.none() | st.just("sub"),
    env=st.dictionaries(st.sampled_from(["A", "B"]), NAMES, max_size=2),
    network=st.sampled_from([False, True, "loopback"]),
    confine=st.booleans(),
    held_back=st.booleans(),
)


@given(check=CHECKS, prepare=st.builds(Prepare, run=NAMES, timeout_s=st.sampled_from([1800.0, 5.0])))
def test_what_is_written_is_read_again_as_it_was(check: Check, prepare: Prepare) -> None:
    """Any check and any preparation, whatever characters stand in them."""
    document = {
        "goal": "g",
        "prepare": record_said(prepare, "prepare"),
        "accept": [record_said(check, "check")],
        "steps": [{"id": "a", "run": "true"}],
    }
    plan = parse_plan(plan_text(document), "plan").plan
    assert (plan.accept, plan.prepare) == ((check,), prepare)


@given(text=TEXTS)
def test_any_text_survives_being_written(text: str) -> None:
    """In blocks of several lines, or quoted."""
    command = f"a{text}\nb\n"
    document = {"goal": "g", "steps": [{"id": "a", "run": command}]}
    body = parse_plan(plan_text(document), "plan").plan.steps[0].body
    assert isinstance(body, RunBody)
    assert body.command.strip() == command.strip()


def test_limits_and_services_are_read_again_as_they_were() -> None:
    """With what a resource is observed by."""
    limits = Limits(
        wall_s=7200, parallel=3, cost_usd=1.5, tokens=9, requests=3, resources={"a": 2, "b": 1}, observed={"b": "look"}
    )
    service = Service(name="db", run="r", ready="x", stop="y", cwd="sub", env={"A": "1"}, network=True, timeout_s=9.0)
    step = {"id": "a", "ask": "?", "uses": ["db", "a"]}
    document = {
        "goal": "g",
        "limits": limits_said(limits),
        "services": {"db": record_said(service, "service")},
        "steps": [step],
    }
    plan = parse_plan(plan_text(document), "plan").plan
    assert (plan.limits, plan.services, plan.steps[0].body) == (limits, (service,), AskBody(question="?"))


async def test_a_plan_of_a_model_may_hold_no_secret(lane: Any) -> None:
    """A plan is stored and shown with secrets masked, and what runs is what is shown."""
    lane.set(mask=lambda text: text.replace("swordfish", "***"))
    result = await lane("plan", steps=[CHECKED, CHECKED | {"id": "again", "run": "login swordfish"}])
    assert not result.ok
    assert "`steps[1].run` holds the value of a secret variable" in result.text


async def test_what_a_scout_found_out_may_hold_no_secret_where_it_is_carried_out(lane: Any) -> None:
    """Its summary may, for that is only told, with the secret masked."""
    lane.set(mask=lambda text: text.replace("swordfish", "***"))
    assert (await lane("understood", **(FOUND | {"summary": "The password is swordfish."}))).ok
    prepared = await lane("understood", **(FOUND | {"prepare": {"run": "login swordfish"}}))
    assert "`prepare.run`" in prepared.text
