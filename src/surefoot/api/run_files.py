"""The copies that a run keeps of its plan and of the files that the plan names."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

from surefoot.api.validation import Source
from surefoot.core.plan import Plan
from surefoot.errors import UsageError


def copy_files(plan: Plan, source: Source, folder: Path) -> None:
    """Copy what the plan's `files` name; no link is followed out of a folder, and no copied file can be written."""
    if source.files_from is not None:
        _take_files(source.files_from, folder)
        return
    if source.plan_path is None:
        return
    files = folder / "files"
    files.mkdir()
    shutil.copyfile(source.plan_path, folder / "plan.yaml")
    for name in plan.files:
        origin, copy = source.plan_path.parent / name, files / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        try:
            if origin.is_dir():
                shutil.copytree(origin, copy, symlinks=True, dirs_exist_ok=True, copy_function=_copy_read_only)
            else:
                _copy_read_only(origin, copy)
        except shutil.Error as error:  # of a folder: one entry for each file in it
            raise UsageError(
                f"`files` names {name!r}, which cannot be copied: {error.args[0][0][2]}. Mend that, or name other files"
            ) from error


def _take_files(origin: Path, folder: Path) -> None:
    """Copy what another run has copied of its plan and files; those beside the plan may have changed since."""
    if (origin / "plan.yaml").is_file():
        shutil.copyfile(origin / "plan.yaml", folder / "plan.yaml")
    if (origin / "files").is_dir():
        shutil.copytree(origin / "files", folder / "files", symlinks=True)


def _copy_read_only(origin: str | Path, copy: str | Path) -> None:
    shutil.copy2(origin, copy)
    Path(copy).chmod(Path(copy).stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
