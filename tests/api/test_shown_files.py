"""The files that an `ask` step shows beside its question, in the API, the inbox and at the prompt alike."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from surefoot.api.engagement import Source, Watching, create_run, engage
from surefoot.api.home import Home
from surefoot.api.questions import OpenQuestion, inbox
from surefoot.api.shown_files import LINES_MAX
from surefoot.cli.dialogue import Asker
from surefoot.cli.inbox import group_lines
from surefoot.cli.progress import Progress
from surefoot.cli.screen import Screen
from surefoot.cli.wrap import plain
from surefoot.core.events import Event, QuestionAsked
from surefoot.core.ids import StepId
from surefoot.core.plan import AskBody, Plan, RunBody, Step
from surefoot.core.state import RunState

SECRET = "swordfish-77"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A home."""
    with Home(tmp_path / "home") as opened:
        yield opened


def asked(home: Home, folder: Path, *show: str, watching: Watching | None = None) -> OpenQuestion:
    """Return the question about files in a folder, asked after a step has added a line to NOTES.md."""
    (folder / "user").mkdir()
    (folder / "user" / "NOTES.md").write_text("first\n", "utf-8")
    (folder / "user" / "long.txt").write_text("line\n" * (LINES_MAX + 5), "utf-8")
    (folder / "user" / "odd.txt").write_text(f"\x1b[2Jhostile {SECRET}\n", "utf-8")
    edit = Step(id=StepId("edit"), body=RunBody(command="echo second >> NOTES.md"), writes=("NOTES.md",))
    look = Step(id=StepId("look"), body=AskBody(question="Right?", show=show), needs=("edit",))
    run = create_run(home, Plan(goal="g", steps=(edit, look)), Source(repository=folder / "user"))
    asyncio.run(engage(home, run, watching=watching))
    (question,) = inbox(home)
    return question


def test_a_file_that_the_run_changed_is_shown_as_a_difference(home: Home, tmp_path: Path) -> None:
    """So that a person sees what they say yes to."""
    (file,) = asked(home, tmp_path, "NOTES.md").files
    assert (file.path, file.is_diff, "\n first\n+second" in file.text) == ("NOTES.md", True, True)


def test_what_a_question_shows_is_bounded_masked_and_harmless_in_the_inbox(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stands in the files."""
    monkeypatch.setenv("DB_PASSWORD", SECRET)
    said = plain(group_lines([asked(home, tmp_path, "*.txt", "none.md")]))
    assert "long.txt (5 more lines)" in said
    assert "hostile ***" in said
    assert "\x1b" not in said
    assert "none.md (no file on the run's branch matches)" in said


def test_the_prompt_shows_the_file_beside_the_question(home: Home, tmp_path: Path) -> None:
    """As the inbox does."""
    asker, said = Asker(Progress(Screen(), began_at=0.0), home), list[str]()

    def observe(_: RunState, event: Event) -> None:
        said.extend([plain(asker._beside(event))] if isinstance(event, QuestionAsked) else [])

    watching = Watching(observer=observe, engaged=lambda engagement: setattr(asker, "engagement", engagement))
    asked(home, tmp_path, "NOTES.md", watching=watching)
    assert "changed in NOTES.md" in said[0]
    assert "+second" in said[0]
