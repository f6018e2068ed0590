"""Files that act by themselves once a branch is landed: hooks, CI, settings of git."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from surefoot.core.globs import matches
from surefoot.core.record import record
from surefoot.workspace.git import TIMEOUT_S, persons_git

_HOOKS = (
    *(".husky/**", ".githooks/**", ".git-hooks/**", ".lefthook/**", "lefthook.*", ".lefthook.*"),
    *(".pre-commit-config.yaml", ".overcommit.yml", ".huskyrc*", ".simple-git-hooks.*"),
)
"""Where hooks stand that a program in `.git/hooks` runs."""
_CI = (
    *(".github/workflows/**", ".github/actions/**", ".gitlab-ci.yml", ".gitlab/ci/**", ".circleci/**", ".travis.yml"),
    *(".buildkite/**", "Jenkinsfile", "azure-pipelines*.yml", "bitbucket-pipelines.yml", "appveyor.yml", ".drone.yml"),
    *(".woodpecker.yml", ".woodpecker/**", ".forgejo/workflows/**", ".gitea/workflows/**", ".semaphore/**"),
    *(".cirrus.yml", "cloudbuild.y*ml", ".teamcity/**"),
)
_STEERING = ("**/.gitattributes", "**/.gitmodules")


@record(kw_only=False)
class LandedFiles:
    """What a branch brings or changes that does something by itself."""

    hooks: tuple[str, ...] = ()
    """Hooks, and files from which hooks are run."""
    ci: tuple[str, ...] = ()
    """What tells a CI service what to run."""
    steering: tuple[str, ...] = ()
    """`.gitattributes` and `.gitmodules`: which programs git runs on files, and which repositories it takes in."""


def landed_files(root: Path, changed: Iterable[str]) -> LandedFiles:
    """Sort out what acts by itself of the `changed` paths of the person's checkout at `root`."""
    hooks = (*_HOOKS, *_hooks_in_tree(root))
    found = tuple(changed)
    return LandedFiles(
        hooks=tuple(path for path in found if matches(path, hooks)),
        ci=tuple(path for path in found if matches(path, _CI)),
        steering=tuple(path for path in found if matches(path, _STEERING)),
    )


def _hooks_in_tree(root: Path) -> Iterator[str]:
    """Yield globs over the hooks that git itself finds in the checkout: by `core.hooksPath`, or by links."""
    git = persons_git(root, timeout_s=TIMEOUT_S)
    folder = Path(git.line("rev-parse", "--path-format=absolute", "--git-path", "hooks"))
    names = sorted(os.listdir(folder)) if folder.is_dir() else []  # noqa: PTH208 - only the names are needed
    for place in (Path(os.path.normpath(folder)), *(folder / name for name in names)):
        for path in (place, Path(os.path.realpath(place))):
            inner = _below(path, root)
            if inner is not None:
                yield from (f"{inner}/**", inner) if inner else ("**",)


def _below(path: Path, root: Path) -> str | None:
    """Return a path relative to the checkout; None where it lies outside, or in git's own folder."""
    for top in (root, Path(os.path.realpath(root))):
        if path.is_relative_to(top):
            inner = path.relative_to(top)
            return None if inner.parts[:1] == (".git",) else "/".join(inner.parts)
    return None
