"""The tree is the architecture: what may import what, and what `import surefoot` may load."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "surefoot"
MODULES = sorted(SOURCE.rglob("*.py"))

LOADED_WHEN_USED = {
    # Model providers and their kin take seconds to load.
    "anthropic",
    "genai_prices",
    "google",
    "openai",
    "pydantic_ai",
    # What the cluster engine, the console and agent protocols will bring.
    "acp",
    "mcp",
    "starlette",
    "temporalio",
    "uvicorn",
    # The command line's own.
    "rich",
    "typer",
}


def test_the_import_contracts_hold() -> None:
    """No module imports from above, and none stands outside the contracts."""
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_every_module_says_what_it_is_for(module: Path) -> None:
    """Each module begins with a docstring."""
    assert ast.get_docstring(ast.parse(module.read_text(encoding="utf-8")))


def test_importing_surefoot_loads_no_provider_and_no_command_line() -> None:
    """A program that uses the Python API starts without libraries it has not asked for."""
    code = "import sys, surefoot; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    assert LOADED_WHEN_USED.isdisjoint(done.stdout.split())


def test_views_need_no_terminal_and_nothing_of_the_command_line() -> None:
    """A second front end shows the same without them."""
    names = sorted(path.relative_to(SOURCE) for path in (SOURCE / "views").rglob("*.py"))
    modules = [".".join(("surefoot", *name.with_suffix("").parts)).removesuffix(".__init__") for name in names]
    code = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    loaded = done.stdout.split()
    assert [name for name in loaded if name.split(".")[0] in {"rich", "typer"} or name.startswith("surefoot.cli")] == []
