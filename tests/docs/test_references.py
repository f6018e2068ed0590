"""What can be said is documented: plan keys, commands, events, errors; and what the pages point to is there."""

from __future__ import annotations

import inspect
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from scripts import reference_tables

from surefoot import errors
from surefoot.cli.app import app
from surefoot.cli.exits import ExitCode
from surefoot.core import events as ev
from surefoot.core.plan_schema import TABLES
from surefoot.core.step_state import StepStatus
from surefoot.planfile import check_reader
from surefoot.sandbox import places

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_CODE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_NAMED_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_VARIABLE = re.compile(r"\bSUREFOOT_[A-Z_]+\b")
_BETWEEN_OURSELVES = {"SUREFOOT_CALL", "SUREFOOT_LFS_KEEP", "SUREFOOT_QUESTION"}
"""Set by Surefoot for children that are Surefoot's own code."""
_WAITED_FOR = dict.fromkeys(
    (ev.BodyStarted, ev.BodyFinished, ev.ToolCallStarted, ev.ToolCallFinished), "outside effects"
)

PLAN_TABLES = ("plan", "service", "limits", "step", "agent", "retry", "check", "probe")


def page(name: str) -> str:
    """Return the text of a page."""
    return (ROOT / name).read_text("utf-8")


def section(text: str, heading: str) -> str:
    """Return what stands below a heading, up to the next one."""
    return text.split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]


def first_words(text: str) -> list[str]:
    """Return what stands as code in the first column of tables."""
    return [word for line in text.splitlines() if line.startswith("| ") for word in _CODE.findall(line.split(" | ")[0])]


def first_sentence_of(kind: type) -> str:
    """Return the first paragraph of a docstring, on one line."""
    return " ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split())


def lines_below(heading: str) -> list[str]:
    """Return the rows of the table below a heading of the page on events and errors."""
    return [line for line in section(page("docs/internals/events.md"), heading).splitlines() if line.startswith("| `")]


@pytest.mark.parametrize("name", reference_tables.PAGES)
def test_the_tables_of_keys_are_those_of_the_schema(name: str) -> None:
    """`python scripts/reference_tables.py` has been run since the schema of plans was changed."""
    text = page(f"docs/{name}")
    assert reference_tables.page_with_tables(name, text) == text


def test_every_key_that_is_refused_for_now_is_named() -> None:
    """Who misses a key of a check learns that it is planned."""
    text = section(page("docs/reference/plan-file.md"), "## Checks")
    after_tables = " ".join(line for line in text.splitlines() if not line.startswith("|"))
    assert set(check_reader.LATER_KEYS) <= set(_CODE.findall(after_tables))


def test_what_defaults_may_hold_is_named() -> None:
    """The page lists exactly the keys that `defaults` takes."""
    text = section(page("docs/reference/plan-file.md"), "### `defaults`")
    assert set(_CODE.findall(text)) == set(TABLES["defaults"].names)


def test_one_example_holds_every_key_of_a_plan() -> None:
    """The plan file's page shows each key of a plan, a step, a check, a probe and a retry in one example."""
    text = section(page("docs/reference/plan-file.md"), "## All keys in one example")
    missing = [key for name in PLAN_TABLES for key in TABLES[name].names if not re.search(rf"\b{key}\b", text)]
    assert missing == []


def test_every_error_is_explained_in_its_own_words() -> None:
    """Code, class, and the first line of its docstring, in the order of the tree."""
    assert lines_below("## Errors") == [
        f"| `{kind.code}` | `{kind.__name__}` | {first_sentence_of(kind)} |" for kind in tree(errors.SurefootError)
    ]


def tree(root: type[errors.SurefootError]) -> Iterator[type[errors.SurefootError]]:
    """Yield an error class and all below it."""
    yield root
    for child in root.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from tree(child)


def test_every_command_has_its_section() -> None:
    """The command line's page has one section for each command, and no other."""
    text = page("docs/reference/command-line.md")
    found = re.findall(r"^## ([a-z-]+)$", text, re.MULTILINE)
    assert sorted(found) == sorted(typer.main.get_group(app).commands)


@pytest.mark.parametrize("name", typer.main.get_group(app).commands)
def test_every_option_of_a_command_is_explained(name: str) -> None:
    """It stands in the command's section, or in the introduction if most commands have it."""
    text = page("docs/reference/command-line.md")
    said = section(text, f"## {name}") + text.split("\n## ", 1)[0]
    options = [option for one in typer.main.get_group(app).commands[name].params for option in one.opts]
    assert [option for option in options if option.startswith("--") and option not in said] == []


def test_every_command_is_in_the_readme() -> None:
    """The README's table names each command."""
    table = section(page("README.md"), "## Commands")
    missing = [name for name in typer.main.get_group(app).commands if not re.search(rf"[` ]{name}[` ]", table)]
    assert missing == []


def test_every_exit_code_has_its_row() -> None:
    """The command line's page lists the codes in order."""
    table = section(page("docs/reference/command-line.md"), "## Exit codes")
    assert re.findall(r"^\| (\d) ", table, re.MULTILINE) == [str(int(code)) for code in ExitCode]


def test_every_state_of_a_step_is_explained() -> None:
    """The concepts page has a row for each state."""
    assert first_words(section(page("docs/concepts/steps.md"), "## Step")) == [str(status) for status in StepStatus]


def test_every_test_that_is_named_exists() -> None:
    """A promise is shown by a test that is there."""
    named = [match for one in PAGES for match in _NAMED_TEST.findall(one.read_text("utf-8"))]
    missing = [f"{path}::{name}" for path, name in named if f"def {name}(" not in page(path)]
    assert (bool(named), missing) == (True, [])


def test_every_extra_has_its_row() -> None:
    """Who installs Surefoot sees what can be added."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    rows = [line for line in page("docs/start/install.md").splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in _CODE.findall(row.split("|")[1])} == set(extras)


@pytest.mark.parametrize("one", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(one: Path) -> None:
    """Files and headings that a page points to are there."""
    links = [link for link in _LINK.findall(one.read_text("utf-8")) if "://" not in link]
    assert [link for link in links if not leads_somewhere(one, link)] == []


def leads_somewhere(one: Path, link: str) -> bool:
    """Tell whether a relative link is good."""
    path, _, anchor = link.partition("#")
    target = (one.parent / path).resolve() if path else one
    if not anchor:
        return target.exists()
    headings = re.findall(r"^#+ (.*)$", target.read_text("utf-8"), re.MULTILINE)
    return anchor in [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


@pytest.mark.parametrize("group", places.PLACES)
def test_every_secret_place_is_named_in_its_group(group: str) -> None:
    """Who misses a file in a lane finds it there, and who looks for what is hidden, too."""
    rows = section(page("docs/reference/secrets.md"), "## What commands cannot read").splitlines()
    (row,) = [row for row in rows if row.startswith(f"| {group} |")]
    assert _CODE.findall(row) == [f"~/{name}" for name in places.names_of(group)]


def test_every_variable_that_names_a_secret_place_is_explained() -> None:
    """It moves the place, and `env_from` opens it."""
    assert set(places.NAMED_BY) <= set(
        _CODE.findall(section(page("docs/reference/secrets.md"), "## What commands cannot read"))
    )


def test_every_variable_of_the_environment_is_explained() -> None:
    """What a person can set, or a command can read, stands on some page."""
    sources = [path.read_text("utf-8") for path in (ROOT / "src" / "surefoot").rglob("*.py")]
    known = {name for text in sources for name in _VARIABLE.findall(text)} - _BETWEEN_OURSELVES
    assert known <= {name for one in PAGES for name in _VARIABLE.findall(one.read_text("utf-8"))}


def test_every_module_of_a_journey_exists() -> None:
    """A journey names modules by their paths below the package; each of them is there."""
    named = re.findall(r"`([a-z_]+(?:/[a-z_]+)+)`", page("docs/internals/journeys.md"))
    missing = [name for name in named if name != "src/surefoot" and not (ROOT / f"src/surefoot/{name}.py").is_file()]
    assert (bool(named), missing) == (True, [])


@pytest.mark.parametrize(("name", "begin"), [("AGENTS.md", "The tree;"), ("docs/internals/index.md", "## Layers")])
def test_every_layer_is_on_the_map(name: str, begin: str) -> None:
    """Who looks for a package finds it in the tree, and on the page about layers."""
    tree = page(".importlinter").partition("layers =")[2].partition("exhaustive")[0]
    shown = page(name).partition(begin)[2].partition("```text")[2].partition("```")[0]
    assert set(re.findall(r"\w+", tree)) - {"__main__"} - set(re.findall(r"\w+", shown)) == set()


def test_the_readme_can_be_read_in_a_minute_or_two() -> None:
    """Details belong into the pages that the README links to."""
    assert len(page("README.md").splitlines()) <= 150


def test_the_map_names_every_page() -> None:
    """A page that the index does not name is found by nobody."""
    text = page("docs/index.md")
    pages = (path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md"))
    assert [str(path) for path in pages if path.name != "index.md" and f"]({path})" not in text] == []
