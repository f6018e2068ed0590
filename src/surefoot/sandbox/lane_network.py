"""A network that several confined commands share, with a loopback of its own and nothing beyond.

bubblewrap makes the network for a program that ends at once; the descriptors held here keep it alive, so it is gone
when the last command and these descriptors are.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
from contextlib import suppress
from pathlib import Path

from surefoot.core.record import record
from surefoot.errors import EffectError
from surefoot.sandbox.isolation import bubblewrap_program

_NS_GET_USERNS = 0xB701
"""Asks the kernel for the user namespace that owns a namespace."""
_MAKING_S = 10.0


@record(kw_only=False)
class LaneNetwork:
    """An open network."""

    namespaces: tuple[int, ...]
    """File descriptors, in the order in which they have to be entered."""

    def close(self) -> None:
        """Let go of it."""
        for descriptor in self.namespaces:
            with suppress(OSError):
                os.close(descriptor)


def open_network() -> LaneNetwork:
    """Make a network.

    Raises:
        EffectError: the machine does not allow it.
    """
    reading, writing = os.pipe()
    argv = [str(bubblewrap_program()), "--unshare-net", "--die-with-parent", "--dev-bind", "/", "/"]
    argv += ["--info-fd", str(writing), "--", "cat"]
    try:
        with subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=(writing,),
            start_new_session=True,
        ) as holder:
            os.close(writing)
            with os.fdopen(reading, "rb") as source:
                said = source.read()
            if not said:
                _, errors = holder.communicate(timeout=_MAKING_S)
                raise _refused(errors.decode("utf-8", "replace").strip() or "bwrap said nothing")
            namespaces = _namespaces_of(int(json.loads(said)["child-pid"]))
            holder.communicate(timeout=_MAKING_S)
    except (OSError, ValueError, KeyError, subprocess.TimeoutExpired) as error:
        raise _refused(str(error)) from error
    return LaneNetwork(namespaces)


def _namespaces_of(pid: int) -> tuple[int, ...]:
    network = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    owner = fcntl.ioctl(network, _NS_GET_USERNS)
    if os.fstat(owner).st_ino == Path("/proc/self/ns/user").stat().st_ino:
        os.close(owner)
        return (network,)
    return (owner, network)


def _refused(why: str) -> EffectError:
    message = f"No network could be made for the services of a lane: {why}. Look at `surefoot doctor`."
    return EffectError(message, retryable=False)
