"""Which git settings commands in lanes get, and which files of git are hidden from them."""

from __future__ import annotations

from pathlib import Path

import pytest

from surefoot.workspace import login_files, settings_files, write_git_configuration
from surefoot.workspace.credentials import is_harmless
from tests.workspace.conftest import Folder

CREDENTIALS = {
    "alias.up": "!curl -u me:secret https://example.org",
    "azure.pat": "secret",
    "core.askpass": "echo secret",
    "core.sshcommand": "sshpass -p secret ssh",
    "credential.helper": "!echo password=secret",
    "credential.https://example.org.username": "secret",
    "diff.db.textconv": "psql postgres://me:secret@db",
    "filter.crypt.clean": "openssl enc -k secret",
    "github.oauth-token": "secret",
    "github.token": "secret",
    "gitlab.accesstoken": "secret",
    "http.cookiefile": "/secret",
    "http.extraheader": "Authorization: secret",
    "http.https://example.org.extraheader": "Authorization: secret",
    "http.https://me:secret@example.org.sslverify": "false",
    "http.proxy": "http://me:secret@proxy",
    "hub.oauthtoken": "secret",
    "imap.pass": "secret",
    "include.path": "~/secret",
    "init.defaultbranch": "ghp_" + "a1B2c3D4e5F6" * 3,
    "lfs.url": "https://me:secret@example.org",
    "merge.tool.driver": "curl -u me:secret %A",
    "remote.origin.url": "https://me:secret@example.org",
    "sendemail.smtppass": "secret",
    "svn-remote.x.url": "svn://me:secret@example.org",
    "transcrypt.password": "secret",
    "url.https://secret@example.org/.insteadof": "x:",
    "url.ssh://git:secret@example.org/.insteadof": "x:",
    "url.x:.insteadof": "https://me:p@ss@example.org",
    "user.password": "secret",
}
HARMLESS = {
    "core.autocrlf": "input",
    "diff.colormoved": "zebra",
    "diff.python.xfuncname": "^def",
    "filter.lfs.clean": "git-lfs clean -- %f",
    "http.https://example.org.sslverify": "false",
    "init.defaultbranch": "main",
    "merge.conflictstyle": "zdiff3",
    "pull.rebase": "true",
    "safe.directory": "*",
    "url.git@example.org:.insteadof": "https://example.org/",
    "url.ssh://git@example.org/.insteadof": "y:",
    "user.name": 'Una "the User"\n\\back',
}


@pytest.mark.parametrize("key", CREDENTIALS)
def test_a_setting_that_may_hold_a_credential_is_not_copied(key: str) -> None:
    """Whatever its section, and also where the section is harmless."""
    assert not is_harmless(key, CREDENTIALS[key])


def test_the_copy_of_the_users_settings_has_the_harmless_ones_alone(
    user: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each with its value, however that has to be quoted."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "global"))
    for key, value in {**CREDENTIALS, **HARMLESS}.items():
        user.git("config", "--global", "--add", key, value)
    write_git_configuration(tmp_path / "copy")
    listed = user.git("config", "--file", str(tmp_path / "copy"), "--list", "-z").split("\0")
    assert sorted(filter(None, listed)) == sorted(f"{key}\n{value}" for key, value in HARMLESS.items())


def test_what_the_settings_include_is_hidden_with_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under whatever condition, and also what is included in turn, even in a circle."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("GIT_CONFIG_GLOBAL", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    (tmp_path / ".gitconfig").write_text('[includeIf "gitdir:/nowhere/"]\npath = ~/work/first\n', "utf-8")
    (tmp_path / "work").mkdir()
    (tmp_path / "work/first").write_text("[include]\npath = second\npath = first\n", "utf-8")
    names = [str(path.relative_to(tmp_path)) for path in settings_files()]
    assert names == [".gitconfig", ".config/git/config", "work/first", "work/second"]


def test_the_repositories_within_a_repository_have_files_with_logins_too(user: Folder) -> None:
    """Worktrees and submodules, also those of a submodule."""
    git_dir = user.path / ".git"
    user.git("worktree", "add", "-q", "--detach", "../other")
    for name in ("lib", "lib/modules/inner", "deep/part"):
        user.git("init", "-q", "--bare", f".git/modules/{name}")
    found = {str(path.relative_to(git_dir)) for path in login_files(git_dir)}
    expected = ("", "worktrees/other/", "modules/lib/", "modules/lib/modules/inner/", "modules/deep/part/")
    assert found >= {f"{folder}config" for folder in expected}
