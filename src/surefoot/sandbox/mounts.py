"""The file system of the bubblewrap rung, as arguments for `bwrap`.

Everything is visible read-only, except the folders in which sockets of the host live (empty and private) and the places
where secrets lie (empty and read-only). Sockets that programs of the host have open elsewhere are covered one by one.
What a command needs from below these is bound back at its own path. Mounts are made parents before children, so that
the deepest wins: a read-only folder inside a writable one is read-only.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from surefoot.sandbox.spec import CommandSpec

NAMESPACES = ("--die-with-parent", "--unshare-pid", "--unshare-ipc", "--as-pid-1")
"""The guard is the first process of the namespace, hence needs no reaper of bubblewrap's own."""

PRIVATE_TEMPORARY = "/tmp"  # noqa: S108 - this is about hiding it.
"""Where a command on the bubblewrap rung finds its own empty temporary folder."""

_HIDDEN = ("/run", "/var/run", PRIVATE_TEMPORARY, "/var/tmp")  # noqa: S108 - as above.
_HIDDEN_BY_VARIABLE = ("XDG_RUNTIME_DIR", "TMPDIR")
_SOCKET_VARIABLES = ("SSH_AUTH_SOCK", "DOCKER_HOST")
_OPEN_SOCKETS = Path("/proc/net/unix")
_ANY_WRITE = 0o222
_EMPTY = ["--perms", "0755", "--tmpfs"]
"""How a folder with secrets is covered."""
_ROOT_KEEPS = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID")
"""What installers and test servers run by root use; with the rest, root could simply mount its way out."""
_CAPABILITIES = ["--cap-drop", "ALL", *(word for name in _ROOT_KEEPS for word in ("--cap-add", f"CAP_{name}"))]


def bubblewrap_arguments(spec: CommandSpec, parent: Mapping[str, str], filter_: int | None = None) -> list[str]:
    """Return all arguments of `bwrap` up to the program; `parent` is the engine's own environment.

    `filter_` is a descriptor from which the filter of system calls can be read.
    """
    is_root = os.getuid() == 0
    arguments = [*NAMESPACES, *(_CAPABILITIES if is_root else ())]
    if filter_ is not None:
        arguments += ["--seccomp", str(filter_)]
    if spec.network is not True and not spec.namespaces:
        arguments.append("--unshare-net")
    arguments += ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    if is_root:
        # What of `/proc` belongs to no process and may take writes, every folder and files whose mode says so, root
        # writes by its user id alone. Others cannot, and their own sandboxes inside need `/proc` uncovered.
        for entry in os.scandir("/proc"):
            is_own = entry.name.isdigit() or entry.is_symlink()
            if not is_own and (entry.is_dir() or entry.stat().st_mode & _ANY_WRITE):
                arguments += ["--ro-bind-try", entry.path, entry.path]
    mounts = sorted(_mounts(spec, parent).items(), key=lambda item: (len(item[0].parts), item[0]))
    for _, mount in mounts:
        arguments += mount
    for folder, mount in mounts:
        if mount[:-1] == _EMPTY:
            # Only now, for what is bound back below it needs a place; a write would be lost, and has to fail instead.
            arguments += ["--remount-ro", str(folder)]
    return [*arguments, "--chdir", str(_real(spec.cwd)), "--"]


def _mounts(spec: CommandSpec, parent: Mapping[str, str]) -> dict[Path, list[str]]:
    """Return one mount for each place that differs from the read-only root."""
    private, secret = _hidden_folders(parent), _secret(spec)
    hidden = private | {place for place in secret if place.is_dir()}
    mounts = {folder: ["--perms", "1777", "--tmpfs", str(folder)] for folder in private}
    writable, needed, toolchain = _kept(spec)
    bound = hidden | needed | writable | toolchain
    reached = {path for path in _listened() if _nearest(path, bound) not in hidden | writable}
    for socket in {*_sockets(parent), *reached}:
        mounts[socket] = ["--ro-bind", "/dev/null", str(socket)]
    mounts |= _bound("--ro-bind", (path for path in needed if _is_below(path, hidden | writable)))
    mounts |= _bound("--bind", writable)
    for path in toolchain:
        # A virtual environment inside a writable folder stays writable.
        if _nearest(path, hidden | needed | writable) in hidden and path not in mounts:
            mounts[path] = ["--ro-bind", str(path), str(path)]
    mounts |= _bound("--bind", map(_real, spec.sockets))
    visible = mounts.keys() - private
    for place in secret:
        if not _is_below(place, private) or _is_below(place, visible):
            mounts[place] = [*_EMPTY, str(place)] if place in hidden else ["--ro-bind", "/dev/null", str(place)]
    named = (spec.cwd, *spec.writable, *spec.readable, *spec.sockets, *_toolchain(spec))
    return _symlinks(named, hidden, visible) | mounts


def _bound(how: str, paths: Iterable[Path]) -> dict[Path, list[str]]:
    return {path: [how, str(path), str(path)] for path in paths}


def shown_places(spec: CommandSpec) -> set[Path]:
    """Return what a command is to see although a hidden place may lie round it, as real paths that exist."""
    writable, needed, toolchain = _kept(spec)
    return {_real(spec.cwd), *writable, *needed, *toolchain, *map(_real, spec.sockets)}


def _kept(spec: CommandSpec) -> tuple[set[Path], set[Path], set[Path]]:
    """Return what is writable, what is needed besides, and what the programs themselves need."""
    writable = {_real(path) for path in spec.writable if path.exists()}
    needed = {_real(path) for path in spec.readable if path.exists()}
    return writable, needed, set(map(_real, _toolchain(spec)))


def _secret(spec: CommandSpec) -> set[Path]:
    """Return the places of `hidden` that have to be covered; what is needed as a whole is not hidden at all."""
    places = {_real(path) for path in spec.hidden if path.exists()}
    return places - shown_places(spec)


def _symlinks(paths: Iterable[Path], hidden: set[Path], visible: set[Path]) -> dict[Path, list[str]]:
    """Make anew those links on the way to `paths` that are hidden, unless they lie in something bound back."""
    links = (link for path in paths if _real(path) != path for link in _links(path))
    return {
        link: ["--symlink", target, str(link)]
        for link, target in links
        if _is_below(link, hidden) and not _is_below(link, visible)
    }


def _hidden_folders(parent: Mapping[str, str]) -> set[Path]:
    """Return the folders shown empty; a temporary folder that holds the home is left visible."""
    home = _real(Path(parent.get("HOME") or "/"))
    named = {_real(Path(value)) for name in _HIDDEN_BY_VARIABLE if (value := parent.get(name, "")).startswith("/")}
    folders = {_real(Path(path)) for path in _HIDDEN} | {path for path in named if not home.is_relative_to(path)}
    return {path for path in folders if path.is_dir() and not _is_below(path, folders)}


def _sockets(parent: Mapping[str, str]) -> Iterator[Path]:
    """Find the sockets of agents and daemons that the environment names; they may lie in a place that is visible."""
    for name in _SOCKET_VARIABLES:
        path = Path(parent.get(name, "").removeprefix("unix://"))
        if path.is_absolute() and path.is_socket():
            yield _real(path)


def _listened() -> Iterator[Path]:
    """Find the sockets in the file system that programs of the host have open, wherever they lie.

    One that is opened after the command has begun stays within reach where it is visible, and so does one that its
    program has named by a relative path.
    """
    try:
        lines = _OPEN_SOCKETS.read_bytes().splitlines()[1:]
    except OSError:
        return
    names = (line.split(maxsplit=7)[7:] for line in lines)
    for name in {os.fsdecode(found[0]) for found in names if found and found[0].startswith(b"/")}:
        path = Path(name)
        with suppress(OSError):  # what may not even be looked at is out of reach already
            if path.is_socket():
                yield _real(path)


def _toolchain(spec: CommandSpec) -> Iterator[Path]:
    """Name what the programs on the command's `PATH`, and the guard itself, need in order to start."""
    yield from (Path(sys.prefix), Path(sys.base_prefix), Path(__file__).parents[1])
    if spec.network is True:
        yield Path("/etc/resolv.conf")
    for word in dict.fromkeys(spec.env.get("PATH", "").split(":")):
        folder = Path(word)
        if not folder.is_absolute() or not folder.is_dir():
            continue
        yield folder
        yield from _environment_of(folder.parent)
        if (python := folder / "python3").exists():
            yield _real(python).parents[1]


def _environment_of(prefix: Path) -> Iterator[Path]:
    """Yield a virtual environment and the installation it was made from."""
    try:
        lines = (prefix / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    yield prefix
    for line in lines:
        name, _, value = line.partition("=")
        if name.strip() == "home":
            yield Path(value.strip()).parent


def _links(path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the symbolic links that lead from `path` to what it really is, with their targets."""
    for _ in range(40):  # As many as the kernel follows.
        link = next((place for place in (*reversed(path.parents), path) if place.is_symlink()), None)
        if link is None:
            return
        target = link.readlink()
        yield link, str(target)
        path = Path(os.path.normpath(link.parent / target)) / path.relative_to(link)


def _is_below(path: Path, folders: set[Path]) -> bool:
    """Whether `path` lies strictly inside one of the folders."""
    return any(folder in folders for folder in path.parents)


def _nearest(path: Path, folders: set[Path]) -> Path | None:
    """Return the innermost of the folders in which `path` lies."""
    return next((folder for folder in path.parents if folder in folders), None)


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
