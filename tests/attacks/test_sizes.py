"""Steps that would fill the disk of the engine: sparse files as artifacts and results, and endless output.

Read `tests/workspace/test_staging.py` for each limit alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Stage

RUN = "20260101-abc123"
SETTINGS = """
[lanes]
file_bytes_max = 1000000
output_bytes_max = 20000
"""
SPARSE = """
goal: Fill the disk
steps:
  - {id: one, run: mkdir art; truncate -s 4G art/sparse, timeout: 5s, KEY: [art/**]}
"""
LOUD = """
goal: Fill the disk
steps:
  - {id: one, run: echo beginning; head -c 4000000 /dev/zero | tr '\\0' x; echo; echo end}
"""


@pytest.fixture
def limited(staged: Stage) -> Stage:
    """Return the stage with small limits."""
    file = staged.folder / "surefoot.toml"
    file.write_text(SETTINGS, "utf-8")
    return replace(staged, env={**staged.env, "SUREFOOT_CONFIG": str(file)})


def only_step(stage: Stage) -> Any:
    """Return what the report says of the one step."""
    (step,) = stage.say("report", RUN, "--json").json["steps"]
    return step


@pytest.mark.parametrize("key", ["artifacts", "writes"])
def test_a_sparse_file_is_not_copied(limited: Stage, key: str) -> None:
    """The step fails and says which file is too large, and what to do."""
    limited.run(SPARSE.replace("KEY", key))
    reason = only_step(limited)["reason"]
    assert "art/sparse, which has 4294967296 bytes; at most 1000000 were expected" in reason
    assert "`file_bytes_max` of [lanes]" in reason


def test_of_endless_output_the_beginning_and_the_end_are_kept(limited: Stage) -> None:
    """The step goes on to its end; what is left out is counted."""
    assert limited.run(LOUD).code == 0
    said = limited.say("show", RUN, "one", "--output").out
    assert "beginning\nxxx" in said
    assert "bytes of output are left out here]" in said
    assert max(file.stat().st_size for file in limited.home.rglob("*")) < 3_000_000
