"""`git` probes against real remotes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from surefoot.core.event_words import Applied
from surefoot.core.probe_kinds import GitProbe, Probe
from surefoot.probes import Subject, ask

APPLIED, NOT_APPLIED, UNKNOWN = Applied
IDENTITY = ("-c", "user.name=n", "-c", "user.email=e", "-c", "init.defaultBranch=main", "-c", "protocol.version=2")


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder."""
    command = ["git", "-C", str(folder), *IDENTITY, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def daemon(remote: str) -> Iterator[str]:
    """The remote's address at a server that speaks git's own protocol, on this machine's loopback."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = str(Path(remote).parent)
    where = ["--listen=127.0.0.1", f"--port={port}", "--reuseaddr", f"--base-path={folder}", "--export-all"]
    command = ["git", "daemon", "--verbose", *where]
    with subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True) as server:
        assert server.stderr is not None
        assert b"Ready" in server.stderr.readline()
        yield f"git://127.0.0.1:{port}/remote.git"
        # It is git that starts the daemon: both end.
        os.killpg(server.pid, signal.SIGTERM)


@pytest.fixture
def remote(lane: Path, tmp_path: Path) -> str:
    """A remote with the lane's first commit on `main` and as tag `v1`, while the lane is one commit ahead."""
    path = str(tmp_path / "remote.git")
    git(tmp_path, "init", "-q", "--bare", path)
    git(lane, "init", "-q")
    git(lane, "commit", "-q", "--allow-empty", "-m", "one")
    git(lane, "tag", "-a", "v1", "-m", "one")
    git(lane, "remote", "add", "origin", path)
    git(lane, "push", "-q", "origin", "main", "main:refs/heads/other/main", "v1")
    git(lane, "commit", "-q", "--allow-empty", "-m", "two")
    return path


async def answer(commands: Any, remote: str, ref: str, commit: str, *, has_moved: bool = False) -> Applied:
    """Ask a git probe."""
    subject = Subject(repository=commands.root / ".git", has_moved=has_moved)
    return (await ask(Probe(ask=GitProbe(remote=remote, ref=ref, commit=commit)), commands, subject=subject)).answer


@pytest.mark.parametrize(
    ("ref", "commit", "expected"),
    [
        ("main", "HEAD~1", APPLIED),
        ("refs/heads/main", "HEAD~1", APPLIED),
        ("HEAD", "HEAD~1", APPLIED),
        ("v1", "HEAD~1", APPLIED),
        ("refs/tags/v1", "v1", APPLIED),
        ("main", "HEAD", NOT_APPLIED),
        ("v1", "HEAD", NOT_APPLIED),
        ("absent", "HEAD", NOT_APPLIED),
        ("refs/heads/mai", "HEAD~1", NOT_APPLIED),
        ("refs/other/main", "HEAD~1", NOT_APPLIED),
        ("main", "nothing-of-that-name", UNKNOWN),
        ("main", "--all", UNKNOWN),
    ],
)
async def test_the_place_of_a_ref_is_the_answer(
    commands: Any, remote: str, ref: str, commit: str, expected: Applied
) -> None:
    """At the commit: applied; absent or elsewhere: not applied; a revision means what it means in the lane."""
    assert await answer(commands, remote, ref, commit) is expected


@pytest.mark.parametrize(("commit", "expected"), [("HEAD~1", APPLIED), ("HEAD", UNKNOWN), ("@", UNKNOWN)])
async def test_what_a_body_has_committed_itself_may_be_what_it_pushed(
    commands: Any, remote: str, commit: str, expected: Applied
) -> None:
    """Where it has moved its HEAD, a ref that is elsewhere says nothing about a revision that counts from there."""
    assert await answer(commands, remote, "main", commit, has_moved=True) is expected


async def test_a_path_of_a_remote_counts_from_the_folder_of_the_person(commands: Any, remote: str) -> None:
    """It is none of the lane."""
    subject = Subject(repository=commands.root / ".git", remotes_from=Path(remote).parent)
    probe = Probe(ask=GitProbe(remote="./remote.git", ref="main", commit="HEAD~1"))
    assert (await ask(probe, commands, subject=subject)).answer is APPLIED


async def test_a_transport_that_is_a_program_is_not_started(commands: Any, remote: str, tmp_path: Path) -> None:
    """Whatever the plan or the settings allow."""
    git(commands.root, "config", "protocol.ext.allow", "always")
    await answer(commands, f"ext::touch {tmp_path / 'pwned'}", "main", "HEAD")
    assert not (tmp_path / "pwned").exists()


async def test_a_whole_commit_id_need_not_be_in_the_lane(commands: Any, remote: str) -> None:
    """It is compared as it is."""
    assert await answer(commands, remote, "main", "ab" * 20) is NOT_APPLIED


async def test_a_remote_can_go_by_the_name_the_lane_knows(commands: Any, remote: str) -> None:
    """As in `git push origin`."""
    assert await answer(commands, "origin", "main", "HEAD~1") is APPLIED


@pytest.mark.parametrize(("commit", "expected"), [("HEAD~1", APPLIED), ("HEAD", NOT_APPLIED)])
async def test_a_server_is_asked_like_a_folder(commands: Any, daemon: str, commit: str, expected: Applied) -> None:
    """The answer is that of the remote, over a network, too."""
    assert await answer(commands, daemon, "main", commit) is expected


async def test_a_server_without_the_repository_says_nothing(commands: Any, daemon: str) -> None:
    """It is another answer than that the ref is missing."""
    assert await answer(commands, daemon.replace("remote", "other"), "main", "HEAD") is UNKNOWN


@pytest.mark.parametrize("where", ["missing.git", "--upload-pack=true", "http://127.0.0.1:1/x.git"])
async def test_a_remote_that_cannot_be_reached_says_nothing(commands: Any, remote: str, where: str) -> None:
    """No answer is not the answer no."""
    assert await answer(commands, where, "main", "HEAD") is UNKNOWN
