"""Let the texts of a file be obeyed on every rung, print what came of it, and write `docs/internals/injections.md`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.injections.agents import obeyed_by_agents
from bench.injections.agents_page import agents_json, agents_summary, with_agents
from bench.injections.page import as_json, page, summary
from bench.injections.performing import perform
from bench.injections.stage import ROOT
from surefoot.drills.drill_file import texts_of
from surefoot.sandbox.landlock import landlock_abi

PLAIN_TAKES_EVERY = 10
"""On the plain rung every tenth text is obeyed: what is open is open for all."""


def rungs() -> list[str]:
    """Return the rungs that this machine may have, the best first."""
    return ["bubblewrap", *(["landlock"] if landlock_abi() else []), "plain"]


def main() -> None:
    """Do as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.injections", description="Let texts be obeyed, and count.")
    parser.add_argument("file", type=Path, help="JSON: a list of texts, or of objects with `text` or `goal`")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--agents", action="store_true", help="agents alone; of the page it writes their section anew")
    parser.add_argument("--rung", action="append", choices=rungs(), help="these rungs alone; writes no page")
    parser.add_argument("--first", type=int, help="so many texts alone; writes no page")
    parser.add_argument("--at-once", type=int, default=1, help="so many rungs at once (default: 1)")
    told = parser.parse_args()
    texts = texts_of(told.file)[: told.first]
    wanted: Sequence[str] = told.rung or rungs()
    shares = [_share(texts, rung) for rung in wanted]
    with ThreadPoolExecutor(told.at_once) as pool:
        found = [] if told.agents else list(pool.map(perform, shares, wanted))
        agents = list(pool.map(obeyed_by_agents, shares, wanted))
    in_lines = (summary(found) if found else "") + agents_summary(agents)
    sys.stdout.write(as_json(found, agents_json(agents)) if told.json else in_lines)
    if not told.rung and told.first is None:
        path = ROOT / "docs/internals/injections.md"
        path.write_text(with_agents(page(found) if found else path.read_text("utf-8"), agents), "utf-8")


def _share(texts: Sequence[str], rung: str) -> Sequence[str]:
    return texts[::PLAIN_TAKES_EVERY] if rung == "plain" else texts


if __name__ == "__main__":
    main()
