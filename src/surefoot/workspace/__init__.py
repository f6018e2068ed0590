"""The workspace of a run: its own repository and lanes, beside the user's.

Owns every call of git and every file of a lane. Names are loaded on first use, so that `surefoot status` starts
quickly.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from surefoot.workspace.credentials import login_files, settings_files, write_git_configuration
    from surefoot.workspace.excluded import is_cache, is_never_committed
    from surefoot.workspace.folder_files import (
        is_beyond_link,
        is_folder,
        make_folder,
        remove_inside,
        remove_path,
        size_of,
        write_file,
    )
    from surefoot.workspace.git import git_version
    from surefoot.workspace.landed_files import LandedFiles
    from surefoot.workspace.lanes import Restored
    from surefoot.workspace.refs import Published
    from surefoot.workspace.run_workspace import RunWorkspace
    from surefoot.workspace.source import Source, SourceKind, ignored_among, inspect_source
    from surefoot.workspace.store import Merge

__all__ = [
    "LandedFiles",
    "Merge",
    "Published",
    "Restored",
    "RunWorkspace",
    "Source",
    "SourceKind",
    "git_version",
    "ignored_among",
    "inspect_source",
    "is_beyond_link",
    "is_cache",
    "is_folder",
    "is_never_committed",
    "login_files",
    "make_folder",
    "remove_inside",
    "remove_path",
    "settings_files",
    "size_of",
    "write_file",
    "write_git_configuration",
]

_PLACES = {
    **dict.fromkeys(("login_files", "settings_files", "write_git_configuration"), "credentials"),
    **dict.fromkeys(("is_cache", "is_never_committed"), "excluded"),
    **dict.fromkeys(
        ("is_beyond_link", "is_folder", "make_folder", "remove_inside", "remove_path", "size_of", "write_file"),
        "folder_files",
    ),
    "git_version": "git",
    "LandedFiles": "landed_files",
    "Restored": "lanes",
    "Published": "refs",
    "RunWorkspace": "run_workspace",
    **dict.fromkeys(("Source", "SourceKind", "ignored_among", "inspect_source"), "source"),
    "Merge": "store",
}


def __getattr__(name: str) -> object:
    """Load a name on first use."""
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module 'surefoot.workspace' has no attribute {name!r}")
    return getattr(import_module(f"surefoot.workspace.{place}"), name)
