"""What a person answers, as it is kept."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from surefoot.api import answers as answer_api
from surefoot.api.engagement import Source, create_run, engage
from surefoot.api.home import Home
from surefoot.core.ids import StepId
from surefoot.core.plan import AskBody, Plan, Step

SECRET = "swordfish-77"


def test_what_a_person_answers_is_stored_with_secrets_masked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer goes into the journal, to reports and to models."""
    monkeypatch.setenv("DB_PASSWORD", SECRET)
    with Home(tmp_path / "home") as home:
        plan = Plan(goal="g", steps=(Step(id=StepId("a"), body=AskBody(question="Which host?")),))
        state = asyncio.run(engage(home, create_run(home, plan, Source())))
        question = state.open_questions[0].asked.question
        state = answer_api.answer(home, question, f"db with {SECRET}")
        given = state.questions[question].answered
    assert given is not None
    assert given.answer == "db with ***"
