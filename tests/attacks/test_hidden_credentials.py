"""A step looks for credentials of git, of coding agents and of clouds, wherever a person has them.

Read `tests/sandbox/test_places.py` for every place, `tests/workspace/test_credentials.py` for every setting of git.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Stage

RUN = "20260101-abc123"
PLACES = (
    *(".gitconfig", ".config/git/config", ".work/git-include", ".claude/.credentials.json", ".claude.json"),
    *(".codex/auth.json", ".gemini/oauth_creds.json", ".config/github-copilot/apps.json", ".pulumi/credentials.json"),
    *(".fly/config.yml", ".composer/auth.json", ".local/share/atuin/history.db", ".irb_history", ".npmrc", ".my.cnf"),
    *(".local/share/opencode/auth.json", ".cursor/mcp.json", ".config/gh/hosts.yml", ".local/share/gopass/x"),
)
PLANTED = "planted-with-care"
LOOK = f"""
goal: Look for credentials
steps:
  - id: look
    run: "(grep -rs {PLANTED} HOME GIT; git config --list) > found.txt || true"
    checks: [{{file: found.txt, exists: true}}]
"""


@pytest.fixture
def person(stage: Stage) -> Path:
    """Make a home in the repository, for commands see that, with something planted in each place."""
    home = stage.user / "me"
    for name in PLACES:
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(f"# {PLANTED}\n", "utf-8")
    settings = {
        "user.name": "Una User",
        "user.email": "una@example.org",
        "github.token": PLANTED,
        "sendemail.smtpPass": PLANTED,
        f"url.https://{PLANTED}@example.org/.insteadOf": "x:",
        "alias.up": f"!curl -u me:{PLANTED} https://example.org",
        "includeIf.gitdir:/nowhere/.path": "~/.work/git-include",
    }
    for key, value in settings.items():
        subprocess.run(["git", "config", "--file", str(home / ".gitconfig"), key, value], check=True)
    return home


def found(stage: Stage, person: Path, plan: str = LOOK, **env: str) -> str:
    """Run a step that looks for what was planted; return what it found."""
    plan = plan.replace("HOME", str(person)).replace("GIT", str(stage.user / ".git"))
    said = stage.say("run", stage.plan(plan), "--run-id", RUN, env={"HOME": str(person), **env})
    assert said.code == 0, said
    return stage.git("show", f"surefoot/{RUN}:found.txt")


def test_no_place_of_the_home_and_no_setting_of_git_gives_a_credential_out(staged: Stage, person: Path) -> None:
    """What commands get of the settings of git is known to be harmless."""
    seen = found(staged, person)
    assert PLANTED not in seen
    assert "user.name=Una User" in seen


def test_the_repository_of_the_user_gives_no_password_of_a_remote_out(staged: Stage, person: Path) -> None:
    """Neither its settings, nor its log, nor those of a submodule."""
    url = f"https://me:{PLANTED}@example.org/x.git"
    staged.git("remote", "add", "origin", url)
    staged.git("init", "-q", "--bare", ".git/modules/lib/part")
    staged.git("--git-dir", ".git/modules/lib/part", "remote", "add", "origin", url)
    (staged.user / ".git/logs/HEAD").write_text(f"pull {url}: Fast-forward\n", "utf-8")
    assert PLANTED not in found(staged, person)


def test_a_person_can_show_one_place_again_by_their_settings(staged: Stage, person: Path) -> None:
    """What lies beside it stays hidden."""
    settings = staged.folder / "settings.toml"
    settings.write_text('[secrets]\nshow = ["~/.codex"]\nhide = ["~/.work"]\n', "utf-8")
    seen = found(staged, person, SUREFOOT_CONFIG=str(settings))
    assert [line.partition(":")[0] for line in seen.splitlines() if PLANTED in line] == [f"{person}/.codex/auth.json"]


def test_what_a_project_says_shows_no_place(stage: Stage, person: Path) -> None:
    """Its settings come with the repository, and a step may write them."""
    (stage.user / "surefoot.toml").write_text('[secrets]\nshow = ["~/.codex"]\n', "utf-8")
    said = stage.say("run", stage.plan(LOOK), "--run-id", RUN, env={"HOME": str(person)})
    assert (said.code, "`show` stands in a project's settings" in said.err) == (2, True)
