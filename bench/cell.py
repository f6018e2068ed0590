"""One participant doing one piece of work, in a program of its own: `python -m bench.cell raw chain 1000`.

Prints one line of JSON.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any

MODULES = {
    "floor": "bench.participants.floor",
    "raw": "bench.participants.raw",
    "surefoot": "bench.participants.surefoot_runs",
    "langgraph": "bench.participants.langgraph_runs",
    "dbos": "bench.participants.dbos_runs",
}
WARM_UP = 3


def perform(participant: str, work: str, sizes: list[int], *, is_warm: bool = True) -> dict[str, float]:
    """Do the work once and return what it took."""
    module: Any = import_module(MODULES[participant])
    act = getattr(module, work)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        for part in ("cold", "warm"):
            (folder / part).mkdir()
        if is_warm:
            act(folder / "cold", *(min(size, WARM_UP) for size in sizes))
        begun = time.process_time()
        wall_s = act(folder / "warm", *sizes)
        return {"wall_s": wall_s, "cpu_s": time.process_time() - begun}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(perform(sys.argv[1], sys.argv[2], [int(size) for size in sys.argv[3:]])) + "\n")
