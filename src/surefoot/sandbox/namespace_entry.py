"""The program that becomes another program inside existing namespaces.

It imports nothing of Surefoot and little of the standard library, for it is started anew for each command, with the
arguments DESCRIPTOR,… PROGRAM ARGUMENT….
"""

# ruff: noqa: S606
# Becoming another program is what this file is for.

from __future__ import annotations

import ctypes
import os
import sys


def main() -> None:
    """Enter each namespace in turn, then become the program."""
    library = ctypes.CDLL(None, use_errno=True)
    for word in sys.argv[1].split(","):
        if library.setns(int(word), 0) != 0:
            number = ctypes.get_errno()
            sys.exit(f"The network of the lane could not be entered: {os.strerror(number)}.")
        os.set_inheritable(int(word), False)  # noqa: FBT003 - the standard library takes it in no other way.
    os.execv(sys.argv[2], sys.argv[2:])
