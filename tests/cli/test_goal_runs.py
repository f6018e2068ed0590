"""What there is to see and to say of a goal in words: its plan, its talks, its cost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from surefoot.api.home import Home
from surefoot.cli.app import app
from surefoot.cli.goals import is_planned, keep_plan
from surefoot.cli.wrap import plain
from surefoot.errors import NotAwaitingAnswer, PlanInvalid, UsageError
from tests.playing import RUN, begin

QUESTION = f"{RUN}.1"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make three homes: with a run that has ended, one that shows its plan, and one that has paused for it."""
    folder = tmp_path_factory.mktemp("goals")
    for name, options in {"ended": {"yes": True}, "asking": {}, "planned": {"plan_only": True}}.items():
        with Home(folder / name) as home:
            begin(home, folder / f"{name}-repo", **options)
    return folder


@pytest.fixture
def run(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return what says a command to a copy of one of these homes."""

    def say(name: str, *words: str) -> None:
        home = tmp_path / name
        if not home.exists():
            shutil.copytree(made / name, home, symlinks=True)
        monkeypatch.setenv("SUREFOOT_HOME", str(home))
        app(list(words), standalone_mode=False)

    return say


def said(run: Any, capsys: pytest.CaptureFixture[str], name: str, *words: str) -> str:
    """Return what a command prints."""
    run(name, *words)
    return capsys.readouterr().out


def plan_file(run: Any, capsys: pytest.CaptureFixture[str], folder: Path, old: str, new: str) -> str:
    """Write the plan that is shown, changed, and return where."""
    path = folder / "changed.yaml"
    path.write_text(said(run, capsys, "asking", "show", RUN, "--plan").replace(old, new))
    return str(path)


@pytest.mark.parametrize(
    "words",
    [
        "  agent:\n    | Make add add.\n",
        "Claims, which prove nothing\n  add adds now (90% sure)\n  says: the test passes, on 2.2\n",
        "  uncertain: negative numbers\n",
        f"  attempt 1: 3 requests, 3300 tokens, $0.013; in full: surefoot show {RUN} fix --turns\n",
        "    2.1  edit calc.py (1 replacement)\n    2.2  run python3 test_calc.py, exit status 0\n",
    ],
)
def test_a_step_of_an_agent_shows_what_was_claimed_and_done(
    words: str, run: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """The claim apart from the proof, and each call in a line."""
    assert words in said(run, capsys, "ended", "show", RUN, "fix")


@pytest.mark.parametrize("words", ['          "old": "a - b",', "    +    return a + b", "Turn 3: m, 1100 tokens"])
def test_a_conversation_can_be_read_whole(words: str, run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Arguments and results as they were."""
    assert words in said(run, capsys, "ended", "show", RUN, "fix", "--turns")


def test_a_reply_is_kept_as_the_provider_wrote_it(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON object a line."""
    rows = [json.loads(line) for line in said(run, capsys, "ended", "show", RUN, "fix", "--raw").splitlines()]
    assert [(row["turn"], row["reply"]) for row in rows] == [(turn, {"kept": True}) for turn in (1, 2, 3)]


def test_programs_get_a_conversation_as_data(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Replies and results in order."""
    document = json.loads(said(run, capsys, "ended", "show", RUN, "fix", "--turns", "--json"))
    kinds = [row["kind"] for row in document["turns"]]
    assert kinds == ["model_responded", "tool_call_finished"] + ["model_responded"] + ["tool_call_finished"] * 2 + [
        "model_responded",
        "tool_call_finished",
    ]


@pytest.mark.parametrize("name", ["understand", "(understand)"])
def test_what_is_done_for_the_run_as_a_whole_is_shown_too(
    name: str, run: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its phase, with or without the parentheses."""
    assert "    2.1  understood add subtracts\n" in said(run, capsys, "ended", "show", RUN, name)


def test_the_plan_of_a_model_is_printed_as_a_plan_file(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """So that it can be kept."""
    assert "    agent: Make add add.\n" in said(run, capsys, "ended", "show", RUN, "--plan")


def test_the_cost_adds_up(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Six requests at 3 and 15 dollars a million tokens."""
    total = json.loads(said(run, capsys, "ended", "cost", RUN, "--json"))["total"]
    assert (total["requests"], total["cost_usd"]) == (6, pytest.approx(6 * (1000 * 3 + 100 * 15) / 1e6))


def test_the_report_tells_the_claim_beside_the_proof(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """And what it took."""
    text = said(run, capsys, "ended", "report", RUN)
    assert "    its agent claims: add adds now (90% sure); not sure: negative numbers\n" in text
    assert "$0.027, 6,600 tokens in 6 requests" in text


def test_the_phase_is_told(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a run that is under way."""
    assert "\nPhase 2 of 4: plan\n" in said(run, capsys, "asking", "status", RUN)


def test_the_inbox_says_how_a_plan_is_decided_on(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Approved, rejected with a reason, or edited."""
    text = said(run, capsys, "asking", "inbox", QUESTION)
    ways = (f"approve {QUESTION}", f"reject {QUESTION} --reason TEXT   (another plan is made)", f"edit {QUESTION}")
    assert [way for way in ways if f"surefoot {way}\n" not in text] == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Make add add\n", "Make sub sub\n", "the goal is another one; 'Make add add' was expected"),
        ("agent:", "agnt:", "did you mean `agent`"),
        ("steps:", "files: [x.py]\nsteps:", "`files` lie beside a plan file"),
    ],
    ids=["goal", "key", "files"],
)
def test_a_plan_that_cannot_take_its_place_is_refused(
    old: str, new: str, words: str, run: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """With the reason; the question stays open."""
    path = plan_file(run, capsys, tmp_path, old, new)
    with pytest.raises(PlanInvalid, match=words):
        run("asking", "edit", QUESTION, "--file", path)


def test_the_plan_that_is_shown_is_no_edit(run: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """It would be approved as edited, though nobody changed it."""
    path = plan_file(run, capsys, tmp_path, "", "")
    with pytest.raises(UsageError, match="approve it as it is"):
        run("asking", "edit", QUESTION, "--file", path)


@pytest.mark.parametrize("word", ["edit", "take_over"])
def test_a_word_is_no_plan(word: str, run: Any) -> None:
    """Who wants another plan has to give it, and nobody works on a plan in a lane."""
    with pytest.raises(NotAwaitingAnswer):
        run("asking", "answer", QUESTION, word)


def test_an_edited_plan_is_shown_as_a_difference_and_sent(
    run: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """It takes the place of the one that was shown."""
    path = plan_file(run, capsys, tmp_path, "agent: Make add add.", "agent: Make add add, please.")
    text = said(run, capsys, "asking", "edit", QUESTION, "--file", path)
    assert "  +    agent: Make add add, please.\n" in text
    assert f"Question {QUESTION} ((plan)) is answered: 'edit' by " in text


def test_a_run_that_has_paused_for_its_plan_leaves_a_file(made: Path, tmp_path: Path) -> None:
    """With both ways to go on."""
    with Home(made / "planned") as home:
        state = home.state(home.find(RUN))
        text = plain(keep_plan(home, state, tmp_path / "plan.yaml"))
        assert is_planned(state)
    assert (tmp_path / "plan.yaml").read_text().count("agent: Make add add.") == 1
    assert (f"surefoot resume {RUN} --yes" in text, f"surefoot run {tmp_path / 'plan.yaml'}" in text) == (True, True)


def test_a_plan_that_cannot_be_written_is_an_error_with_a_way_out(made: Path, tmp_path: Path) -> None:
    """It can be printed all the same."""
    with Home(made / "planned") as home, pytest.raises(UsageError, match=f"surefoot show {RUN} --plan"):
        list(keep_plan(home, home.state(home.find(RUN)), tmp_path / "none" / "plan.yaml"))
