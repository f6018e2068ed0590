"""The command line, each time in a program of its own that is forked from this one.

What has to be a program from its first moment on (signals while it starts, terminals) is started by `Stage.begin` or
`Stage.command`.
"""

from __future__ import annotations

import json
import os
from importlib import import_module

from surefoot.cli import main
from tests.forked import serve

LOADED = (
    *("surefoot.cli.app", "surefoot.cli.execution", "surefoot.cli.overview", "surefoot.cli.run_page"),
    *("surefoot.workers.dispatch", "surefoot.workers.lane_clone", "surefoot.planfile.quick_yaml", "orjson", "acp"),
    *(f"surefoot.effects.{one}.perform" for one in ("body", "checkpoint", "commit", "inspection", "lane", "publish")),
)
"""What most commands load, and what takes long to load."""


def carry_out(line: str) -> int:
    """Carry out a command line and return its exit status."""
    order = json.loads(line)
    os.chdir(order["cwd"])
    return main(order["arguments"])


def warm_up(_: str) -> None:
    """Load what most commands load."""
    for name in LOADED:
        import_module(name)


if __name__ == "__main__":
    serve(carry_out, warm_up)
