"""The rules of the Landlock rung: where a command may write, and which ports it may connect to.

The engine is never restricted: a rule set is handed to the guard as an open file, and the command takes it upon itself
between fork and exec.

Rules only ever add: a read-only folder inside a writable one is writable here, and a hidden one is readable. To hide a
place means to grant everything round it: what others later make beside it cannot be read either. Hidden is the content
of files, not their names. Other reading is open, and so are UDP, sockets of the host in the file system, and the modes,
owners and times of files. Under rules the kernel also refuses the environments of other programs; root is above that,
hence the guard takes its capabilities away.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from surefoot.core.record import record

_CREATE_RULESET, _ADD_RULE = 444, 445
"""Numbers of the system calls; the same on every architecture that has Landlock."""
_ASK_FOR_ABI = 1
_PATH_BENEATH, _NET_PORT = 1, 2
_CONNECT_TCP = 1 << 1
_SCOPED = 0b11
"""Abstract sockets and signals, both kept to what the command itself started."""

_WRITE_FILE, _REFER, _TRUNCATE, _IOCTL_DEV = 1 << 1, 1 << 13, 1 << 14, 1 << 15
_CHANGE_FOLDERS = 0b1_1111_1111 << 4
"""Make and remove files, folders, links, sockets, pipes and devices."""
_READ_FILE = 1 << 2
_ON_FILES = _WRITE_FILE | _TRUNCATE | _IOCTL_DEV | _READ_FILE

_PORT_LEAST = 1024
"""Below lie the well-known services: web, mail, remote shells. Above, test suites have servers of their own."""
_DEVICE_FOLDER = Path("/dev")
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "shm")
"""What programs read and write below `/dev` without changing the machine; `shm` holds semaphores and shared memory.
All else there is refused: disks and consoles, and `pts` with it, for the terminals of the user lie there beside those
that a command opens for itself."""


@record
class Coverage:
    """What one ABI can refuse."""

    abi: int
    """The version of the interface; 0: there is no Landlock."""
    files: int
    """The rights over files that are refused outside the named places, as the kernel's bits."""
    has_ports: bool
    """Whether TCP connections can be refused by port."""
    scoped: int
    """Which ways to other processes can be refused, as the kernel's bits."""

    @property
    def refused(self) -> tuple[str, ...]:
        """Say in words what is refused."""
        words = ["writing outside", "reading secret places and devices"]
        words += ["TCP to ports below 1024 without the network"] if self.has_ports else []
        words += ["signals to other processes"] if self.scoped else []
        return tuple(words)

    @property
    def missing(self) -> tuple[str, ...]:
        """Say in words what this kernel cannot refuse, or refuses too much, though newer ones do it right."""
        lacking = (
            (2, "no file can be moved into another folder"),
            (3, "files outside can be emptied"),
            (4, "every TCP port is open"),
            (6, "other processes can be signalled"),
        )
        return tuple(words for needed, words in lacking if self.abi < needed)


def coverage_of(abi: int) -> Coverage:
    """Return what an ABI can refuse; one newer than this release counts as the newest it knows."""
    files = _WRITE_FILE | _CHANGE_FOLDERS
    for needed, right in ((2, _REFER), (3, _TRUNCATE), (5, _IOCTL_DEV)):
        files |= right if abi >= needed else 0
    return Coverage(abi=abi, files=files, has_ports=abi >= 4, scoped=_SCOPED if abi >= 6 else 0)


@cache
def landlock_abi() -> int:
    """Return the version of Landlock's interface in this kernel; 0: there is none, or it is switched off."""
    if sys.platform != "linux":
        return 0
    return max(0, int(_libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint(_ASK_FOR_ABI))))


class _RulesetAttributes(ctypes.Structure):
    """What a rule set is about: `struct landlock_ruleset_attr`."""

    _fields_ = (("files", ctypes.c_uint64), ("ports", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    """What is granted below a place: `struct landlock_path_beneath_attr`."""

    _pack_ = 1
    _fields_ = (("granted", ctypes.c_uint64), ("place", ctypes.c_int32))


class _NetPort(ctypes.Structure):
    """What is granted on a port: `struct landlock_net_port_attr`."""

    _fields_ = (("granted", ctypes.c_uint64), ("port", ctypes.c_uint64))


def file_rules(
    writable: Iterable[Path], coverage: Coverage, *, hidden: Iterable[Path] = (), shown: Iterable[Path] = ()
) -> int:
    """Make the rule set that refuses writing outside `writable` (missing ones are left out); return its descriptor.

    What lies in `hidden` cannot be read, unless it lies in `writable` or `shown`; neither can other devices than the
    usual ones.

    Raises:
        OSError: the kernel does not take it.
    """
    covered = {_DEVICE_FOLDER, *(Path(os.path.realpath(path)) for path in hidden)}
    files = coverage.files | _READ_FILE
    ruleset = _create(_RulesetAttributes(files=files, scoped=coverage.scoped), coverage)
    try:
        # What lies round a hidden place is shown without it.
        below = (path for path in shown if not covered.isdisjoint((path, *path.parents)))
        for place in (*_round(covered), *below):
            _grant(ruleset, place, _READ_FILE)
        devices = [(_DEVICE_FOLDER / name, _ON_FILES) for name in _DEVICES if name != "shm"]
        for place, rights in [*((path, files) for path in (*writable, _DEVICE_FOLDER / "shm")), *devices]:
            _grant(ruleset, place, rights & files)
    except BaseException:
        os.close(ruleset)
        raise
    return ruleset


def _round(hidden: set[Path]) -> Iterator[Path]:
    """Find what lies beside the hidden places and the folders they lie in: with these left out, all there is.

    A link is left out, too: what it leads to is granted where it lies, or hidden.
    """
    around = {folder for place in hidden for folder in place.parents if hidden.isdisjoint((folder, *folder.parents))}
    for folder in around:
        try:
            entries = list(os.scandir(folder))
        except OSError:
            continue
        paths = (Path(entry.path) for entry in entries if not entry.is_symlink())
        yield from (path for path in paths if path not in hidden and path not in around)


@cache
def port_rules() -> int:
    """Return the rule set that refuses TCP connections to ports below 1024; made once, and kept open."""
    coverage = coverage_of(landlock_abi())
    assert coverage.has_ports, "asked for only where the kernel knows ports"
    ruleset = _create(_RulesetAttributes(files=_REFER, ports=_CONNECT_TCP), coverage)
    # Every rule set refuses moves between folders unless it grants them, even one that is not about files at all.
    _grant(ruleset, Path("/"), _REFER)
    rule, add = _NetPort(granted=_CONNECT_TCP), _libc().syscall
    at, none = ctypes.byref(rule), ctypes.c_uint(0)
    for port in range(_PORT_LEAST, 1 << 16):
        rule.port = port
        _judge(add(_ADD_RULE, ruleset, _NET_PORT, at, none))
    return ruleset


def _create(attributes: _RulesetAttributes, coverage: Coverage) -> int:
    """Make an empty rule set; an older kernel is told only of the fields it knows."""
    known = 3 if coverage.abi >= 6 else 2 if coverage.abi >= 4 else 1
    size = ctypes.c_size_t(8 * known)
    return _judge(_libc().syscall(_CREATE_RULESET, ctypes.byref(attributes), size, ctypes.c_uint(0)))


def _grant(ruleset: int, place: Path, rights: int) -> None:
    try:
        opened = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EACCES):
            return
        raise
    try:
        if not stat.S_ISDIR(os.fstat(opened).st_mode):
            rights &= _ON_FILES
        rule = _PathBeneath(granted=rights, place=opened)
        if rights:
            _judge(_libc().syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), ctypes.c_uint(0)))
    finally:
        os.close(opened)


def _judge(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"Landlock: {os.strerror(number)}")
    return result


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
