"""Every row of the table of settings is read from a file, and a project's file may do with it what the row says."""

from __future__ import annotations

from pathlib import Path

import pytest

from surefoot.core.ladder_table import LADDERS
from surefoot.core.monitor_table import MONITORS
from surefoot.errors import ConfigInvalid
from surefoot.settings import ModelSettings, Settings, load_settings, with_environment
from surefoot.settings.setting_table import SECTIONS, Project, Section, Setting

VALUES = {
    "rules": '[{name = "r", tier = "confirm", reason = "Because."}]',
    "trust": '["/elsewhere"]',
    "confidence": "0.95",
    "auto": "0.5",
    "log": "0.5",
    "proof": '"fail_to_pass"',
    "probe_checks": "true",
    "name": '"Ada"',
    "user": '"ada"',
    "roles": '["lead"]',
    "token_sha256": f'"{"0" * 64}"',
    "hide": '"/secrets"',
    "show": '"/notes"',
    "stronger": '"a:strong"',
    "unknown_price": '"tokens-only"',
    "confirm": "false",
    "absence": '"5m"',
    "review": "true",
    "timeout": '"2m"',
    "base_url": '"http://localhost:1/v1"',
    "kind": '"anthropic"',
    "key_env": '"MY_API_KEY"',
    "native_tools": "false",
    "command": '["my-agent", "--acp"]',
    "login": '"~/.my-agent"',
    "variables": '"MY_AGENT_KEY"',
    "hosts": '["*.example.com", "localhost:8080"]',
    "network": '"all"',
    "profile": '"strict"',
    "every": "3",
    "on": '["ended"]',
    "webhook": '"https://example.org/hook"',
    **dict.fromkeys(("default", "scout", "planner", "worker", "reviewer"), '"a:small"'),
}
"""What is written for each key; any other takes a number."""
ALIKE = {"recovery": dict.fromkeys(LADDERS, '["ask"]'), "monitors": dict.fromkeys(MONITORS, '{say = "off"}')}
"""The same for the tables whose keys take one kind of value: some of their names are equal."""
HEADERS = {
    "approvers": "[[approvers]]",
    "notify": "[[notify]]",
    "workers": "[workers.mine]",
    "providers": "[providers.mine]",
    "prices": '[prices."a:b"]',
}
ROWS = [
    pytest.param(name, section, row, id=f"{name}.{row.key.name}")
    for name, section in SECTIONS.items()
    for row in section.rows
]


def text_of(name: str, section: Section, row: Setting) -> str:
    """Return a file that says this setting, and what has to stand beside it."""
    needed = [one for one in section.keys if one.need and one != row.key]
    is_lacking = (name, row.key.name) in (("approvers", "name"), ("approvers", "roles"), ("notify", "on"))
    known = [section.keys[1]] if is_lacking else []
    values = VALUES | ALIKE.get(name, {})
    lines = [f"{key.name} = {values.get(key.name, '7')}" for key in (*needed, *known, row.key)]
    return "\n".join([HEADERS.get(name, f"[{name}]"), *lines, ""])


def load(folder: Path, user: str = "", project: str = "") -> Settings:
    """Write both files and read them."""
    (folder / "user.toml").write_text(user, "utf-8")
    (folder / "surefoot.toml").write_text(project, "utf-8")
    return load_settings(folder, {"SUREFOOT_CONFIG": str(folder / "user.toml")})


@pytest.mark.parametrize(("name", "section", "row"), ROWS)
def test_a_user_can_say_it(name: str, section: Section, row: Setting, tmp_path: Path) -> None:
    """And what is said is not the default."""
    text = text_of(name, section, row)
    assert load(tmp_path, text) != load(tmp_path) or row.key.name == "trust"


@pytest.mark.parametrize(("name", "section", "row"), ROWS)
def test_a_project_that_is_not_trusted_may_do_what_the_row_says(
    name: str, section: Section, row: Setting, tmp_path: Path
) -> None:
    """It is refused, or it changes what holds."""
    text = text_of(name, section, row)
    if row.project in (Project.NOTHING, Project.TRUSTED):
        with pytest.raises(ConfigInvalid, match="project"):
            load(tmp_path, project=text)
    else:
        assert load(tmp_path, project=text) != load(tmp_path)


@pytest.mark.parametrize(
    "row", [row for row in SECTIONS["models"].rows if row.project is Project.TRUSTED], ids=lambda row: row.key.name
)
def test_a_project_that_is_trusted_names_models(row: Setting, tmp_path: Path) -> None:
    """Its word stands above the user's."""
    text = text_of("models", SECTIONS["models"], row)
    assert load(tmp_path, f'[policy]\ntrust = ["{tmp_path}"]\n', text).models != ModelSettings()


@pytest.mark.parametrize("row", SECTIONS["models"].rows, ids=lambda row: row.key.name)
def test_a_variable_says_what_a_file_says(row: Setting, tmp_path: Path) -> None:
    """By the name of the key, in capitals."""
    name, value = f"SUREFOOT_MODELS__{row.key.name.upper()}", VALUES.get(row.key.name, "7").strip('"')
    said = load(tmp_path, text_of("models", SECTIONS["models"], row)).models
    assert with_environment(ModelSettings(), {name: value}) == said


def test_a_refused_row_says_why() -> None:
    """Or its whole section does."""
    refused = [row.key.name for one in SECTIONS.values() for row in one.rows if row.project is Project.NOTHING]
    said = [row.key.name for one in SECTIONS.values() for row in one.rows if row.refused or one.refused]
    assert refused == said
