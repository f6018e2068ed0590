"""Play histories: `python -m tests.simulation SEED`, `python -m tests.simulation FIRST LAST`.

Ends with status 1 at the first history in which something does not hold.
"""

from __future__ import annotations

import sys
import time
from collections import Counter

from surefoot.errors import SurefootError
from tests.simulation.history import played


def again(seed: int) -> str:
    """Say how a history is played again: the seed and the commit are all it takes."""
    return f"seed {seed}; `.venv/bin/python -m tests.simulation {seed}` plays it again at this commit"


def main(first: int, last: int) -> int:
    """Play histories and return the exit status."""
    kinds: Counter[str] = Counter()
    events, begun = 0, time.monotonic()
    for seed in range(first, last + 1):
        try:
            told = played(seed)
        except SurefootError as error:
            sys.stdout.write(
                f"{again(seed)}\ntroubles: not told\na program ended with {type(error).__name__}: {error}\n"
            )
            return 1
        events += sum(told.kinds.values())
        kinds.update(told.did)
        if told.violations:
            lines = (again(seed), f"troubles: {', '.join(told.did)}", *told.violations)
            sys.stdout.write("".join(f"{line}\n" for line in lines))
            return 1
    took_s = time.monotonic() - begun
    what = f"{events} events in {took_s:.0f} s, nothing amiss; troubles: {dict(kinds)}"
    sys.stdout.write(f"seeds {first} to {last}: {what}\n")
    return 0


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    sys.exit(main(numbers[0], numbers[-1]))
