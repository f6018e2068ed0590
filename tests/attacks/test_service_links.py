"""A service that exchanges a folder of its lane with a link, while the engine reads and writes there.

Read `tests/workspace/test_staging.py` for what can be tried without a race.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Stage

RUN = "20260101-abc123"
SECRET = "PGKEY-topsecretval"
NAMES = [f"f{number}" for number in range(1, 601)]
PLAN = """
goal: Write files
files: [swap.py]
services:
  swap: {run: exec python3 $SUREFOOT_FILES/swap.py PLACE, ready: test -e .venv/up}
steps:
"""
STEP = """
  - id: sN
    uses: [swap]
    run: mkdir dN; for f in $(seq 600); do printf %018d $f > dN/f$f; done; echo dN > .venv/go
"""
SWAP = """
import ctypes, os, sys, time
os.makedirs(".venv", exist_ok=True)
swap = ctypes.CDLL(None).renameat2
os.symlink(sys.argv[1], ".venv/link")
open(".venv/up", "w").close()
while not os.path.exists(".venv/go"):
    time.sleep(0.001)
while True:
    with open(".venv/go") as go:
        name = go.read().strip().encode()
    swap(-100, name, -100, b".venv/link", 2)
    time.sleep(0.003)
    swap(-100, name, -100, b".venv/link", 2)
    time.sleep(0.012)
"""
"""git looks at the folder once and opens file after file in it; so it is mostly the folder."""


def attacked(stage: Stage, place: Path) -> None:
    """Run a plan with three steps and the service beside them; the service's link leads to `place`."""
    place.mkdir(exist_ok=True)
    for name in NAMES:
        (place / name).write_text(SECRET, "utf-8")
    (stage.folder / "swap.py").write_text(SWAP, "utf-8")
    steps = (STEP.replace("sN", f"s{number}").replace("dN", f"d{number}") for number in range(3))
    said = stage.run(PLAN.replace("PLACE", str(place)) + "".join(steps))
    assert said.code in {0, 3, 5}


def holds_secret(stage: Stage) -> bool:
    """Tell whether any object the run has written holds the secret."""
    store = stage.home / "runs" / RUN / "store"
    command = ["git", "--git-dir", str(store), "cat-file", "--batch", "--batch-all-objects"]
    return SECRET.encode() in subprocess.run(command, check=True, capture_output=True).stdout


def test_no_file_of_a_secret_place_is_stored(staged: Stage) -> None:
    """Nothing of what the link leads to is in any object of the run."""
    attacked(staged, Path(staged.env["HOME"]) / ".aws")
    assert not holds_secret(staged)
