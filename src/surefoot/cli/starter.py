"""`init` and `schema`: a first plan, and the JSON Schema for editors."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from surefoot.cli.lookup import root_of
from surefoot.cli.projects import Project, look_at_project
from surefoot.cli.screen import Screen
from surefoot.errors import UsageError
from surefoot.planfile.json_schema import EDITOR_LINE, FILE_NAME, plan_schema
from surefoot.views.lines import Line

STARTER = """\
@EDITOR@
# A plan for Surefoot: the steps, and the checks that prove each step.
# This plan runs as it is, in any git repository:
#
#   surefoot check @NAME@     check the plan without running it
#   surefoot run @NAME@       carry out the plan on a branch; your checkout is not touched
#   surefoot land             merge the result

goal: Add a changelog with a first entry

# What must hold at the end, asked in a clean worktree. fail_to_pass: red now, green at the end.
accept:
@ACCEPT@  - run: grep -q "First entry" CHANGES.md
    expect: fail_to_pass

# Files that steps may change. A change outside fails the step.
scope: {write: ["CHANGES.md"]}

# Prepares a worktree (virtual environment, packages); runs once, before the first step.
@PREPARE@
steps:
  - id: start
    run: echo "# Changes" > CHANGES.md
    writes: ["CHANGES.md"]
    checks:
      - {file: CHANGES.md, exists: true, expect: fail_to_pass}

  - id: entry
    needs: [start]
    run: echo "- First entry" >> CHANGES.md
    writes: ["CHANGES.md"]
    checks:
      - run: grep -q "First entry" CHANGES.md
        expect: fail_to_pass        # red before, green after: this step is the cause
      - {file: CHANGES.md, contains: "# Changes"}

  # One step for each file that matches:
  #
  # - id: tidy-{file}
  #   for_each: {file: {glob: "src/**/*.py"}}
  #   run: python3 tidy.py {file}
  #   writes: ["{file}"]
  #   checks: [{run: "python3 -m py_compile {file}", expect: pass_to_pass}]
  #   on_failure: skip

  # A step that cannot be undone asks first, unless you start the run with --allow publish:
  #
  # - id: publish
  #   needs: [entry]
  #   run: ./publish.sh
  #   effect: irreversible
  #   network: true
  #   probe: {http: "https://example.org/release/1.2", applied: {status: 200}, not_applied: {status: 404}}
  #   undo: "Delete the release by hand."
"""

_NO_PREPARE = """\
# prepare:
#   run: python3 -m venv .venv && .venv/bin/pip install -e '.[test]'
#   key: [pyproject.toml]
#   path: [.venv/bin]
#   network: true
"""


def starter(name: str, project: Project) -> str:
    """Return the plan to begin with, with what is known of the project."""
    prepare = _NO_PREPARE
    if project.prepare:
        key = ", ".join(project.key)
        prepare = f"prepare:\n  run: {project.prepare}\n  key: [{key}]\n  path: [{project.path}]\n  network: true\n"
    accept = f"  - tests: {project.tests}\n    expect: pass_to_pass\n" if project.tests else ""
    accept += f"  - run: {project.check}\n    expect: pass_to_pass\n" if project.check else ""
    filled = {"@EDITOR@": EDITOR_LINE, "@NAME@": name, "@PREPARE@\n": prepare, "@ACCEPT@": accept}
    text = STARTER
    for mark, part in filled.items():
        text = text.replace(mark, part)
    return text


def init(path: Path, screen: Screen) -> int:
    """Write the starter plan.

    Raises:
        UsageError: there is a file already, or it cannot be written.
    """
    target = path / "surefoot.yaml" if path.is_dir() else path
    if target.suffix not in {".yaml", ".yml"}:
        raise UsageError(f"{str(target)!r} is no name for a plan; take one that ends in .yaml")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8") as file:
            file.write(starter(str(target), look_at_project(root_of(target.parent))))
    except FileExistsError:
        raise UsageError(f"{str(target)!r} is there already and is left as it is; name another file") from None
    except OSError as error:
        raise UsageError(f"{str(target)!r} cannot be written ({error.strerror}); name another file") from error
    schema_file = _schema_beside(target)
    if screen.is_json:
        screen.document({"plan": str(target), "schema": str(schema_file)})
    name = shlex.quote(str(target))
    screen.show([Line(f"Wrote {target}, and {schema_file} for editors.")])
    screen.show([Line(f"Next: surefoot check {name}, then surefoot run {name}", "head")])
    return 0


def _schema_beside(plan: Path) -> Path:
    """Write the schema beside a plan, unless there is one already; return its path."""
    target = plan.with_name(FILE_NAME)
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(_schema_text())
    except FileExistsError:
        pass
    except OSError as error:
        raise UsageError(f"{str(target)!r} cannot be written ({error.strerror}); name another file") from error
    return target


def _schema_text() -> str:
    return json.dumps(plan_schema(), indent=2) + "\n"


def schema(path: Path | None, screen: Screen) -> int:
    """Print the schema of plan files, or write it into a file (or, in a folder, under its usual name).

    Raises:
        UsageError: the file cannot be written.
    """
    if path is None:
        screen.text(_schema_text())
        return 0
    target = path / FILE_NAME if path.is_dir() else path
    if target.suffix != ".json":
        raise UsageError(f"{str(target)!r} is no name for a schema; take one that ends in .json")
    try:
        target.write_text(_schema_text(), "utf-8")
    except OSError as error:
        raise UsageError(f"{str(target)!r} cannot be written ({error.strerror}); name another file") from error
    if screen.is_json:
        screen.document({"schema": str(target)})
    line = f"# yaml-language-server: $schema={target.name}"
    screen.show([Line(f"Wrote {target}."), Line(f"A plan beside it begins with: {line}", is_whole=True)])
    return 0
