"""Migrations of real packages whose plans change while four lanes work: they end as if they had been planned so.

The small one migrates the annotations of `h11`, which the project's own tools bring along, with the `ruff` that
`make check` uses. The large one is slow: Markdown, by its plan in `examples`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h11
import pytest
from ruamel.yaml import YAML

from tests.acceptance.test_migrations import Package, example_of

if TYPE_CHECKING:
    from conftest import Stage

Record = dict[str, Any]
RUN, PLANNED_SO = "20260101-abc123", "20260102-abc123"
RUFF = f"{Path(sys.executable).with_name('ruff')} check --isolated --no-cache --target-version py310 --quiet"
HOLD = "mkdir -p $SUREFOOT_MEETING/begun/$SUREFOOT_STEP; until test -e $SUREFOOT_MEETING/go; do sleep 0.02; done"
SUITE = """import h11
client, server = h11.Connection(h11.CLIENT), h11.Connection(h11.SERVER)
server.receive_data(client.send(h11.Request(method="GET", target="/", headers=[("Host", "localhost")])))
assert server.next_event().target == b"/"
client.receive_data(server.send(h11.Response(status_code=204, headers=[])))
assert client.next_event().status_code == 204
"""
RULES = "UP006,UP007,UP045"


def migration(name: str, rules: str = RULES, *needs: str, step: str = "") -> Record:
    """Return the step that migrates a module by some rules, with the checks that prove it."""
    place = f"h11/{name}.py"
    return {
        "id": step or name,
        "needs": list(needs),
        "run": f"{HOLD}; {RUFF} --select {rules} --fix --unsafe-fixes {place}",
        "writes": [place],
        "checks": checks(place, rules),
    }


def checks(place: str, rules: str = RULES) -> list[Record]:
    """Return what proves that a module is migrated, and that the package still works."""
    old = {"name": "no old annotations", "run": f"{RUFF} --select {rules} {place}", "expect": "fail_to_pass"}
    suite = {"name": "suite", "run": f"{sys.executable} -BS suite.py", "expect": "pass_to_pass"}
    return [old, suite]


PARTS = [
    migration("_connection", "UP006", step="_connection/generics"),
    migration("_connection", "UP007,UP045", "_connection/generics", step="_connection/unions"),
]
WHOLE = {"id": "_connection", "needs": ["_connection/*"], "verify": True, "checks": checks("h11/_connection.py")}
TYPED = {
    "id": "typed",
    "needs": ["_connection", "_events"],
    "run": "echo 'Typed as of Python 3.10.' > h11/TYPES",
    "checks": [{"file": "h11/TYPES", "exists": True, "expect": "fail_to_pass"}],
}
AT_WORK = ("_connection", "_events", "_readers", "_receivebuffer")
LATER = ("_util", "_writers")
CHANGES = [
    {"add": TYPED, "before": "_util"},
    *({"add": part, "before": "_connection"} for part in PARTS),
    {"replace": WHOLE},
    {"move": "_writers", "before": "typed"},
    {"drop": "_receivebuffer"},
    {"drop": "_util"},
]
"""A step added, one split, one moved, one at work and one still to come dropped."""


def plan_of(*steps: Record) -> str:
    """Return the text of a plan for four lanes."""
    accept = [{"name": "suite", "run": f"{sys.executable} -BS suite.py"}]
    plan = {"goal": "Annotate h11 as of Python 3.10", "limits": {"parallel": 4}, "accept": accept}
    return json.dumps(plan | {"steps": list(steps)})


BEFORE = plan_of(*map(migration, (*AT_WORK, *LATER)))
AFTER = plan_of(*PARTS, WHOLE, *map(migration, ("_events", "_readers", "_writers")), TYPED)


@pytest.fixture
def package(stage: Stage) -> Stage:
    """Give the user's repository the source of `h11`, and something that tries the package out."""
    shutil.copytree(Path(h11.__file__).parent, stage.user / "h11", ignore=shutil.ignore_patterns("__pycache__"))
    (stage.user / "suite.py").write_text(SUITE, "utf-8")
    stage.bash("git add --all && git commit --quiet --message h11")
    return stage


def tree(stage: Stage, run: str) -> str:
    """Return the tree that a run ended with."""
    return stage.git("rev-parse", f"surefoot/{run}^{{tree}}")


def subjects(stage: Stage, run: str) -> list[str]:
    """Return which steps left a commit, in order."""
    return stage.git("log", "--reverse", "--format=%s", f"main..surefoot/{run}").splitlines()


def amended(stage: Stage, plan: str, changes: list[Record]) -> None:
    """Change the plan of a run while four lanes work, and let it come to its end."""
    stage.meeting.mkdir()
    with stage.begin("run", stage.plan(plan), "--run-id", RUN, "--yes") as program:
        while len(list(stage.meeting.glob("begun/*"))) < len(AT_WORK):
            assert program.is_running, program.wait().out
            time.sleep(0.02)
        file = stage.folder / "amend.yaml"
        file.write_text(json.dumps({"amend": changes}), "utf-8")
        said = stage.say("amend", RUN, str(file))
        assert said.code == 0, said.err
        stage.go()
        ended = program.wait()
        assert ended.code == 0, ended.out


def test_a_plan_changed_while_four_lanes_work_ends_as_one_planned_so(package: Stage) -> None:
    """A step is added, one split, one moved, one at work and one to come dropped: the tree is the same (M24, M27)."""
    amended(package, BEFORE, CHANGES)
    states = package.states()
    assert package.say("run", package.plan(AFTER), "--run-id", PLANNED_SO).code == 0
    assert tree(package, RUN) == tree(package, PLANNED_SO)
    assert states == {step["id"]: "verified" for step in json.loads(AFTER)["steps"]}
    assert sorted(subjects(package, RUN)) == sorted(subjects(package, PLANNED_SO))


LARGE_SPLIT = "markdown/extensions/footnotes.py"
LARGE_LEFT = ("markdown/treeprocessors.py", "markdown/util.py")
LARGE_MORE = "markdown/core.py"
LARGE_FIRST = "markdown/serializers.py"


class Steps:
    """The steps of the example for Markdown, one by one."""

    def __init__(self, package: Package) -> None:
        """Read the plan, and which files there are."""
        self._plan = YAML(typ="safe").load((example_of("Markdown") / "plan.yaml").read_text("utf-8"))
        self._files = package.git("ls-files", "markdown/*.py").splitlines()

    def of(self, file: str, rules: str = "UP031,UP032", part: str = "", *needs: str) -> Record:
        """Return the step for a file, or a part of it."""
        text = json.dumps(self._plan["steps"][0]).replace("{file}", file).replace("UP031,UP032", rules)
        step = json.loads(text)
        del step["for_each"]
        step["id"] += part
        checks = [one for one in step["checks"] if not part or one["name"] != "no old formats"]
        return step | {"checks": checks, "needs": list(needs), "on_failure": "block"}

    def parts(self) -> list[Record]:
        """Return two parts of the step that is split, and the whole that verifies them."""
        whole = self.of(LARGE_SPLIT)
        first = self.of(LARGE_SPLIT, "UP031", "/percent")
        second = self.of(LARGE_SPLIT, "UP032", "/format", first["id"])
        kept = {name: whole[name] for name in ("id", "checks")}
        return [first, second, kept | {"verify": True, "needs": [f"{whole['id']}/*"]}]

    def plan(self, *, amended: bool) -> Record:
        """Return the plan as it is at first, or as it comes to be."""
        files = [one for one in self._files if one not in ((LARGE_MORE,), LARGE_LEFT)[amended]]
        steps = [(self.parts() if amended and one == LARGE_SPLIT else [self.of(one)]) for one in files]
        accept = self._plan["accept"][:1]
        return self._plan | {"accept": accept, "steps": [one for group in steps for one in group]}

    def changes(self) -> list[list[Record]]:
        """Return the amendments, in the order in which they are made."""
        first, second, whole = self.parts()
        split = [{"add": first, "before": whole["id"]}, {"add": second, "before": whole["id"]}, {"replace": whole}]
        moved = [{"move": self.of(LARGE_FIRST)["id"], "before": self.of(LARGE_LEFT[0])["id"]}]
        return [[{"add": self.of(LARGE_MORE)}], split, moved, [{"drop": self.of(one)["id"]} for one in LARGE_LEFT]]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_real_migration_changed_four_times_ends_as_one_planned_so(tmp_path: Path) -> None:
    """One amendment after every second verified step, while four lanes work: the tree is the same."""
    changed, planned = (Package(tmp_path / word).fetch("Markdown") for word in ("changed", "planned"))
    steps = Steps(changed)
    assert planned.say("run", file_of(planned, steps.plan(amended=True)), "--yes")[0] == 0
    with changed.begin("run", file_of(changed, steps.plan(amended=False)), "--yes") as engine:
        for number, changes in enumerate(steps.changes()):
            await_verified(engine, 2 if number else 1)
            assert changed.say("amend", file_of(changed, {"amend": changes}, "amend.yaml"), "--yes")[0] == 0
        assert engine.stdout is not None
        engine.stdout.read()
    assert engine.returncode == 0
    ends = [(*package.end()[:2], sorted(package.end()[2])) for package in (changed, planned)]
    assert ends[0] == ends[1]
    assert [one["state"] for one in changed.report()["amendments"]] == ["in force"] * 4


def file_of(package: Package, content: Record, name: str = "plan.yaml") -> str:
    """Write a plan or an amendment beside the files that the example comes with, and return its path."""
    folder = package.folder / "plan"
    shutil.copytree(example_of("Markdown"), folder, dirs_exist_ok=True)
    (folder / name).write_text(json.dumps(content), "utf-8")
    return str(folder / name)


def await_verified(engine: subprocess.Popen[str], count: int) -> None:
    """Wait until so many steps more are verified."""
    assert engine.stdout is not None
    for line in engine.stdout:
        count -= "  verified  " in line
        if count == 0:
            return
