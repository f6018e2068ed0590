"""What the project's own files promise: one set of versions, public registries only, no loose ends."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WRITTEN_BY_HAND = ("src", "tests", "examples", "scripts", "bench", "docs", ".ci")
# Put together here, so that this file does not find itself.
LOOSE_END = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"]) + r")\b")


def test_constraints_and_lock_name_the_same_versions() -> None:
    """Who must set up with pip gets what uv would have installed."""
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    locked = {
        f"{package['name']}=={package['version']}" for package in lock["package"] if package["name"] != "surefoot"
    }
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert {line.partition(" ;")[0] for line in lines if not line.startswith("#")} == locked


def test_the_lock_names_public_hosts_only() -> None:
    """A lock made behind a mirror would fail for everybody else."""
    hosts = set(re.findall(r"https?://([^/\"]+)", (ROOT / "uv.lock").read_text(encoding="utf-8")))
    assert hosts == {"pypi.org", "files.pythonhosted.org"}


def test_the_package_holds_only_code_and_drills() -> None:
    """Whatever else lies in its folder would be installed with it; the wheel is made of this folder alone."""
    files = [path for path in (ROOT / "src/surefoot").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    shipped = ROOT / "src/surefoot/drills/shipped"
    data = [path for path in files if path.suffix != ".py" and path.name != "py.typed"]
    assert [str(path) for path in data if path.parent != shipped] == []
    assert {path.suffix for path in data} == {".yaml", ".json"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"] == {"packages": ["src/surefoot"]}


def test_no_loose_end_is_left_in_a_file() -> None:
    """What remains to be done belongs into an issue, where it is seen."""
    files = [path for folder in WRITTEN_BY_HAND for path in (ROOT / folder).rglob("*") if path.is_file()]
    texts = {path: path.read_bytes().decode(errors="replace") for path in files if "__pycache__" not in path.parts}
    assert [str(path) for path, text in texts.items() if LOOSE_END.search(text)] == []
