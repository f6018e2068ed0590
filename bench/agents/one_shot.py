"""A repair in one request: file and red output in, whole file out, the tests decide; at most three requests.

Each request is built anew from the file as it stands and what the visible tests say to it. There are no tools, no
history and no claim: what passes the visible tests is said to be repaired.
"""

from __future__ import annotations

import re
from pathlib import Path

from bench.agents.asking import Asking
from bench.agents.surefoot_runs import task_of
from bench.agents.trial import Trial, run
from bench.repair.cases import Case
from surefoot.ports import Speaker
from surefoot.tools.pagination import head_and_tail

TRIES_MAX = 3
_OUTPUT_BYTES_MAX = 3_000
_SYSTEM = (
    "You repair faulty programs. You are given a program and what its tests print. Reply with the whole corrected "
    "program in one code block, and with nothing else."
)
_BLOCK = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


async def repair(case: Case, repository: Path, asking: Asking, trial: Trial) -> None:
    """Let the model write the file anew until the visible tests pass."""
    root = repository / case.name
    path = root / case.path
    for number in range(TRIES_MAX):
        _, output = run(case.visible, root)
        told = (
            f"{task_of(case)}\n\n{case.path}:\n```python\n{path.read_text('utf-8').strip()}\n```\n\n"
            f"What the tests print:\n```\n{head_and_tail(output.strip(), _OUTPUT_BYTES_MAX)}\n```"
        )
        said = [(Speaker.SYSTEM, _SYSTEM), (Speaker.USER, told)]
        reply = await asking.ask(said, temperature=0.8 if number else 0.0)
        found = _BLOCK.search(reply or "")
        trial.count("file", misused=int(found is None))
        if found is None:
            continue
        path.write_text(found[1], "utf-8")
        if run(case.visible, root)[0] == 0:
            trial.says_done, trial.end = True, "the visible tests pass"
            return
    trial.end = f"red after {TRIES_MAX} requests"
