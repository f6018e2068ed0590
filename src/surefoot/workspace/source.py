"""The repository or plain folder that the user pointed at, and its setup."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from surefoot.core.record import record
from surefoot.core.regex import regex
from surefoot.errors import WorkspaceError
from surefoot.masking import Masker
from surefoot.workspace.excluded import is_never_committed
from surefoot.workspace.git import join_names, split_names, user_git
from surefoot.workspace.lfs import users_lfs

SourceKind = Literal["git", "folder"]
_CARRIED = frozenset(
    {
        "core.autocrlf",
        "core.eol",
        "core.filemode",
        "core.symlinks",
        "core.ignorecase",
        "core.precomposeunicode",
        "core.bigfilethreshold",
        "extensions.objectformat",
    }
)
_LOGIN = regex(r"((?:https?|ftps?)://)[^/\s]*@|(\b[a-z][a-z0-9+.-]*://[^/:@\s]*):[^/\s]*(?=@)")
"""Whoever logs in, in an address of the web; elsewhere the password: `ssh://git@host` needs its name."""
IDENTITY = ("Surefoot", "surefoot@localhost")


@record(kw_only=False)
class Source:
    """The repository or folder a run shall change."""

    root: Path
    """Top level of the checkout, or the folder."""
    kind: SourceKind
    """Whether git knows it."""
    git_dir: Path | None
    """The repository's own folder, shared by all its worktrees."""
    head: str | None
    """The commit that is checked out."""
    dirty: tuple[str, ...]
    """Paths that differ from it, untracked ones included."""
    branch: str | None = None
    """The full name of the branch that is checked out; None: no branch is."""

    @property
    def lfs(self) -> Path:
        """Return where the repository keeps the contents of Git LFS files."""
        assert self.git_dir is not None
        return users_lfs(self.git_dir)


@record(kw_only=False)
class Settings:
    """What of the user's git configuration a run takes over, read once."""

    name: str
    """Author of the run's commits."""
    email: str
    """Their address."""
    carried: tuple[tuple[str, str], ...]
    """Settings that decide how files are stored."""
    remotes: tuple[tuple[str, str], ...]
    """The user's remotes (and those of submodules) without passwords, so that a step can push to them by name."""
    promisors: tuple[str, ...]
    """Remotes that keep objects for a partial clone."""
    excludes: bytes
    """Ignore rules that stand in no `.gitignore`."""
    attributes: bytes
    """Attributes that stand in no `.gitattributes`."""


def inspect_source(path: Path) -> Source:
    """Find out what `path` is; for a folder inside a repository that is the repository.

    Raises:
        WorkspaceError: there is no such folder, or it is a repository a run cannot work on.
    """
    if not path.is_dir():
        raise WorkspaceError(f"There is no folder {str(path)!r}. Name an existing one with --repo.", path=str(path))
    git = user_git(path.resolve())
    asked = git.attempt(
        "rev-parse", "--path-format=absolute", "--is-bare-repository", "--is-inside-git-dir", "--git-common-dir"
    )
    if asked.code != 0:
        if "not a git repository (or any" not in asked.err:
            raise WorkspaceError(f"git cannot read the repository at {str(path)!r}: {asked.err}", path=str(path))
        return Source(path.resolve(), "folder", None, None, ())
    bare, inside, common = os.fsdecode(asked.out).rstrip("\n").split("\n", 2)
    if "true" in {bare, inside}:
        message = f"{str(path)!r} is a bare repository or a git directory, without a checkout to start from. "
        raise WorkspaceError(message + "Clone it, and start the run in the clone.", path=str(path))
    asked = git.attempt("rev-parse", "HEAD^{commit}", "--show-toplevel")
    if asked.code != 0:
        root = git.line("rev-parse", "--show-toplevel")
        message = f"The repository {root!r} has no commit yet, so there is nothing to start from. "
        raise WorkspaceError(message + "Commit something (`git commit --allow-empty -m Start` will do).", path=root)
    head, _, top = os.fsdecode(asked.out).rstrip("\n").partition("\n")
    branch = os.fsdecode(git.attempt("symbolic-ref", "--quiet", "HEAD").out).strip() or None
    return Source(Path(top), "git", Path(common), head, dirty_paths(Path(top)), branch)


def dirty_paths(root: Path) -> tuple[str, ...]:
    """Return the paths of a checkout that differ from HEAD; an untracked folder counts as one path."""
    out = user_git(root).run("status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=normal")
    entries = ((entry[:2], entry[3:]) for entry in split_names(out))
    return tuple(path for tag, path in entries if tag != "??" or not is_never_committed(path.rstrip("/")))


def ignored_among(root: Path, folders: Sequence[str]) -> frozenset[str]:
    """Return which of these folders a run would not commit, whether they are there or not."""
    fixed = frozenset(path for path in folders if is_never_committed(path))
    asked = join_names([f"{path}/" for path in folders])
    ending = user_git(root).attempt("check-ignore", "-z", "--stdin", stdin=asked)
    # Exit status 1: none is ignored; 128: this is no repository.
    return fixed | {path.rstrip("/") for path in split_names(ending.out)}


def read_settings(source: Source) -> Settings:
    """Read what of the user's configuration a run takes over."""
    values: dict[str, str] = {}
    remotes: list[tuple[str, str]] = []
    git = user_git(source.root)
    for entry in git.attempt("config", "--list", "-z", "--includes").out.split(b"\0"):
        key, has_value, value = os.fsdecode(entry).partition("\n")
        is_remote = key.startswith("remote.") and key.endswith((".url", ".pushurl", ".fetch"))
        if (is_remote or (key.startswith("submodule.") and key.endswith(".url"))) and not has_login(key):
            remotes.append((key, _absolute_url(source.root, without_login(value)) if key.endswith("url") else value))
        values[key] = value if has_value else "true"
    name, email = values.get("user.name"), values.get("user.email")
    if not name or not email:
        name, email = IDENTITY
    return Settings(
        name=name,
        email=email,
        carried=tuple((key, values[key]) for key in sorted(_CARRIED & values.keys())),
        remotes=tuple(remotes),
        promisors=_promisors(values),
        excludes=_joined(source, values, "core.excludesfile", "ignore", "info/exclude"),
        attributes=_joined(source, values, "core.attributesfile", "attributes", "info/attributes"),
    )


def _promisors(values: Mapping[str, str]) -> tuple[str, ...]:
    """Return the remotes that promise what a partial clone lacks, the one it was cloned from first."""
    first = values.get("extensions.partialclone")
    found = [first] if first else []
    for key, value in values.items():
        is_promisor = key.startswith("remote.") and key.endswith(".promisor")
        if is_promisor and value.lower() in {"true", "yes", "on", "1"}:
            found.append(key[len("remote.") : -len(".promisor")])
    return tuple(dict.fromkeys(found))


def config_text(settings: Iterable[tuple[str, str]]) -> bytes:
    """Return settings as a git configuration file."""
    lines: list[str] = []
    for key, value in settings:
        section, _, name = key.rpartition(".")
        section, _, sub = section.partition(".")
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        quoted = sub.replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'[{section} "{quoted}"]' if sub else f"[{section}]")
        lines.append(f'\t{name} = "{escaped}"')
    return ("\n".join(lines) + "\n").encode("utf-8", "surrogateescape")


def has_login(text: str) -> bool:
    """Tell whether an address in a text holds a login, or the text what has the form of a key."""
    return _LOGIN.search(text) is not None or Masker().text(text) != text


def without_login(text: str) -> str:
    """Return a text without the logins of the addresses in it."""
    return _LOGIN.sub(lambda found: found[1] or found[2], text)


def _absolute_url(root: Path, url: str) -> str:
    """Return a remote's address as it means the same from another folder."""
    is_local = "://" not in url and ":" not in url.split("/", 1)[0] and not url.startswith(("/", "~"))
    return os.path.normpath(root / url) if is_local else url


def _joined(source: Source, values: Mapping[str, str], key: str, default: str, own: str) -> bytes:
    """Return the user's own rule file and the repository's, in git's order: the later one wins."""
    settings_home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    files = [Path(values[key]).expanduser() if key in values else settings_home / "git" / default]
    if not files[0].is_absolute():
        files[0] = source.root / files[0]
    if source.git_dir is not None:
        files.append(source.git_dir / own)
    return b"".join(file.read_bytes().rstrip(b"\n") + b"\n" for file in files if file.is_file())
