"""A message that comes while the call that ends an agent's work is carried out, in a run of a real engine."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from surefoot.api.engagement import Engagement, Source, Watching, create_run, engage
from surefoot.api.home import Home
from surefoot.api.run_options import Options
from surefoot.core.agent_types import ModelFacts, ModelRouting, Role, RoleModels
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.events import Event, ToolCallStarted
from surefoot.core.ids import StepId
from surefoot.core.plan import AgentBody, Check, Plan, Step
from surefoot.core.report import report_of
from surefoot.core.state import RunState
from surefoot.models.scripted import scripted
from surefoot.models.scripts import ScriptedRequest
from tests.scripted_runs import DONE, FIX, TESTS, repository

RED = Check(name="sums", ask=CommandCheck(command=TESTS), expect=Expect.FAIL_TO_PASS)


def told_amid_end(folder: Path, turns: int, requests: list[ScriptedRequest]) -> RunState:
    """Carry out a step of so many turns whose agent fixes and ends; once its end has begun, a person says something."""
    with Home(folder / "home") as home:
        engagements: list[Engagement] = []

        def play(request: ScriptedRequest) -> list[object]:
            requests.append(request)
            return [FIX, DONE] if len(requests) == 1 else [DONE]

        def observe(_: RunState, event: Event) -> None:
            if isinstance(event, ToolCallStarted) and event.call == "1.2":
                engagements[0].say(home, "Mind the docs.", step=StepId("fix"))

        model = RoleModels(chain=(ModelFacts(name="scripted:play"),))
        routing = ModelRouting(roles={role.value: model for role in Role}, unknown_price="tokens-only")
        body = AgentBody(instructions="Make add add.", turns_max=turns)
        plan = Plan(goal="g", steps=(Step(id=StepId("fix"), body=body, writes=("calc.py",), checks=(RED,)),))
        options = Options(yes=True, routing=routing, asking=scripted(play))
        state = create_run(home, plan, Source(repository=repository(folder / "repo")), options=options)
        watching = Watching(observer=observe, engaged=engagements.append)
        return asyncio.run(engage(home, state, options, watching=watching))


@pytest.mark.parametrize(("turns", "given", "asked"), [(9, {"fix": 2}, 2), (1, {}, 1)])
def test_the_agent_reads_it_before_its_end_holds(tmp_path: Path, turns: int, given: dict[str, int], asked: int) -> None:
    """If it has a turn left; else its end holds, and the report says that nobody has read it."""
    requests: list[ScriptedRequest] = []
    state = told_amid_end(tmp_path, turns, requests)
    assert state.outcome == "completed"
    assert report_of(state)["messages"][0]["given"] == given
    assert (len(requests), "Mind the docs." in requests[-1].messages[-1].text) == (asked, turns == 9)
