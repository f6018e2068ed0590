"""The folders in which the engine and its commands look for programs."""

from __future__ import annotations

import os
from collections.abc import Mapping


def absolute_folders(environ: Mapping[str, str]) -> str:
    """Return the `PATH` of an environment without its relative folders; the system's own where nothing is left."""
    folders = environ.get("PATH", "").split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if folder.startswith("/")) or os.defpath
