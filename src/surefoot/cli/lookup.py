"""The home, the repository and the run that a command line means."""

from __future__ import annotations

from pathlib import Path

from surefoot.api.home import LATEST, Home
from surefoot.core.ids import RUN_ID, RunId, nearest_said
from surefoot.core.regex import regex
from surefoot.errors import RunNotFound, UsageError

_BEGINNING = regex(r"[0-9]{1,8}(-[0-9a-z]{0,6})?")


def root_of(repo: Path | None) -> Path:
    """Return the top of the repository that `--repo` (or else the current folder) lies in; a plain folder itself.

    Raises:
        UsageError: `--repo` names no folder.
    """
    folder = (repo or Path()).resolve()
    if not folder.is_dir():
        raise UsageError(f"there is no folder {str(folder)!r}; name an existing one with --repo")
    from surefoot.workspace.git import user_git

    found = user_git(folder).attempt("rev-parse", "--show-toplevel")
    return Path(found.out.decode("utf-8", "surrogateescape").rstrip("\n")) if found.code == 0 else folder


def folder_in(root: Path, repo: Path | None, cwd: Path) -> str:
    """Return the folder that `--cwd` names, relative to the repository's root; it counts from `--repo`, if given.

    Raises:
        UsageError: there is no such folder, or it is not below the root.
    """
    folder = ((repo or Path()) / cwd).resolve()
    top = root.resolve()
    if not folder.is_dir():
        raise UsageError(f"there is no folder {str(folder)!r}; name one of the repository's with --cwd")
    if not folder.is_relative_to(top):
        raise UsageError(f"{str(folder)!r} is not in {str(top)!r}; name one of the repository's with --cwd")
    return folder.relative_to(top).as_posix()


def find_run(home: Home, name: str | None, repo: Path | None) -> RunId:
    """Return the run that `name` means; `latest`, the default, looks at the runs of one repository.

    Raises:
        RunNotFound: none, or more than one, goes by that name.
    """
    if name is not None and name != LATEST:
        return home.find(name)
    return home.find(LATEST, root_of(repo))


def find_steps(home: Home, words: tuple[str, ...], repo: Path | None) -> tuple[RunId, tuple[str, ...]]:
    """Return the run and the steps that `[RUN] [STEP]...` means; the run is the latest where a step comes first.

    `RUN:STEP` means both, too, as `surefoot dead` writes it.

    Raises:
        RunNotFound: the first word is neither a run nor a step of the latest run.
    """
    name, colon, step = words[0].partition(":") if words else ("", "", "")
    if colon and (name == LATEST or _BEGINNING.fullmatch(name)):
        return find_run(home, name, repo), (step, *words[1:])
    if not words or words[0] == LATEST or RUN_ID.fullmatch(words[0]):
        return find_run(home, words[0] if words else None, repo), words[1:]
    try:
        latest = home.find(LATEST, root_of(repo))
    except RunNotFound:
        return home.find(words[0]), words[1:]
    steps = home.state(latest).nodes
    if words[0] in steps or f"({words[0]})" in steps:
        return latest, words
    if _BEGINNING.fullmatch(words[0]):
        return home.find(words[0]), words[1:]
    near = nearest_said(words[0], steps)
    text = f"there is no run {words[0]!r}, and the latest run, {latest}, has no such step{near}"
    raise RunNotFound(f"{text}; `surefoot ls` lists the runs, `surefoot show` the steps", name=words[0])


def find_question(home: Home, name: str, repo: Path | None) -> str:
    """Return the id of the question that `name` means; its run may be given as for other commands, or be left out.

    Raises:
        RunNotFound: there is no such run.
    """
    run, _, number = name.rpartition(".")
    return f"{find_run(home, run or None, repo)}.{number}"
