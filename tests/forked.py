"""Programs that are forked from one that has done the imports already, which is most of what a short program takes.

`serve` is the program that forks, `Launcher` how a test speaks to it: an order a line, answered by the id of the
program that was forked for it and, when that has ended, by its exit status.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from surefoot import faults


class Launcher:
    """Starts the program `script` again and again, as a program of its own each time."""

    def __init__(self, script: Path, env: Mapping[str, str]) -> None:
        """Start the program that forks the others."""
        self.env = dict(env)
        self._server = subprocess.Popen(
            [sys.executable, str(script)],
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def start(self, order: str, output: Path, env: Mapping[str, str], errors: Path | None = None) -> int:
        """Start a program with more variables, and return its id; `wait` has to be called before the next.

        What it prints goes to the file `output`; errors go there, too, unless they have a file of their own.
        """
        assert self._server.stdin is not None
        asked = {"order": order, "env": dict(env), "output": str(output), "errors": str(errors or output)}
        self._server.stdin.write(json.dumps(asked) + "\n")
        return self._line()

    def wait(self) -> int:
        """Wait for the program's end and return its exit status, negative for a signal."""
        return self._line()

    def has_ended(self, within_s: float) -> bool:
        """Wait so long for the program's end, and tell whether it has come."""
        assert self._server.stdout is not None
        return bool(select.select([self._server.stdout], [], [], within_s)[0])

    def close(self) -> None:
        """End the server."""
        self._server.communicate()

    def _line(self) -> int:
        assert self._server.stdout is not None
        return int(self._server.stdout.readline())


def serve(carry_out: Callable[[str], int], warm_up: Callable[[str], None]) -> None:
    """Carry out the orders of a `Launcher`, each in a program of its own; `warm_up` is called here before each."""
    for line in sys.stdin:
        asked = json.loads(line)
        warm_up(asked["order"])
        gc.freeze()  # what the programs share is not looked through, and so not copied, by the collector of each
        pid = os.fork()
        if pid == 0:
            for stream, name in ((1, "output"), (2, "errors")):
                os.dup2(os.open(asked[name], os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.environ.update(asked["env"])
            time.tzset()
            importlib.reload(faults)  # it reads the variables once
            code = carry_out(asked["order"])
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
        _say(pid)  # before the wait: the test may want to kill it
        _say(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()
