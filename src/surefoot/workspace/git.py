"""The `git` program: lookup, calls, environment, errors.

A call inherits nothing that could point git elsewhere, prompts for nothing, and runs no hooks unless the caller says
so.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import field, replace
from functools import cache
from pathlib import Path

from surefoot.core.record import record
from surefoot.core.regex import regex
from surefoot.errors import DISK_REFUSALS, GitUnavailable, WorkspaceError
from surefoot.search_path import absolute_folders

PATCH = ("diff", "--binary", "--full-index", "--no-renames", "--no-color", "--no-ext-diff", "--no-textconv")
"""What prints the difference between two trees so that it can be applied, whatever the settings of the user are."""

GIT_OLDEST = (2, 38)
TIMEOUT_S = 600.0
_STDERR_LINES_MAX = 8
_LOCK = regex(r"Unable to create '([^']+\.lock)'")
_INHERITED = frozenset(
    {
        "HOME",
        "USER",
        "LOGNAME",
        "TMPDIR",
        "XDG_CONFIG_HOME",
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_SYSTEM",
        "GIT_CONFIG_NOSYSTEM",
        "GIT_CEILING_DIRECTORIES",
        "GIT_EXEC_PATH",
    }
)
QUIET = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.splitIndex=false")
"""No hooks, no daemon and no shared index: for every call of ours in a repository of the user's."""


@record(kw_only=False)
class GitEnding:
    """How a call of git ended."""

    code: int
    """Exit status; negative for a signal."""
    out: bytes
    """What it printed."""
    err: str
    """The last lines of what it complained about."""


@record(kw_only=False)
class Git:
    """The git program, set up for one place."""

    cwd: Path
    """Where it is started."""
    env: Mapping[str, str]
    """All variables it gets."""
    options: tuple[str, ...] = QUIET
    """Options before the subcommand."""
    timeout_s: float = field(default=TIMEOUT_S, kw_only=True)
    """A call that takes longer is ended and reported."""

    def having(self, **variables: str | Path) -> Git:
        """Return the same git with more variables."""
        return replace(self, env={**self.env, **{name: str(value) for name, value in variables.items()}})

    def setting(self, settings: Iterable[tuple[str, str]]) -> Git:
        """Return the same git with more settings, which win over those in files."""
        more = (word for key, value in settings for word in ("-c", f"{key}={value}"))
        return replace(self, options=(*self.options, *more))

    def attempt(self, *args: str, stdin: bytes = b"") -> GitEnding:
        """Call git and return how it ended, whatever the exit status.

        Raises:
            GitUnavailable: there is no git.
            WorkspaceError: git hung, or a lock file of another git is in the way.
        """
        # A new session keeps Ctrl-C from ending git between two writes, and lets a time-out end git's own children.
        try:
            child = subprocess.Popen(
                ["git", *self.options, *args],
                cwd=self.cwd,
                env=dict(self.env),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except FileNotFoundError as error:
            if error.filename != "git":
                message = f"The folder {str(self.cwd)!r} is gone, so git could not be started in it."
                raise WorkspaceError(message, folder=str(self.cwd)) from error
            raise GitUnavailable("The git program was not found. Install git 2.38 or newer and try again.") from error
        with child:
            try:
                out, err = child.communicate(stdin, timeout=self.timeout_s)
            except BaseException as error:
                with suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)
                if not isinstance(error, subprocess.TimeoutExpired):
                    raise
                message = (
                    f"git {args[0]} in {str(self.cwd)!r} did not end within {self.timeout_s:.0f} s and was stopped. "
                    "Look for a disk or network folder that hangs, then go on with `surefoot resume`."
                )
                raise WorkspaceError(message, command=args[0]) from error
        said = err.decode("utf-8", "replace").strip()
        if child.returncode != 0 and (lock := _LOCK.search(said)):
            message = (
                f"git {args[0]} could not go on because of the lock file {lock[1]!r}. If no other git is at work in "
                "that repository, the file was left behind: delete it and try again."
            )
            raise WorkspaceError(message, lock=lock[1])
        return GitEnding(child.returncode, out, "\n".join(said.splitlines()[-_STDERR_LINES_MAX:]))

    def run(self, *args: str, stdin: bytes = b"") -> bytes:
        """Call git and return what it printed.

        Raises:
            WorkspaceError: git failed; the message ends with git's own last lines.
            OSError: git failed because the disk refused.
        """
        ending = self.attempt(*args, stdin=stdin)
        if ending.code != 0:
            for number in DISK_REFUSALS:
                if any(line.endswith(os.strerror(number)) for line in ending.err.splitlines()):
                    raise OSError(number, os.strerror(number), str(self.cwd))
            message = f"git {args[0]} failed in {str(self.cwd)!r} (exit status {ending.code}): {ending.err}"
            raise WorkspaceError(message, command=args[0], exit_code=ending.code)
        return ending.out

    def line(self, *args: str, stdin: bytes = b"") -> str:
        """Call git and return what it printed as one line of text."""
        return os.fsdecode(self.run(*args, stdin=stdin)).rstrip("\n")


def user_git(cwd: Path) -> Git:
    """Return git as the user has set it up, for repositories of theirs: their configuration, none of our hooks."""
    env = {name: value for name, value in os.environ.items() if name in _INHERITED}
    env |= {"PATH": absolute_folders(os.environ)}
    env |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
    return Git(cwd, env)


def persons_git(root: Path, *, timeout_s: float, options: tuple[str, ...] = ()) -> Git:
    """Return git as the user calls it themselves: with the whole environment, agents and hooks, but no editor."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    env |= user_git(root).env
    env |= {"GIT_OPTIONAL_LOCKS": "1", "GIT_EDITOR": "true", "GIT_MERGE_AUTOEDIT": "no"}
    return Git(root, env, options, timeout_s=timeout_s)


def own_git(cwd: Path, git_dir: Path) -> Git:
    """Return git for a repository of ours: nobody's configuration but the repository's own."""
    env = {name: os.environ[name] for name in ("TMPDIR",) if name in os.environ}
    env |= {
        "PATH": absolute_folders(os.environ),
        "LC_ALL": "C",
        "GIT_DIR": str(git_dir),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
    }
    return Git(cwd, env)


def git_version() -> tuple[int, ...]:
    """Return the version of the installed git.

    Raises:
        GitUnavailable: git is missing or older than 2.38.
    """
    return _version_in(absolute_folders(os.environ))


@cache
def _version_in(_path: str) -> tuple[int, ...]:
    """Ask git once for each `PATH`."""
    said = user_git(Path("/")).line("version")
    found = re.search(r"(\d+(?:\.\d+)+)", said)
    version = tuple(int(part) for part in found[1].split(".")) if found else ()
    if version < GIT_OLDEST:
        message = (
            f"The installed git ({said!r}) is too old: 2.38 or newer is needed, because results are merged without a "
            "checkout. Install a newer git and try again."
        )
        raise GitUnavailable(message, version=said)
    return version


def split_names(out: bytes) -> tuple[str, ...]:
    """Return NUL-separated names as text; bytes that are no UTF-8 survive as surrogates."""
    return tuple(os.fsdecode(name) for name in out.split(b"\0") if name)


def join_names(names: Iterable[str]) -> bytes:
    """Return names as git's `-z` options read them."""
    return b"".join(os.fsencode(name) + b"\0" for name in names)
