"""The files of a lane that git does not ignore, and the meaning of a model's paths and globs."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import PurePosixPath

from surefoot.core.globs import GLOB_LENGTH_MAX, matches
from surefoot.core.record import record
from surefoot.ports import CommandOutcome, CommandRequest
from surefoot.threads import in_thread
from surefoot.tools.argument_schema import text
from surefoot.tools.lane_files import LaneFiles, Missing, Refused
from surefoot.tools.tool_context import ToolContext

GIT = ("git", "--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "gpg.program=true")
"""git as tools call it: nothing else is run, nothing is paged."""
GIT_VARIABLES = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_LITERAL_PATHSPECS": "0",
}
PATH = text("Path from the root of the workspace, as `list` shows it.")
GLOB = text("Only files this glob matches; `*` stands for any part of a name, `**` for any folders.")
LOOK_TIMEOUT_S = 60.0
_OUTPUT_MAX = 16_000_000
_NEAREST_MAX, _COMPARED_MAX = 3, 5_000


@record(kw_only=False)
class Known:
    """A file git does not ignore."""

    path: str
    """From the root."""
    size: int
    is_link: bool


async def asked(context: ToolContext, *argv: str, output_max: int = _OUTPUT_MAX) -> tuple[CommandOutcome, bytes]:
    """Run a program that only looks, confined, at the root; return how it ended and what it printed."""
    request = CommandRequest(argv=argv, env=GIT_VARIABLES, timeout_s=LOOK_TIMEOUT_S, output_max=output_max)
    outcome = await context.commands.run(request)
    return outcome, b"" if outcome.evidence is None else context.commands.load(outcome.evidence)


async def known_files(context: ToolContext, below: str = ".") -> list[Known]:
    """Return the files below a folder that are there and that git does not ignore, by path.

    Raises:
        Refused: git could not say.
    """
    pathspec = () if below == "." else ("--", f":(literal){below}")
    listing = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate")
    outcome, out = await asked(context, *GIT, *listing, *pathspec)
    if outcome.exit_code != 0:
        raise Refused(f"git could not list the files ({outcome.said}): {outcome.tail.strip()}", is_misuse=False)
    return await in_thread(_known, out, LaneFiles(context.root))


def _known(out: bytes, files: LaneFiles) -> list[Known]:
    found: list[Known] = []
    for name in sorted(os.fsdecode(part) for part in out.split(b"\0") if part):
        status = files.status(name.rstrip("/"))
        if status is not None and not stat.S_ISDIR(status.st_mode):
            found.append(Known(name, status.st_size, stat.S_ISLNK(status.st_mode)))
    return found


def nearest(files: Sequence[Known], path: str) -> list[str]:
    """Return the files and folders whose paths are nearest to one that is not there, those of the same name first."""
    name, paths = PurePosixPath(path).name, [file.path for file in files]
    above = dict.fromkeys(str(folder) for known in paths for folder in PurePosixPath(known).parents)
    paths += [folder for folder in above if folder != "."]
    same = [known for known in paths if PurePosixPath(known).name == name]
    return list(dict.fromkeys([*same, *get_close_matches(path, paths[:_COMPARED_MAX], _NEAREST_MAX)]))[:_NEAREST_MAX]


def rooted(glob: str) -> str:
    """Return a glob as the core has it: one without a folder is meant for every folder.

    Raises:
        Refused: it leads out of the lane.
    """
    if glob.startswith("/") or ".." in PurePosixPath(glob).parts:
        raise Refused(
            f"the glob {glob[:80]!r} leads out of the workspace; write it from the root, without a `/` in front"
        )
    if len(glob) > GLOB_LENGTH_MAX:
        raise Refused(f"the glob {glob[:80]!r}… has {len(glob)} characters; write one of at most {GLOB_LENGTH_MAX}")
    return glob if "/" in glob.rstrip("/") else f"**/{glob}"


def fitting(files: Sequence[Known], glob: str) -> list[Known]:
    """Return the files that a glob given by a model means; all of them for an empty one."""
    if not glob:
        return list(files)
    globs = (rooted(glob),)
    return [file for file in files if matches(file.path, globs)]


def place_of(context: ToolContext, path: str) -> str:
    """Return where to look: the path a call gives, links followed, or the root.

    Raises:
        Refused: there is nothing, or it leads out of the lane.
    """
    files = LaneFiles(context.root)
    place = files.followed(path or ".")
    if files.status(place) is None:
        raise Missing(path)
    return place
