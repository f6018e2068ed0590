"""Plant faults in a copy of the source, one at a time, and tell which history of the simulation finds each.

Writes docs/internals/simulation.md. A fault that no history finds within the seeds says that the simulation does not
look where it should: then the exit status is 1. Arguments: names of faults; none: all of them.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "internals" / "simulation.md"
BEGIN, END = "<!-- planted faults: begin -->", "<!-- planted faults: end -->"
SEEDS = 1000

Change = tuple[str, str, str]
"""A file below `src/surefoot`, what stands there once, and what takes its place."""

_JOURNAL, _ENGINE, _KERNEL = "journal/sqlite.py", "engines/embedded.py", "core/kernel"
FAULTS: dict[str, tuple[str, tuple[Change, ...]]] = {
    "token-unchecked": (
        "an append with a void fencing token is taken",
        ((_JOURNAL, "batch.token is not None and batch.token != self._token(run)", "batch.token is None is True"),),
    ),
    "token-remembered": (
        "an engine that was taken over goes on with the token it knows",
        ((_JOURNAL, "                    self._tokens.clear()\n", ""),),
    ),
    "dispatch-before-commit": (
        "a command is carried out before the commit of its decision",
        (
            (
                _ENGINE,
                "            try:\n                await self._writer.append(batch, is_idle=not self._running)",
                (
                    "            for command in commands:\n                self._dispatch(command)\n"
                    "            try:\n                await self._writer.append(batch, is_idle=not self._running)"
                ),
            ),
            (
                _ENGINE,
                (
                    "            self._observe(events)\n            for command in commands:\n"
                    "                self._dispatch(command)\n"
                ),
                "            self._observe(events)\n",
            ),
        ),
    ),
    "conflict-forgotten": (
        "after a conflict the engine decides on a state that is not in the journal",
        ((_ENGINE, "                self.state = load_state(self._journal, self.context.run)\n", ""),),
    ),
    "start-not-awaited": (
        "the start of an effect outside is not on disk when the effect begins",
        ((_ENGINE, "return state.nodes[event.step].effect.is_outside", "return False"),),
    ),
    "commit-not-synced": (
        "a durable commit is told before it is on disk",
        (
            (
                "journal/database.py",
                '"PRAGMA synchronous=FULL" if durable else "PRAGMA synchronous=NORMAL"',
                '"PRAGMA synchronous=NORMAL"',
            ),
        ),
    ),
    "verdict-shared": (
        "a verdict is reused in a lane with something beside its files",
        (
            (
                "core/state.py",
                'f"{self.environment}#{self.name}.{self.made}.{self.epoch}" if self.epoch else self.environment',
                "self.environment",
            ),
        ),
    ),
    "leavings-unknown": (
        "a lane counts as clean whose use a power cut took from the journal",
        ((f"{_KERNEL}/apply.py", "            lane.epoch += 1\n", ""),),
    ),
    "proved-by-neighbour": (
        "a result in a train is proved by what another one in it did",
        (("core/trains.py", "verdict_key(check) if check.expect in _SHARED else None", "verdict_key(check)"),),
    ),
    "train-forgets-results": (
        "each result of a train is brought onto the head, not onto those before it",
        (("core/trains.py", "    if at == 0:\n", "    if at >= 0:\n"),),
    ),
    "left-train-keeps-proof": (
        "what a result has proved in a train that is gone counts for it in the next one",
        (("core/graph_state.py", "            node.work.checks = fresh_records(state, node)\n", ""),),
    ),
    "clean-lane-of-before": (
        "the acceptance is asked in a clean lane of a commit that is off the branch by then",
        ((f"{_KERNEL}/apply.py", "lane.opened_at == state.branch.head", "True"),),
    ),
    "transplant-keeps-bad": (
        "a result that is brought onto the branch again brings along what was found wrong",
        (
            (
                f"{_KERNEL}/attempt_rules.py",
                "is_apart=is_apart,",
                "is_apart=False,",
            ),
        ),
    ),
    "taint-stops": (
        "what consumed a tainted result counts as sound, where that was not found wrong itself",
        (
            (
                "core/taint.py",
                "        todo = _eaten_by(state, todo, eaters, found) or _resting_on(state, eaters, found)\n",
                "        _eaten_by(state, todo, eaters, found)\n        todo = []\n",
            ),
        ),
    ),
    "broken-off-goes-on": (
        "an agent that is broken off, for what it rests on is wrong, asks for the same call again",
        (
            (
                f"{_KERNEL}/interrupts.py",
                "    if at_rest is not None:",
                "    if at_rest is not None and not nodes:",
            ),
        ),
    ),
    "stale-base": (
        "a result goes onto the branch without what was verified meanwhile",
        ((f"{_KERNEL}/attempt_rules.py", "    if work.base == onto:\n", "    if work.base is not None:\n"),),
    ),
    "restore-too-little": (
        "a restore leaves a step verified whose commit is gone",
        (
            (
                f"{_KERNEL}/apply.py",
                "nodes = [node_of(state, event, name) for name in event.pending]",
                "nodes = [node_of(state, event, name) for name in event.pending[1:]]",
            ),
        ),
    ),
    "doubt-forgotten": (
        "an effect outside whose engine died is simply repeated",
        (
            (
                "core/recovery.py",
                "        if work.interrupted is None:\n            return None\n",
                "        if work.interrupted is not Diagnosis.INTERRUPTED:\n            return None\n",
            ),
        ),
    ),
    "lost-turn-free": (
        "a request to a model whose reply was lost is not charged",
        (
            (
                f"{_KERNEL}/conversation_fold.py",
                "        _settle_usage(state, node, work.conversation, None)\n    work.close()",
                "        _settle_usage(state, node, work.conversation, Usage())\n    work.close()",
            ),
        ),
    ),
    "answered-twice": (
        "two people answer one question",
        (
            ("api/journal_append.py", "expected=expected,", "expected=None,"),
        ),
    ),
    "retries-without-end": (
        "a step is tried again however often it fails",
        ((f"{_KERNEL}/ladder_rules.py", "max(0, node.spec.retry.maximum_attempts - node.failures)", "9"),),
    ),
}  # fmt: skip


def plant(folder: Path, changes: tuple[Change, ...]) -> None:
    """Copy the source into a folder, with a fault in it."""
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for name, old, new in changes:
        path = folder / "src" / "surefoot" / name
        text = path.read_text("utf-8")
        if text.count(old) != 1:
            raise SystemExit(f"{name}: this stands there {text.count(old)} times, not once: {old!r}")
        path.write_text(text.replace(old, new), "utf-8")


def found_by(changes: tuple[Change, ...]) -> tuple[int | None, str, float]:
    """Return the seed that finds a fault (None: none does), what it says, and after how many seconds."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="surefoot-planted-") as folder:
        plant(Path(folder), changes)
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([f"{folder}/src", str(ROOT)])}
        command = [sys.executable, "-m", "tests.simulation", "0", str(SEEDS - 1)]
        done = subprocess.run(command, check=False, env=environment, cwd=ROOT, capture_output=True, text=True)
    took_s = time.monotonic() - begun
    match = re.match(r"seed (\d+);", done.stdout)
    if match is None:
        return None, (done.stdout + done.stderr).strip().splitlines()[-1], took_s
    said = next((line for line in done.stdout.splitlines()[2:] if line), "")
    return int(match[1]), said.split("\n")[0], took_s


def main(names: list[str]) -> int:
    """Plant the faults, print and write what found them, and return the exit status."""
    rows: list[str] = []
    missed = 0
    for name in names or FAULTS:
        text, changes = FAULTS[name]
        seed, said, took_s = found_by(changes)
        missed += seed is None
        where = "**not found**" if seed is None else str(seed)
        short = re.sub(r"\s+", " ", said).replace("|", "/")[:110]
        rows.append(f"| `{name}`: {text} | {where} | {short} |")
        print(f"{name}: {where} ({took_s:.0f} s): {short}", flush=True)
    if not names:
        table = "\n".join(["| fault | seed | what it says |", "|---|---|---|", *rows])
        before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{rest.partition(END)[2]}", "utf-8")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
