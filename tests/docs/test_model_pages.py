"""What the pages show of settings and scripts is read as it stands, and every key has its row."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from surefoot.core.agent_programs import AGENT_PROGRAMS
from surefoot.core.agent_types import Fault
from surefoot.drills.drill_file import drill_of, shipped_drills
from surefoot.models import names, script_files
from surefoot.models.names import KEYS
from surefoot.settings import CHAINS, load_settings
from surefoot.settings.setting_table import SECTIONS
from tests.docs.test_examples import BLOCKS, Block
from tests.docs.test_references import page, section

DRILLS = [block for block in BLOCKS if block.kind == "yml" and block.text.startswith("about:")]
SCRIPTS = [block for block in BLOCKS if block.kind == "yml" and block not in DRILLS]
SETTINGS = [block for block in BLOCKS if block.kind == "toml"]


@pytest.mark.parametrize("block", SCRIPTS, ids=str)
def test_every_script_that_is_shown_can_be_played(block: Block, tmp_path: Path) -> None:
    """No key or value in it is refused."""
    (tmp_path / "play.yaml").write_text(block.text, "utf-8")
    assert script_files.script_of(f"scripted:{tmp_path}/play.yaml")


@pytest.mark.parametrize("block", DRILLS, ids=str)
def test_every_drill_that_is_shown_is_read(block: Block) -> None:
    """With a plan and replies."""
    drill = drill_of("shown", block.text, block.place)
    assert drill.plan
    assert drill.replies


@pytest.mark.parametrize("block", SETTINGS, ids=str)
def test_all_settings_that_are_shown_are_read(block: Block, tmp_path: Path) -> None:
    """As a user's own file."""
    (tmp_path / "own.toml").write_text(block.text, "utf-8")
    assert load_settings(None, {"SUREFOOT_CONFIG": str(tmp_path / "own.toml")})


def test_every_key_of_the_settings_is_shown() -> None:
    """The example on the page of models shows every key of models, providers and prices."""
    text = next(block.text for block in SETTINGS if block.place.startswith("docs/reference/models.md"))
    tables = text.replace("[providers.", "[").split("\n[")
    shown = {re.split(r"[\s=]", line)[0] for table in tables for line in table.splitlines() if " = " in line}
    roles = set(CHAINS) - {"default", "worker"}
    assert shown | roles == {key for name in ("models", "providers", "prices") for key in SECTIONS[name].names}


def test_every_fault_has_its_row() -> None:
    """Nobody meets one that is not explained."""
    text = section(page("docs/reference/models.md"), "## When a model gives nothing")
    rows = " ".join(line.split(" | ")[0] for line in text.splitlines() if line.startswith("| "))
    assert {fault.value for fault in Fault} <= set(re.findall(r"`(\w+)`", rows))


def test_the_models_taken_by_key_are_named() -> None:
    """Whoever sets a key can look up what will be asked."""
    text = section(page("docs/reference/models.md"), "## Who plays which role")
    assert all(f"`{name}`" in text for _, name in names.DEFAULTS)
    assert all(f"`{variable}`" in text for variable, _ in names.DEFAULTS)
    assert {"anthropic", "openai"} <= set(KEYS)


def test_every_key_of_a_script_has_its_row() -> None:
    """And each of `when` is named."""
    text = section(page("docs/reference/scripted-models.md"), "## A YAML script")
    rows = {line.split("`")[1] for line in text.splitlines() if line.startswith("| `")}
    assert rows == set(script_files.REPLY_KEYS)
    named = set(re.findall(r"`(\w+)`", text)) | set(re.findall(r"[{,] ?(\w+)", text))
    assert {*script_files.WHEN_KEYS, *script_files.FAULT_KEYS, *script_files.USAGE_KEYS} <= named


@pytest.mark.parametrize("name", sorted(AGENT_PROGRAMS))
def test_every_agent_that_is_known_has_its_command_its_login_and_its_hosts_on_the_page(name: str) -> None:
    """Whoever weighs what such an agent is given reads all of it."""
    program = AGENT_PROGRAMS[name]
    rows = "".join(re.findall(rf"^\| `acp:{name}` .*$", page("docs/how-to/use-another-agent.md"), re.MULTILINE))
    shown = (" ".join(program.command), *program.login, *program.hosts)
    assert [one for one in shown if f"`{one}`" not in rows] == []


def test_every_drill_that_ships_has_its_row() -> None:
    """With what its agent does and the names of the failure."""
    rows = section(page("docs/how-to/try-your-settings-with-drills.md"), "## The drills that ship").splitlines()
    made = [
        f"| `{drill.name}` | {drill.about} | {', '.join(f'`{one}`' for one in drill.finds) or 'none'} |"
        for drill in shipped_drills()
    ]
    assert [row for row in rows if row.startswith("| `")] == made
