"""Where a home keeps secrets, and that commands cannot read them there."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from surefoot.sandbox import CommandResult, Rung, hidden_places, secret_places

Run = Callable[..., Awaitable[CommandResult]]

FILES = (
    *(".ssh/id_ed25519", ".ssh/config", ".gnupg/private-keys-v1.d/a.key", ".aws/credentials", ".azure/tokens.json"),
    *(".config/gcloud/credentials.db", ".kube/config", ".docker/config.json", ".config/gh/hosts.yml", ".netrc"),
    *(".git-credentials", ".config/git/credentials", ".pypirc", ".npmrc", ".cargo/credentials.toml", ".pgpass"),
    *(".gem/credentials", ".mozilla/firefox/x/logins.json", ".config/google-chrome/Default/Cookies", ".my.cnf"),
    *(".config/chromium/Default/Cookies", ".config/BraveSoftware/Brave-Browser/x", ".local/share/keyrings/login"),
    *(".local/share/kwalletd/x.kwl", ".password-store/a.gpg", ".config/1Password/x", ".config/Bitwarden/data.json"),
    *(".terraform.d/credentials.tfrc.json", ".config/rclone/rclone.conf", ".bash_history", ".zsh_history"),
    *(".claude/.credentials.json", ".claude.json", ".codex/auth.json"),
    *(".gemini/oauth_creds.json", ".config/github-copilot/apps.json", ".pulumi/credentials.json", ".fly/config.yml"),
    *(".composer/auth.json", ".local/share/atuin/history.db", ".irb_history", ".config/Bitwarden CLI/data.json"),
    *(".local/share/opencode/auth.json", ".zshrc", ".config/solana/id.json", ".config/Slack/Cookies"),
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Make a home with a secret in each place, and a folder with none."""
    home = tmp_path / "home"
    for name in (*FILES, "notes/plain"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(f"content of {name}\n")
    (tmp_path / "lane").mkdir()
    return home


@pytest.fixture
def asked(run: Run, home: Path, tmp_path: Path) -> Run:
    """Run commands in a lane beside the home, with its secret places hidden but for those that are opened."""

    async def _asked(*argv: str, opened: tuple[Path, ...] = (), **changed: Any) -> CommandResult:
        lane = tmp_path / "lane"
        usual: dict[str, Any] = {
            "cwd": lane,
            "writable": (lane,),
            "readable": (home, *opened),
            "hidden": hidden_places(secret_places({"HOME": str(home)}), opened),
        }
        return await run(*argv, **(usual | changed))

    return _asked


@pytest.mark.parametrize("name", FILES)
def test_each_place_is_known(home: Path, name: str) -> None:
    """It, or a folder it lies in."""
    places = secret_places({"HOME": str(home)})
    assert any((home / name).is_relative_to(place) for place in places)


async def test_no_secret_can_be_read(asked: Run, home: Path, confining: Rung) -> None:
    """Empty, missing or refused: nothing of any of them comes out, and what lies beside them does."""
    script = f"cd {home}; for name in {' '.join(FILES)} notes/plain; do cat $name; done; true"
    result = await asked("sh", "-c", script)
    assert [line for line in result.tail.splitlines() if line.startswith("content")] == ["content of notes/plain"]


async def test_a_link_to_a_secret_place_leads_to_nothing(asked: Run, home: Path, confining: Rung) -> None:
    """Neither one that stands for the place, nor another way to it."""
    (home / ".ssh").rename(home / "dotfiles")
    (home / ".ssh").symlink_to("dotfiles")
    (home / "other-way").symlink_to(home / "dotfiles/id_ed25519")
    result = await asked("sh", "-c", f"cat {home}/.ssh/id_ed25519 {home}/dotfiles/id_ed25519 {home}/other-way")
    assert "content of" not in result.tail


async def test_what_is_opened_can_be_read_and_what_lies_beside_it_cannot(
    asked: Run, home: Path, confining: Rung
) -> None:
    """A step that declares `~/.ssh/config` gets that file, not the keys."""
    script = f"cat {home}/.ssh/config {home}/.ssh/id_ed25519"
    result = await asked("sh", "-c", script, opened=(home / ".ssh/config",))
    assert "content of .ssh/config" in result.tail
    assert "content of .ssh/id_ed25519" not in result.tail


async def test_a_folder_that_is_opened_can_be_read_whole(asked: Run, home: Path, rung: Rung) -> None:
    """Also where the folder lies round several places."""
    script = f"cat {home}/.config/gh/hosts.yml {home}/.config/rclone/rclone.conf"
    result = await asked("sh", "-c", script, opened=(home / ".config",))
    assert result.tail.count("content of") == 2


async def test_a_hidden_folder_cannot_be_written(asked: Run, home: Path, confining: Rung) -> None:
    """What was written there would be lost with the command, and nobody would be told."""
    result = await asked("sh", "-c", f"echo new > {home}/.ssh/known_hosts")
    assert result.exit_code != 0
    assert not (home / ".ssh/known_hosts").exists()


async def test_a_lane_and_a_toolchain_below_a_hidden_place_stay_visible(
    asked: Run, home: Path, confining: Rung
) -> None:
    """A person's programs may lie in `~/.docker/bin`, and lanes lie in Surefoot's own home, which is hidden."""
    lane = home / ".aws/runs/lane"
    for folder in (lane, home / ".docker/bin"):
        folder.mkdir(parents=True)
    script = "#!/bin/sh\necho the tool; cat ../../credentials ../../../.docker/config.json"
    (home / ".docker/bin/tool").write_text(script)
    (home / ".docker/bin/tool").chmod(0o755)
    env = {"PATH": f"{home}/.docker/bin:/usr/bin:/bin"}
    result = await asked("sh", "-c", "echo a > made; cat made; tool", cwd=lane, writable=(lane,), env=env)
    assert [line for line in result.tail.splitlines() if "cat:" not in line] == ["a", "the tool"]


async def test_a_place_that_is_needed_as_a_whole_is_not_hidden(asked: Run, home: Path, confining: Rung) -> None:
    """The user's repository may be the password store itself."""
    store = home / ".password-store"
    result = await asked("cat", str(store / "a.gpg"), readable=(store,))
    assert result.tail == "content of .password-store/a.gpg\n"


@pytest.mark.parametrize("command", [("git", "--version"), ("ssh", "-V"), (sys.executable, "-m", "pip", "--version")])
async def test_programs_that_look_for_such_places_still_start(
    asked: Run, home: Path, rung: Rung, command: tuple[str, ...]
) -> None:
    """An empty place is no reason to give up."""
    result = await asked(*command, env={"HOME": str(home), "PATH": "/usr/local/bin:/usr/bin:/bin"})
    assert result.exit_code == 0 or not result.started


def test_a_device_is_no_secret_place() -> None:
    """Whoever keeps no history points it to /dev/null, which every command needs."""
    assert Path("/dev/null") not in secret_places({"HOME": "/nowhere", "HISTFILE": "/dev/null"})


def test_a_folder_that_a_variable_moves_is_known_at_both_places(home: Path, tmp_path: Path) -> None:
    """What was kept in the old one may still be there."""
    (tmp_path / "moved/gh").mkdir(parents=True)
    places = secret_places({"HOME": str(home), "XDG_CONFIG_HOME": f"{tmp_path}/moved"})
    assert {tmp_path / "moved/gh", home / ".config/gh"} <= set(places)


def test_variables_name_further_places(home: Path, tmp_path: Path) -> None:
    """Whoever has moved them has said where to."""
    (tmp_path / "kubeconfig").touch()
    places = secret_places({"HOME": str(home), "KUBECONFIG": f"{tmp_path}/kubeconfig:{tmp_path}/missing"})
    assert tmp_path / "kubeconfig" in places
    assert tmp_path / "missing" not in places
