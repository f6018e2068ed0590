"""Which changed files decide what a check says.

Read `tests/attacks/test_check_is_changed.py` for what follows from a change.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from surefoot.api.home import Home
from surefoot.clock import SystemClock
from surefoot.core.check_kinds import CommandCheck
from surefoot.core.ids import RunId, StepId
from surefoot.core.plan import Check, Plan, Prepare, RunBody, Step
from surefoot.sandbox import Rung
from surefoot.workers.check_files import asked_of, changed_by_step, changed_in_run
from surefoot.workers.run_context import RunContext
from surefoot.workspace import RunWorkspace, inspect_source

FILES = {
    "check.sh": "#!/bin/sh\n. ./lib.sh\ncd sub && python3 deep.py\n",
    "lib.sh": "test -e a.txt\n",
    "link": "check.sh",
    "a.txt": "one\n",
    "app.py": "print('one')\n",
    "own.ini": "[pytest]\n",
    "sub/deep.py": "",
    "sub/check.sh": "true\n",
    "checks/look.py": "",
    "Makefile": "TOP = .\ninclude $(TOP)/build/own.rules\ntest: unit\n\t@$(TOP)/lib.sh\nunit:\n\tsh sub/check.sh\n"
    "run:\n\tpython3 app.py\n",
    "build/own.rules": "X = 1\n",
    "package.json": '{"scripts": {"pretest": "sh lib.sh", "test": "node spec.js", "start": "node app.js"}}',
    "spec.js": "",
    "app.js": "",
    "queue.py": "",
}
STEP = StepId("it")


def room_for(root: Path, home: Home) -> RunContext:
    """Return a run context over a repository with these files."""
    root.mkdir()
    for name, text in FILES.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).symlink_to(text) if name == "link" else (root / name).write_text(text, "utf-8")
    who = ("-c", "user.name=una", "-c", "user.email=una@localhost")
    for words in (("init", "--quiet"), ("add", "--all"), (*who, "commit", "--quiet", "--message", "one")):
        subprocess.run(["git", *words], cwd=root, check=True)
    run = RunId("20260101-abcdef")
    folder = home.run_folder(run)
    folder.mkdir(parents=True)
    space = RunWorkspace.create(folder, inspect_source(root), run, include_dirty=False, at=0.0)
    plan = Plan(goal="g", steps=())
    clock, blobs = SystemClock(), home.journal.blobs
    return RunContext(run=run, folder=folder, plan=plan, blobs=blobs, clock=clock, rung=Rung.PLAIN, workspace=space)


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunContext]:
    """Return a run context over a repository with these files, in which nothing is ever run."""
    folder = tmp_path_factory.mktemp("run")
    with Home(folder / "home") as home:
        yield room_for(folder / "repository", home)


Changed = Callable[..., tuple[str, ...]]


@pytest.fixture
def changed(context: RunContext) -> Changed:
    """Return which of the paths count, if a step with such a check changes them."""
    context.adopt(Plan(goal="g", steps=()))

    def _changed(
        command: str, *paths: str, cwd: str | None = None, env: dict[str, str] | None = None
    ) -> tuple[str, ...]:
        check = Check(name="c", ask=CommandCheck(command=command), cwd=cwd)
        step = Step(id=STEP, body=RunBody(command="true"), checks=(check,), env=env or {})
        return changed_by_step(context, step, context.space.base_tree, paths)

    return _changed


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("./check.sh", "check.sh"),
        ("sh check.sh -v", "check.sh"),
        ("bash -x ./check.sh", "check.sh"),
        ("$PWD/check.sh", "check.sh"),
        ("T=check.sh; sh $T", "check.sh"),
        ("cat check.sh | sh", "check.sh"),
        ("bash < check.sh", "check.sh"),
        ("timeout 9 ./check.sh", "check.sh"),
        ("cd sub && ./check.sh", "sub/check.sh"),
        ("./check.sh", "lib.sh"),
        ("./check.sh", "sub/deep.py"),
        ("sh link", "check.sh"),
        ("python3 -W error checks/look.py", "checks/look.py"),
        ("python3 -m checks.look", "checks/look.py"),
        ("python -m unittest -v checks.look", "checks/look.py"),
        ("node -r ./spec.js app.js", "spec.js"),
        ("make test", "lib.sh"),
        ("make test", "sub/check.sh"),
        ("make", "build/own.rules"),
        ("make test", "GNUmakefile"),
        ("make -C sub", "sub/Makefile"),
        ("npm test", "lib.sh"),
        ("npm run test", "spec.js"),
        ("npm test", ".npmrc"),
        ("pytest -q", "pytest.ini"),
        ("pytest -c own.ini", "own.ini"),
        ("python -m pytest -p checks.look", "checks/look.py"),
        ("PYTEST_ADDOPTS='-p checks.look' make test", "checks/look.py"),
        ("pytest checks/look.py::test_it", "checks/look.py"),
        ("mypy .", "mypy.ini"),
        ("cargo test", ".cargo/config.toml"),
    ],
)
def test_what_a_check_runs_or_is_set_up_by_counts(changed: Changed, command: str, path: str) -> None:
    """Named by the command, by a variable, by another file, or by the program itself."""
    assert changed(command, path, "a.txt") == (path,)


@pytest.mark.parametrize("path", ["pytest.py", "_pytest/__init__.py", "json.py", "unittest/__init__.py", "pluggy.pyc"])
def test_a_new_module_that_a_test_runner_would_import_counts(changed: Changed, path: str) -> None:
    """Python takes it from the folder in which the check starts."""
    assert changed("python -m pytest -q", path) == (path,)


@pytest.mark.parametrize("command", ["PYTHONPATH=sub pytest", "env PYTHONPATH=.:sub python3 checks/look.py"])
def test_a_new_module_on_the_path_of_python_counts(changed: Changed, command: str) -> None:
    """So it does where the step sets the path."""
    assert changed(command, "sub/unittest.py") == ("sub/unittest.py",)
    assert changed("pytest", "sub/unittest.py", env={"PYTHONPATH": "sub"}) == ("sub/unittest.py",)


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("grep -q two a.txt", "a.txt"),
        ("test -f a.txt", "a.txt"),
        ("python3 -m pytest -q", "queue.py"),
        ("python3 -m pytest -q", "app.py"),
        ("python3 -m pytest -q", "json/notes.txt"),
        ("python3 -c 'import app'", "app.py"),
        ("make test", "app.py"),
        ("npm test", "app.js"),
        ("./new.sh", "new.sh"),
        ("python3 made.py", "made.py"),
    ],
)
def test_what_is_only_looked_at_or_is_made_by_the_step_does_not_count(
    changed: Changed, command: str, path: str
) -> None:
    """What a check asks about is the work; what had the name of a module before is the project's own."""
    assert changed(command, path) == ()


def test_files_of_checks_of_other_steps_and_of_acceptance_count(context: RunContext) -> None:
    """A step could prepare the ground for a later one."""
    accept = Check(name="c", ask=CommandCheck(command="sh lib.sh"))
    other = Step(
        id=StepId("o"), body=RunBody(command="true"), checks=(Check(name="d", ask=CommandCheck(command="./link")),)
    )
    context.adopt(Plan(goal="g", steps=(other,), accept=(accept,)))
    step = Step(id=STEP, body=RunBody(command="true"))
    assert changed_by_step(context, step, context.space.base_tree, ("a.txt", "lib.sh", "link")) == ("lib.sh", "link")


def test_what_prepares_lanes_counts(context: RunContext) -> None:
    """It could make a test runner that passes everything."""
    context.adopt(Plan(goal="g", steps=(), prepare=Prepare(run="sh lib.sh")))
    step = Step(id=STEP, body=RunBody(command="true"))
    assert changed_by_step(context, step, context.space.base_tree, ("a.txt", "lib.sh")) == ("lib.sh",)


def test_a_check_counts_paths_from_its_own_folder(changed: Changed) -> None:
    """Not from the root of the repository."""
    assert changed("./check.sh", "check.sh", "sub/check.sh", cwd="sub") == ("sub/check.sh",)


def test_nothing_has_changed_in_a_run_at_its_beginning(context: RunContext) -> None:
    """What the files hold then is what the person had."""
    asked = asked_of(Check(name="c", ask=CommandCheck(command="./check.sh")), None, context.plan)
    assert changed_in_run(context, asked, context.space.base_tree) == ()
