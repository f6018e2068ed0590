"""Caches of installers, kept from one run to the next for `prepare` alone.

No command can write the kept caches: a lane gets copies, and only the copy of a lane in which nothing but `prepare` has
run at the base of the run is copied back.
"""

from __future__ import annotations

import os
import shutil
import threading
from contextlib import suppress
from pathlib import Path

from surefoot.core.plan import Prepare, digest_of
from surefoot.workers.run_context import RunContext
from surefoot.workspace import is_folder, make_folder, remove_path, size_of

CACHES = ("pip", "uv")
"""Folders of `$XDG_CACHE_HOME` that are carried. What lies in them must not depend on where they lie."""
BYTES_MAX = 1 << 30
"""Larger caches are not carried: copying them would take longer than making them anew."""


def kept_caches(context: RunContext, prepare: Prepare) -> Path:
    """Return where the caches of this `prepare` of this repository are kept between runs."""
    return context.caches / digest_of((str(context.source), context.plan.folder, prepare.run))


def lend_caches(kept: Path, own: Path) -> None:
    """Copy kept caches into the cache folder of a lane in which nothing runs."""
    for name in CACHES:
        if size_of(kept / name):
            remove_path(own / name)
            _copy(kept / name, own / name, archives_first=False)


def keep_caches(own: Path, kept: Path) -> None:
    """Add to the kept caches what `prepare` has put into those of its lane; what has grown too large is dropped."""
    for name in CACHES:
        if not is_folder(own / name):
            continue
        if size_of(own / name) > BYTES_MAX:
            remove_path(kept / name)
        else:
            _copy(own / name, kept / name, archives_first=True)


def _copy(source: Path, target: Path, *, archives_first: bool) -> None:
    """Copy what the target does not have yet; what cannot be copied is left out, for a cache may lack anything.

    uv takes a package that an entry names as whole. So packages (the folder `archive-…`) are kept before the entries
    that name them, and lent after them: neither a kill nor another run at that moment leaves an entry without them.
    """
    make_folder(target)
    with os.scandir(source) as entries:
        found = sorted(entries, key=lambda entry: entry.name.startswith("archive"), reverse=archives_first)
    for entry in found:
        _copy_entry(entry, target / entry.name)


def _copy_entry(entry: os.DirEntry[str], target: Path) -> None:
    """Copy a file or link, whole or not at all, or a folder; pipes, sockets and devices are left out."""
    with suppress(OSError):
        if entry.is_dir(follow_symlinks=False):
            make_folder(target)
            with os.scandir(entry) as entries:
                for inner in entries:
                    _copy_entry(inner, target / inner.name)
        elif (entry.is_symlink() or entry.is_file()) and not os.path.lexists(target):
            fresh = target.with_name(f"{target.name}.{os.getpid()}.{threading.get_ident()}")
            shutil.copy2(entry.path, fresh, follow_symlinks=False)
            fresh.replace(target)
