"""Agent steps with a real model that can repair small faults: opt-in, by `make test-model`.

`SUREFOOT_SMALL_MODEL` names a GGUF file of an instruct model of a billion parameters or more. A test takes minutes.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from surefoot.api.engagement import Source, Watching, create_run, engage
from surefoot.api.home import Home
from surefoot.api.run_options import Options
from surefoot.core import events as ev
from surefoot.core.agent_types import ModelFacts, ModelRouting, RoleModels
from surefoot.core.check_kinds import CommandCheck, Expect
from surefoot.core.ids import StepId
from surefoot.core.plan import AgentBody, Check, Plan, RetryPolicy, Step
from surefoot.models.client import Providers
from surefoot.models.local import context_tokens_of
from tests.scripted_runs import repository

FILES = {
    "shapes.py": 'def area(width, height):\n    """Return the area of a rectangle."""\n    return width + height\n',
    "test_shapes.py": "from shapes import area\n\nassert area(3, 5) == 15, f'area(3, 5) is {area(3, 5)}, not 15'\n",
}
DO = "The function `area` in `shapes.py` has a fault. Repair it. Change nothing else."
TESTS = Check(name="tests", ask=CommandCheck(command="python3 test_shapes.py"), expect=Expect.FAIL_TO_PASS)
pytestmark = [pytest.mark.model, pytest.mark.timeout(1800)]


@pytest.fixture
def model() -> Path:
    """Return the file of the model."""
    path = Path(os.environ.get("SUREFOOT_SMALL_MODEL", ""))
    if not path.is_file():
        pytest.skip("set SUREFOOT_SMALL_MODEL to the GGUF file of a small instruct model")
    pytest.importorskip("xllamacpp", reason="the extra `local` is not installed")
    return path


def repaired(folder: Path, model: Path, *more: Check, turns: int = 6) -> tuple[Any, list[Any]]:
    """Let the model repair the function in one attempt; return the step as it stands, and the events."""
    body = AgentBody(instructions=DO, turns_max=turns)
    retry = RetryPolicy(maximum_attempts=1)
    step = Step(id=StepId("fix"), body=body, writes=("shapes.py",), checks=(TESTS, *more), retry=retry)
    facts = ModelFacts(
        name=f"local:{model}", context_tokens=context_tokens_of(model), output_tokens_max=512, native_tools=False
    )
    routing = ModelRouting(roles={"worker": RoleModels(chain=(facts,))}, unknown_price="tokens-only")
    options = Options(yes=True, routing=routing, asking=Providers({}, os.environ))
    events: list[Any] = []
    with Home(folder / "home") as home:
        source = Source(repository=repository(folder / "repo", FILES))
        state = create_run(home, Plan(goal=DO, steps=(step,)), source, options=options)
        watching = Watching(observer=lambda _, event: events.append(event))
        state = asyncio.run(engage(home, state, options, watching=watching))
    return state.nodes[StepId("fix")], events


def test_a_small_fault_is_repaired_on_the_first_road(tmp_path: Path, model: Path) -> None:
    """The whole file is asked for, the checks say that it is right, and nobody has to say `finish`."""
    node, events = repaired(tmp_path, model)
    focused = [event.is_focused for event in events if isinstance(event, ev.ModelRequested)]
    assert (node.status, node.proof) == ("verified", "fail_to_pass")
    assert all(focused)


def test_what_passes_the_visible_checks_alone_is_not_verified(tmp_path: Path, model: Path) -> None:
    """No word and no green check of a model outweighs a check that it was not told of."""
    ask = CommandCheck(command="false")
    node, _ = repaired(tmp_path, model, Check(name="other", ask=ask, expect=Expect.FAIL_TO_PASS, held_back=True))
    assert node.status == "failed"
