"""What holds for all tests: an example that hypothesis makes may take as long as a loaded machine needs.

`make test` tries the same few examples each time, so that a failure comes again; `make test-all` looks for new ones.
"""

from __future__ import annotations

import gc
from collections import Counter
from fnmatch import fnmatchcase

import pytest
from hypothesis import HealthCheck, settings

from tests.examples import ALL, QUICK
from tests.long_proofs import KEPT

settings.register_profile(
    "steady", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True, max_examples=QUICK
)
settings.register_profile("searching", settings.get_profile("steady"), derandomize=False, max_examples=ALL)
settings.load_profile("steady")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what `make test` leaves to `make test-all`."""
    seen: Counter[str] = Counter()
    for item in items:
        path, _, name = item.nodeid.partition("::")
        name, _, case = name.partition("[")
        test = f"{path.removeprefix('tests/')}::{name}"
        if test in KEPT and not any(kept == str(seen[test]) or fnmatchcase(case[:-1], kept) for kept in KEPT[test]):
            item.add_marker(pytest.mark.slow)
        seen[test] += 1


def pytest_collection_finish() -> None:
    """Keep the tests themselves, some ten thousand, out of each full collection of garbage."""
    gc.collect()
    gc.freeze()
