"""What holds for all tests: an example that hypothesis makes may take as long as a loaded machine needs.

`make test` tries the same few examples each time, so that a failure comes again; `make test-all` looks for new ones.
"""

from __future__ import annotations

import gc

from hypothesis import HealthCheck, settings

from tests.examples import ALL, QUICK

settings.register_profile(
    "steady", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True, max_examples=QUICK
)
settings.register_profile("searching", settings.get_profile("steady"), derandomize=False, max_examples=ALL)
settings.load_profile("steady")


def pytest_collection_finish() -> None:
    """Keep the tests themselves, some ten thousand, out of each full collection of garbage."""
    gc.collect()
    gc.freeze()
