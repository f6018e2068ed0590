"""Secrets stay where they belong: masked where they are printed, hidden where commands run, open where a step says so.

Read `tests/masking` for what is taken for a secret, `tests/sandbox/test_places.py` for what each rung holds.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from surefoot.sandbox.landlock import landlock_abi

if TYPE_CHECKING:
    from conftest import Said, Stage

RUN = "20260101-abc123"
KEY = "ghp_" + "a1B2c3D4e5F6" * 3
LANDLOCK = pytest.param(
    "landlock", marks=pytest.mark.skipif(landlock_abi() == 0, reason="this kernel has no Landlock, or it is off")
)
PRINTS = f"""
goal: Print secrets
steps:
  - {{id: prints, run: "printf '%s_%s\\n' ghp {KEY[4:]}; printf 'pass%s-%s\\n' word of-mine; echo {KEY} > a.txt"}}
"""


@pytest.fixture
def person(stage: Stage) -> Path:
    """Make a home that commands see, for it lies in the repository, as that of one who keeps their settings in git."""
    home = stage.user / "me"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh/config").write_text("the configuration\n", "utf-8")
    (home / ".ssh/id_rsa").write_text("the key\n", "utf-8")
    return home


def run_at_home(stage: Stage, person: Path, rung: str, *lines: str) -> Said:
    """Run a plan of one step that has a home."""
    plan = "\n".join(["goal: g", "steps:", "  - id: one", *(f"    {line}" for line in lines), ""])
    env = {"HOME": str(person), "SUREFOOT_RUNG": rung, "GIT_CONFIG_GLOBAL": "/dev/null"}
    return stage.say("run", stage.plan(plan), "--run-id", RUN, "--yes", env=env)


@pytest.mark.parametrize("rung", ["bubblewrap", LANDLOCK])
def test_a_step_reads_of_the_home_what_it_declares_and_no_more(stage: Stage, person: Path, rung: str) -> None:
    """At its own path and below its scratch home; the key beside it stays hidden."""
    script = f'run: "cat ~/.ssh/config {person}/.ssh/config > a.txt; ! cat {person}/.ssh/id_rsa"'
    done = run_at_home(stage, person, rung, script, "reads: [~/.ssh/config]")
    assert (done.code, stage.git("show", f"surefoot/{RUN}:a.txt")) == (0, "the configuration\nthe configuration")


@pytest.mark.parametrize("rung", ["bubblewrap", LANDLOCK])
def test_a_step_that_declares_nothing_reads_no_secret(stage: Stage, person: Path, rung: str) -> None:
    """Neither of the home, nor what Surefoot keeps of other runs."""
    places = f"{person}/.ssh/config {person}/.ssh/id_rsa {stage.home}/journal.db"
    done = run_at_home(stage, person, rung, f'run: "for each in {places}; do ! cat $each; done"')
    assert (done.code, "the key" in stage.say("show", RUN, "one").out) == (0, False)


def test_a_place_that_is_not_there_fails_the_step_by_name(stage: Stage, person: Path) -> None:
    """No attempt could find it."""
    done = run_at_home(stage, person, "", 'run: "true"', "reads: [~/.netrc]")
    assert (done.code, "reads: there is no ~/.netrc in the home" in done.out) == (5, True)


def test_who_is_asked_is_told_what_a_step_reads_of_the_home(stage: Stage, person: Path) -> None:
    """It could send it anywhere."""
    said = run_at_home(stage, person, "", 'run: "true"', "reads: [~/.ssh]", "effect: irreversible", "undo: '-'")
    assert "reads places of your home: ~/.ssh" in said.out


def test_a_key_in_a_changed_file_is_a_finding(stage: Stage) -> None:
    """It may be an example; whoever pushes the branch should know."""
    key = "gh" + "p_" + "a1B2" * 9
    done = stage.run(
        f"goal: g\nsteps: [{{id: a, run: 'echo {key} > a.txt', checks: [{{file: a.txt, contains: gh}}]}}]\n", "--json"
    )
    found = [one["text"] for one in done.json["findings"] if one["kind"] == "key-in-file"]
    assert (done.code, ["a.txt" in text for text in found]) == (0, [True])


def test_what_looks_secret_is_nowhere_in_what_is_stored_of_the_output_or_shown(stage: Stage) -> None:
    """A key by its form, also in the changes of a commit; a value by the name of its variable."""
    env = {"OUR_PASSWORD": "password-of-mine"}
    stage.say("run", stage.plan(PRINTS), "--run-id", RUN, env=env)
    shown = [stage.say("show", RUN, "prints", *more, env=env).out for more in ((), ("--json",))]
    shown.append(stage.say("report", RUN, env=env).out)
    blobs = b"".join(path.read_bytes() for path in (stage.home / "blobs").rglob("*") if path.is_file())
    assert not [text for text in (*shown, blobs.decode("latin-1")) if KEY in text or "password-of-mine" in text]


def test_doctor_names_the_secret_places_that_are_there(stage: Stage, person: Path) -> None:
    """And whether commands can read them."""
    said = stage.say("doctor", env={"HOME": str(person), "SUREFOOT_RUNG": "plain"}).out
    assert "secrets: commands can read them: ~/.ssh" in said
