"""What a plan needs of this machine is looked for before the first step.

Read `tests/api/test_weighing.py` for the rest of what is said beforehand.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from surefoot.api.engagement import create_run
from surefoot.api.home import Home
from surefoot.api.preview import look_over
from surefoot.api.validation import Source
from surefoot.errors import PlanInvalid, UsageError
from surefoot.planfile import load_plan, parse_plan
from surefoot.workers.preflight import missing
from tests.workers.conftest import Lane

ENVIRON = {"PATH": "/usr/bin:/bin", "SET": "1"}
OUTSIDE = "effect: idempotent, "


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit and a remote that is called origin; no settings."""
    monkeypatch.setenv("SUREFOOT_CONFIG", str(tmp_path / "none.toml"))
    folder = tmp_path / "repository"
    folder.mkdir()
    for words in ("init -q", "commit -q --allow-empty -m first", "remote add origin /nowhere"):
        git = ["git", "-c", "user.name=u", "-c", "user.email=u@h", *words.split()]
        subprocess.run(git, cwd=folder, check=True)
    return folder


@pytest.fixture
def listening() -> Iterator[str]:
    """The path of a socket at which somebody listens; short enough to be one."""
    folder = Path(tempfile.mkdtemp(prefix="s"))
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(str(folder / "s"))
        yield str(folder / "s")
    shutil.rmtree(folder)


def found(repository: Path, steps: str, before: str = "", environ: dict[str, str] | None = None) -> list[str]:
    """Return the kinds of what is missing for these steps."""
    plan = parse_plan(f"goal: g\n{before}\nsteps:\n  - {{id: a, {steps}}}\n", "p").plan
    lacking = missing(plan, repository, repository, repository, environ or ENVIRON)
    return [one.kind for one in lacking if not one.kind.startswith("disk")]


@pytest.mark.parametrize(
    "run",
    [
        "run: nope-x --all",
        "run: cd src && X=1 nope-x | sort",
        "run: 'true', checks: [{run: nope-x}]",
        "run: 'true', checks: [{tests: nope-x -v}]",
        OUTSIDE + "run: 'true', probe: {run: nope-x}",
    ],
)
def test_a_program_that_no_path_has_is_told(repository: Path, run: str) -> None:
    """M127: of the body, of a check, of a probe; it is a warning, for it may be there by then."""
    assert found(repository, run) == ["program-missing"]


@pytest.mark.parametrize(("confine", "kinds"), [("true", []), ("false", ["program-missing"])])
def test_programs_that_prepare_makes_are_not_on_the_path_outside_the_sandbox(
    repository: Path, confine: str, kinds: list[str]
) -> None:
    """What runs there names them by their path."""
    run = f"run: nope-x, effect: reversible, confine: {confine}"
    assert found(repository, run, "prepare: {run: 'true', path: [bin]}") == kinds


@pytest.mark.parametrize(
    "around",
    ["prepare: {run: nope-x, path: [bin]}", "accept: [{run: nope-x}]", "services: {s: {run: 'true', ready: nope-x}}"],
)
def test_a_program_around_the_steps_is_looked_for_too(repository: Path, around: str) -> None:
    """M127: `prepare` itself can have nothing from its own folders."""
    assert found(repository, "run: 'true'", around) == ["program-missing"]


@pytest.mark.parametrize(
    "run",
    [
        "run: ./nope-x && tools/nope-x && .venv/bin/nope-x",
        "run: '$TOOL x'",
        "run: 'echo \"a; nope-x b\"'",
        "run: 'nope-x() { ls; }; nope-x a'",
        "run: 'command -v nope-x && nope-x'",
        "run: nope-x || true",
        "run: PATH=$PWD/bin:$PATH; nope-x",
        "run: '. bin/activate; nope-x'",
        "run: python3 -m nope-x",
        "run: env -i cat a",
        "run: 'if test -e a; then cd b; fi'",
        "run: nope-x, env: {PATH: /elsewhere}",
        OUTSIDE + "run: ls, confine: false}\n  - {id: b, run: nope-x",
    ],
)
def test_what_may_be_provided_raises_no_alarm(repository: Path, run: str) -> None:
    """By the lane, by the text itself, by variables, by a step before that is not confined."""
    assert found(repository, run) == []


def test_a_program_that_prepare_may_provide_raises_no_alarm(repository: Path) -> None:
    """M127: its `path` stands in front of PATH."""
    assert found(repository, "run: nope-x", "prepare: {run: 'true', path: [.venv/bin]}") == []


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        ("run: ls, env_from: [NOT_SET]", "env-from-missing"),
        ("run: ls, env_from: [SET]", None),
        (OUTSIDE + "run: ls, sockets: [/nowhere.sock]", "socket-missing"),
        (OUTSIDE + "run: ls, sockets: [$NOT_SET]", "socket-missing"),
        ("call: 'nope_x:f'", "module-missing"),
        ("call: 'json.nope_x:f'", "module-missing"),
        ("call: 'json.decoder:JSONDecoder'", None),
        ("run: ls, checks: [{call: 'nope_x:f'}]", "module-missing"),
        (OUTSIDE + "run: ls, probe: {call: 'nope_x:f'}", "module-missing"),
        (OUTSIDE + "run: ls, probe: {git: upstream, ref: main, is: HEAD}", "remote-missing"),
        (OUTSIDE + "run: ls, probe: {git: origin, ref: main, is: HEAD}", None),
        (OUTSIDE + "run: ls, probe: {git: 'https://h/x.git', ref: main, is: HEAD}", None),
        (OUTSIDE + "run: git remote add upstream x, probe: {git: upstream, ref: main, is: HEAD}", None),
    ],
)
def test_what_surely_makes_a_step_fail_is_found(repository: Path, step: str, kind: str | None) -> None:
    """M127: variables, sockets, modules and remotes; nothing is imported for that."""
    assert found(repository, step) == ([] if kind is None else [kind])


def test_a_module_in_the_plans_folder_is_found_without_being_imported(repository: Path) -> None:
    """A package there, too; what stands in it is not run."""
    (repository / "own").mkdir()
    (repository / "own" / "__init__.py").write_text("raise SystemExit\n", "utf-8")
    (repository / "own" / "part.py").write_text("raise SystemExit\n", "utf-8")
    assert found(repository, "call: 'own.part:f'") == []


def test_a_socket_that_is_there_is_found(repository: Path, listening: str) -> None:
    """By its path, and by a variable that names it."""
    environ = {**ENVIRON, "AGENT": listening}
    step = f"{OUTSIDE}run: ls, sockets: [$AGENT, {listening}]"
    assert found(repository, step, environ=environ) == []


PLAN = "goal: g\nsteps:\n  - {id: a, run: nope-x, env_from: [NOT_SET_X]}\n"


def test_a_run_that_would_surely_fail_is_not_made(repository: Path, tmp_path: Path) -> None:
    """M127: what is missing is told with its place; nothing is left behind."""
    (tmp_path / "p.yaml").write_text(PLAN, "utf-8")
    loaded = load_plan(tmp_path / "p.yaml")
    source = Source(repository=repository, plan_path=tmp_path / "p.yaml", places=loaded.places)
    with Home(tmp_path / "home") as home, pytest.raises(PlanInvalid) as error:
        create_run(home, loaded.plan, source)
    assert error.value.message.startswith(f"{tmp_path}/p.yaml:3:10: step a: `env_from` names NOT_SET_X")
    assert not list((tmp_path / "home").glob("runs/*"))


def test_a_run_says_at_its_start_what_may_be_missing(repository: Path, tmp_path: Path) -> None:
    """M127: the finding stands in the journal, and so in every report."""
    plan = parse_plan("goal: g\nsteps: [{id: a, run: nope-x}]\n", "p").plan
    with Home(tmp_path / "home") as home:
        state = create_run(home, plan, Source(repository=repository))
    assert ("program-missing", "a") in {(one.kind, one.step) for one in state.created.findings}


def test_check_says_what_a_run_would_say(repository: Path, tmp_path: Path) -> None:
    """M127: the same look, with the place of the step."""
    parsed = parse_plan(PLAN, "p.yaml")
    kinds = {one.kind: one.place for one in look_over(parsed.plan, repository, parsed.places).findings}
    assert (kinds["env-from-missing"], kinds["program-missing"]) == ("p.yaml:3:10", "p.yaml:3:10")


@pytest.mark.parametrize(("free", "kind"), [(1 << 19, "disk-full"), (500 << 20, "disk-nearly-full"), (9 << 30, None)])
def test_the_disk_is_looked_at(repository: Path, monkeypatch: pytest.MonkeyPatch, free: int, kind: str | None) -> None:
    """M127: too little room is a problem, little room a warning."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    plan = parse_plan("goal: g\nsteps: [{id: a, run: ls}]\n", "p").plan
    kinds = [one.kind for one in missing(plan, repository, None, repository / "not" / "yet", ENVIRON)]
    assert kinds == ([] if kind is None else [kind])


def test_a_full_disk_is_told_before_a_run_is_made(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a sentence that says what to do; it is no fault of ours."""
    plan = parse_plan("goal: g\nsteps: [{id: a, run: ls}]\n", "p").plan
    with Home(tmp_path / "home") as home:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
        with pytest.raises(UsageError, match="no room for a run: 0 MiB are free"):
            create_run(home, plan, Source(repository=repository))


def test_a_model_is_told_what_its_plan_does_not_find_here(lane: Lane) -> None:
    """The planner learns of a missing program while it can still choose another (M127)."""
    step = {"id": "a", "why": "It has to be.", "run": "frobnicate --now", "writes": ["a.txt"]}
    finished = lane.use("plan", steps=[step])
    assert finished.ok
    assert "step a: it runs 'frobnicate', which is not on the PATH here" in finished.text


def test_a_plan_of_a_model_that_surely_fails_here_is_refused(lane: Lane) -> None:
    """What is missing is told before anything of the plan runs (M127)."""
    probe = {"git": "nowhere", "ref": "main", "is": "HEAD"}
    step = {"id": "a", "why": "It has to be.", "run": "true", "writes": ["a.txt"], "probe": probe}
    finished = lane.use("plan", steps=[step])
    assert not finished.ok
    assert "the plan cannot run on this machine" in finished.text
