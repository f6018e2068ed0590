"""What of an append reaches the disk, and when; the contract of appending stands in `tests/conformance`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SYNCS = """
import os, sys
from pathlib import Path
from surefoot.core.events import RunCreated, RunResumed
from surefoot.core.plan import Plan
from surefoot.journal.sqlite import SqliteJournal
from surefoot.ports.storage import Batch

journal = SqliteJournal.open(Path(sys.argv[1]))
journal.append([Batch("r", 0, [RunCreated(at=1.0, run="r", plan=Plan(goal="", steps=()))], durable=True)])
for mark in "NNNFFNSS":
    os.path.exists(f"/mark-{mark}")
    if mark == "S":
        journal.sync()
    else:
        journal.append([Batch("r", None, [RunResumed(at=1.0, by="")], durable=mark == "F")])
os.path.exists("/mark-end")
"""


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace to count what reaches the disk")
def test_only_durable_commits_and_sync_wait_for_the_disk(tmp_path: Path) -> None:
    """A durable commit is one sync, also after others that were none; a sync with nothing to do is none."""
    trace = tmp_path / "trace"
    argv = ["strace", "-f", "-o", trace, sys.executable, "-c", SYNCS, tmp_path / "state"]
    if subprocess.run(argv, check=False, env=os.environ, capture_output=True).returncode:
        pytest.skip("strace may not trace here")
    pieces = re.split(r"/mark-(\w+)", trace.read_text(errors="replace"))[1:]
    syncs = [
        (mark, len(re.findall(r"\bf(?:data)?sync\(", text))) for mark, text in zip(*[iter(pieces)] * 2, strict=True)
    ]
    assert syncs[:-1] == [("N", 0), ("N", 0), ("N", 0), ("F", 1), ("F", 1), ("N", 0), ("S", 1), ("S", 0)]
