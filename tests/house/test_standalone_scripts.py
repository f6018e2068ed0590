"""Files that another program starts as scripts find no package: they import the standard library and each other."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "surefoot"
SCRIPTS = (
    "workspace/lfs_filter.py",
    "function_calls.py",
    "models/gguf_server.py",
    "sandbox/guard.py",
    "sandbox/namespace_entry.py",
    "sandbox/relay.py",
)


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_standalone_script_loads_without_the_package(script: str) -> None:
    """The LFS filter once imported it, and git could not check out a file."""
    tree = ast.parse((SOURCE / script).read_text("utf-8"))
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    named = [getattr(node, "module", None) or node.names[0].name for node in imports]
    assert [name for name in named if name.startswith("surefoot")] == []
