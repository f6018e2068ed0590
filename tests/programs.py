"""Real programs beside a test, and what they may know of whoever runs the tests."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True)
class Ended:
    """How a program ended."""

    code: int
    """Exit status; negative for a signal."""
    out: str
    """All it printed."""

    @property
    def said(self) -> dict[str, Any]:
        """Return the last line of its output, which is JSON."""
        return json.loads(self.out.strip().splitlines()[-1])


class Program:
    """A program at work beside the test; killed at the end of a `with`, should it still run."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], cwd: Path | None = None) -> None:
        """Start it, without a terminal."""
        self._popen = subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._heard: list[str] = []

    @property
    def pid(self) -> int:
        """Return its operating-system id."""
        return self._popen.pid

    @property
    def is_running(self) -> bool:
        """Tell whether it has not ended."""
        return self._popen.poll() is None

    def hear(self, words: str, times: int = 1) -> None:
        """Wait until it has printed so many lines with these words in them."""
        assert self._popen.stdout is not None
        while sum(words in line for line in self._heard) < times:
            line = self._popen.stdout.readline()
            assert line, f"{words!r} was not said {times} times, but:\n{''.join(self._heard)}"
            self._heard.append(line)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._popen.send_signal(number)

    def wait(self) -> Ended:
        """Wait for its end."""
        rest, _ = self._popen.communicate()
        return Ended(self._popen.returncode, "".join(self._heard) + rest)

    def kill(self) -> Ended:
        """Kill it."""
        self._popen.kill()
        return self.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.is_running:
            self._popen.kill()
        self._popen.__exit__(None, None, None)


def variables_for(home: Path) -> dict[str, str]:
    """Return the variables a program gets in a new home: nothing of whoever runs the tests, but the paths."""
    (home / ".gitconfig").write_text("[user]\n\tname = Una User\n\temail = una@example.org\n", "utf-8")
    kept = {name: os.environ[name] for name in ("LANG", "TMPDIR", "SUREFOOT_RUNG") if name in os.environ}
    git = shutil.which("git")
    assert git is not None
    paths = {
        # As little as will do: where lanes have a `python`, each is asked where it imports from.
        "PATH": os.pathsep.join([str(Path(git).parent), os.defpath]),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    return {**kept, **paths, "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1", "USER": "tester"}
