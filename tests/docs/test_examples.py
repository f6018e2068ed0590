"""What the pages show works: plans load, those marked `# runs` run, programs run, commands exist as they are typed."""

from __future__ import annotations

import asyncio
import re
import runpy
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import typer

from surefoot import api
from surefoot.api.engagement import Source
from surefoot.cli.app import app
from surefoot.core.event_words import Outcome
from surefoot.core.plan import Plan
from surefoot.planfile import parse_plan
from surefoot.planfile.amendment_reader import read_amendment

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
RUNS = "# runs\n"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    place: str
    kind: str
    text: str

    def __str__(self) -> str:
        """Return `FILE:LINE`, for the test's name."""
        return self.place


def blocks(page: Path) -> Iterator[Block]:
    """Yield a page's blocks."""
    text = page.read_text("utf-8")
    for match in _BLOCK.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        yield Block(f"{page.relative_to(ROOT)}:{line}", match[1], match[2])


BLOCKS = [block for page in PAGES for block in blocks(page)]
AMENDMENTS = [block for block in BLOCKS if block.kind == "yaml" and "\namend:\n" in block.text]
PLANS = [block for block in BLOCKS if block.kind == "yaml" and block not in AMENDMENTS]
PROGRAMS = [block for block in BLOCKS if block.kind == "python"]
RUNNING = [block for block in PLANS if block.text.startswith(RUNS)]
TYPED = sorted(
    {line[2:] for block in BLOCKS if block.kind == "console" for line in block.text.splitlines() if line[:2] == "$ "}
)
GIT = ("git", "-c", "user.name=Una", "-c", "user.email=una@example.org")
_PASSING = re.compile(r"\s*\b\d+\.\d s|\b[0-9a-f]{7}\b| of /.*|: (?:…|'SPDX.* not found.*)$|^…$|^Sandbox.*")
"""What differs from run to run, and what the page cuts."""
COMMANDS = typer.main.get_group(app)


@pytest.mark.parametrize("block", PLANS, ids=str)
def test_every_plan_loads(block: Block) -> None:
    """No key, value or need in a plan that is shown is refused."""
    assert parse_plan(block.text, block.place).plan.steps


@pytest.mark.parametrize("block", AMENDMENTS, ids=str)
def test_every_amendment_can_be_read(block: Block) -> None:
    """No key or value in an amendment that is shown is refused."""
    assert read_amendment(block.text, block.place, Plan(goal="g", steps=())).operations


@pytest.mark.parametrize("block", RUNNING, ids=str)
def test_a_plan_that_is_said_to_run_completes(block: Block, repository: Path) -> None:
    """The plan reaches its goal, and what it verified can be landed."""
    plan = parse_plan(block.text, block.place).plan
    before = (repository / "greet.py").read_bytes()
    with api.Home() as home:
        run = api.create_run(home, plan, Source(repository=repository)).created.run
        state = asyncio.run(api.engage(home, run))
        assert state.outcome is Outcome.COMPLETED, api.report(home, run)
        api.land_run(home, run)
    assert (repository / "greet.py").read_bytes() != before


def test_a_run_can_be_drawn(repository: Path, tmp_path: Path) -> None:
    """The script that drew the README's picture draws any run, from its journal alone."""
    plan = parse_plan(RUNNING[0].text, RUNNING[0].place).plan
    with api.Home() as home:
        run = api.create_run(home, plan, Source(repository=repository)).created.run
        asyncio.run(api.engage(home, run))
    main = runpy.run_path(str(ROOT / "scripts" / "picture.py"))["main"]
    assert main([str(tmp_path / "home"), run, str(tmp_path / "run.svg")]) == 0
    assert "greet.py" in "".join(ET.parse(tmp_path / "run.svg").getroot().itertext())  # noqa: S314


@pytest.mark.parametrize(("words", "number"), [(["check"], 1), (["run", "--run-id", "20260101-first1"], 2)])
def test_the_first_run_prints_what_its_page_shows(
    words: list[str], number: int, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Line by line, but for times, commits and what the page leaves out."""
    first = [block for block in BLOCKS if block.place.startswith("docs/start/first-run.md:")]
    shown = [block.text for block in first if block.kind == "text"]
    (plan,) = (block.text for block in first if block.text.startswith(RUNS))
    (repository / "sub" / "done.py").rename("main.py")
    (repository / "main.py").write_text("import greet\n", "utf-8")
    subprocess.run(["git", "add", "-A"], cwd=repository, check=True)
    subprocess.run([*GIT, "commit", "-qm", "Main"], cwd=repository, check=True)
    Path("licence.yaml").write_text(plan, "utf-8")
    app([*words, "licence.yaml"], standalone_mode=False)
    printed, lines = _plain(capsys.readouterr().out), _plain(shown[number])
    assert [line for line in lines if line not in printed] == []
    assert "\n…\n" in shown[number] or printed == lines


def _plain(text: str) -> list[str]:
    """Return the lines of an output without times, commits and places; a line that is cut ends where it is cut."""
    return [_PASSING.sub("#", line) for line in text.splitlines()]


@pytest.mark.parametrize("block", PROGRAMS, ids=str)
def test_every_program_runs(block: Block, repository: Path, tmp_path: Path) -> None:
    """A program that is shown runs to its end, with whatever it asserts."""
    assert (repository / "names.txt").is_file()
    program = tmp_path / "program.py"
    program.write_text(block.text, "utf-8")
    runpy.run_path(str(program), run_name="__main__")


@pytest.mark.parametrize("line", TYPED)
def test_every_command_can_be_typed_as_shown(line: str) -> None:
    """The command exists, has each option, and takes as many arguments."""
    program, name, *words = shlex.split(line, comments=True)
    assert (program, name in COMMANDS.commands) == ("surefoot", True)
    command = COMMANDS.commands[name]
    command.make_context(name, words, parent=COMMANDS.make_context("surefoot", [], resilient_parsing=True))


def test_there_is_something_to_try() -> None:
    """The pages hold plans, programs and commands: an empty list would prove nothing."""
    assert all([RUNNING, PROGRAMS, len(PLANS) > len(RUNNING), TYPED])
