"""What a provider has in its cache is of use for the next request: each begins as the one before it did (M97)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.providers import DONE, EDIT, Scene, scene_in
from tests.models.server import Asked, Reply, Server

LOOKS = [Reply(text=f"Look {at}.", calls=[("search", {"pattern": f"line {at}"})]) for at in range(1, 12)]
"""No two are the same: a repeated reply would be told in a line."""


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Scene:
    """Make a repository with one agent step."""
    return scene_in(tmp_path, monkeypatch, capsys)


def blocks(asked: Asked) -> Iterator[str]:
    """Yield a request from its beginning: its tools, then each block that it says, without the marks for the cache."""
    body = asked.body
    yield json.dumps(body["tools"])
    for message in [{"role": "system", "content": body.get("system", "")}, *body["messages"]]:
        content = message.get("content") or ""
        for block in [{"text": content}] if isinstance(content, str) else content:
            bare: dict[str, Any] = {name: value for name, value in block.items() if name != "cache_control"}
            yield json.dumps([message["role"], bare, message.get("tool_calls")])


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_each_request_of_a_run_begins_with_the_one_before(scene: Scene, kind: str) -> None:
    """Only the last block, which tells what is left, may be another; the tools and the instructions never are."""
    with Server(*LOOKS, EDIT, DONE) as server:
        name = "bad" if kind == "openai" else "anthropic"
        scene.settings({name: (server.url, kind)})
        assert scene.run(kind).code == 0
    requests = [list(blocks(asked)) for asked in server.asked]
    assert len(requests) == len(LOOKS) + 2
    for before, after in pairwise(requests):
        assert after[: len(before) - 1] == before[:-1]
