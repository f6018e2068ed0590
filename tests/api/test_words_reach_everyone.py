"""What a person says once is read by planner, workers and reviewer alike: in the next brief of each."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from surefoot import ScriptedReply, ScriptedRequest, api
from surefoot.api.engagement import Source
from surefoot.core.agent_types import GoalOptions, ModelFacts, ModelRouting, Role, RoleModels
from surefoot.core.event_words import QuestionKind
from surefoot.core.ids import RunId
from surefoot.core.plan import Plan
from surefoot.models.scripted import scripted
from tests.scripted_runs import DONE, FIX, TESTS, repository

RUN = RunId("20260101-aaaaaa")
REFUSED, CORRECTED, TOLD = "Nothing leaves this machine", "Python 3.8 stays supported", "Mind the docs"
SUMS = {"name": "sums", "run": TESTS, "expect": "fail_to_pass"}
KNOWN = {
    "summary": "add subtracts",
    "files": [{"path": "calc.py", "learned": "it subtracts"}],
    "scope": ["calc.py", "docs/*"],
    "accept": [SUMS],
}
STEPS = [
    {"id": "fix", "why": "w", "agent": "Make add add.", "writes": ["calc.py"], "checks": [SUMS]},
    {
        "id": "note",
        "why": "w",
        "needs": ["fix"],
        "agent": "Note it.",
        "writes": ["docs/*"],
        "checks": [{"name": "noted", "file": "docs/new.md", "exists": True, "expect": "fail_to_pass"}],
    },
]
PUSH = ("run", {"command": "git push https://example.org/x HEAD"})
NOTE = ("edit", {"create": [{"path": "docs/new.md", "content": "It adds.\n"}]})


class Cast:
    """All roles, and what each was asked."""

    def __init__(self) -> None:
        """Begin with nothing asked."""
        self.heard: dict[str, list[str]] = defaultdict(list)

    def play(self, request: ScriptedRequest) -> ScriptedReply:
        """Answer in the role that is asked, and write down what it was told."""
        self.heard[request.step].append("\n".join(message.text for message in request.messages))
        turns: dict[str, list[list[Any]]] = {
            "scout": [[("understood", KNOWN)]],
            "planner": [[("plan", {"steps": STEPS})]],
            "replanner": [[("amend", {"why": "The plan stays."})]],
            "reviewer": [[("finish", {"summary": "looked at", "objections": [], "confidence": 0.8})]],
            "worker": [[PUSH], [FIX], [DONE]] if request.step == "fix" else [[NOTE], [DONE]],
        }
        own = turns[request.role]
        return ScriptedReply(calls=own[min(request.turn, len(own)) - 1])


def carried_out(folder: Path) -> Cast:
    """Carry out a goal; a person refuses what its first agent wants, corrects it, and says something to the run."""
    cast = Cast()
    models = {role.value: RoleModels(chain=(ModelFacts(name="scripted:play"),)) for role in Role}
    routing = ModelRouting(roles=models, unknown_price="tokens-only", with_reviewer=True)
    options = api.Options(by="una", routing=routing, asking=scripted(cast.play))
    source = Source(repository=repository(folder / "repo"), goal_options=GoalOptions())
    with api.Home(folder / "home") as home:
        api.create_run(home, Plan(goal="Make add add", steps=()), source, run_id=RUN, options=options)
        while open_questions := asyncio.run(api.engage(home, RUN, options)).open_questions:
            for found in open_questions:
                if found.asked.call and found.asked.about is QuestionKind.CONFIRM:
                    api.reject(home, found.asked.question, REFUSED)
                    api.keep(home, RUN, CORRECTED)
                    api.tell(home, RUN, TOLD)
                else:
                    api.answer(home, found.asked.question, "yes")
        assert home.state(RUN).outcome == "completed", home.state(RUN).outcome_reason
    return cast


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Cast:
    """Carry the goal out once."""
    return carried_out(tmp_path_factory.mktemp("goal"))


@pytest.mark.parametrize("words", [REFUSED, CORRECTED, TOLD], ids=["refused", "corrected", "told"])
@pytest.mark.parametrize("who", ["(replan)", "note", "(review)"], ids=["planner", "worker", "reviewer"])
def test_the_next_brief_of_each_holds_it_word_for_word(cast: Cast, who: str, words: str) -> None:
    """The reason of a refusal, a correction that holds, and a message to the run (M121, M123)."""
    assert words in cast.heard[who][0]


@pytest.mark.parametrize("words", [REFUSED, CORRECTED, TOLD], ids=["refused", "corrected", "told"])
def test_the_agent_at_work_reads_it_too(cast: Cast, words: str) -> None:
    """With the request that follows, and not before."""
    assert [words in text for text in cast.heard["fix"][:2]] == [False, True]
