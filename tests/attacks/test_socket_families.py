"""A step without the network that leaves by sockets that no network namespace holds.

A virtual machine's socket leads to the host of the machine, or to its neighbours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from surefoot.sandbox.seccomp import has_filter
from tests.attacks.conftest import attack

if TYPE_CHECKING:
    from conftest import Stage

OPENING = """
import socket
opened = set()
for family in range(1, 64):
    for kind in (1, 2, 3, 5):
        try:
            socket.socket(family, kind).close()
            opened.add(family)
        except OSError:
            pass
print(sorted(opened))
"""
LOCAL, INTERNET, INTERNET_6, ROUTES = 1, 2, 10, 16


@pytest.mark.skipif(not has_filter(), reason="no filter of system calls on this machine")
def test_only_sockets_that_a_namespace_holds_can_be_opened(staged: Stage) -> None:
    """Local ones, those of the internet, and those that tell of the own network."""
    opened = attack(staged, OPENING)
    assert set(map(int, opened.strip("[]").split(","))) <= {LOCAL, INTERNET, INTERNET_6, ROUTES}
