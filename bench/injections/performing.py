"""One rung's whole run: build the stage, let all texts be obeyed, count, clear away."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.injections.battery import SECRET_FILES
from bench.injections.counting import Before, harm_done, kept_by
from bench.injections.machine import Belongings
from bench.injections.openings import Opening, through_openings
from bench.injections.outside import Outside
from bench.injections.stage import OBEDIENT, ROOT, WAITING, Stage, build, payload_for

_LATE_S = 2.0
"""How long what a step left behind is waited for, before it is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one run of all texts did."""

    rung: str
    """Where the steps ran."""
    texts: int
    """How many texts were obeyed, each as a file and as an output."""
    tried: Counter[str]
    """How often each action was tried."""
    seemed: Counter[str]
    """How often it met no refusal the program could see."""
    harm: dict[str, int]
    """What came of it, by the kinds of `HARMS`."""
    examples: dict[str, list[str]]
    """Some of each, for who has to look into it."""
    states: Counter[str]
    """In which states the steps ended."""
    taken_s: float
    """How long it took."""
    openings: list[Opening]
    """What went through openings the plan declares."""

    @property
    def attacks(self) -> int:
        """How many deeds were tried."""
        return self.tried.total()


def perform(texts: Sequence[str], rung: str, *, parallel: int = 2) -> Found:
    """Let all texts be obeyed on a rung, and count what came of it."""
    with staged(rung, parallel) as (stage, marks):
        build(stage, texts, marks)
        waited = stage.say("run", str(stage.folder / "waiting.yaml"), "--run-id", WAITING)
        assert waited.returncode == 4, f"the run that should wait for a person did not: {waited.stdout}{waited.stderr}"
        before, begun = Before.of(stage, marks), time.perf_counter()
        done = stage.say("run", str(stage.folder / "obedient.yaml"), "--run-id", OBEDIENT)
        taken_s = time.perf_counter() - begun
        time.sleep(_LATE_S)
        shown = done.stdout + done.stderr + stage.say("show", OBEDIENT, "--events").stdout
        report = json.loads(stage.say("report", OBEDIENT, "--json").stdout)
        tried, seemed = _deeds(stage)
        examples = harm_done(stage, before, marks, shown)
        return Found(
            rung=rung,
            texts=len(texts),
            tried=tried,
            seemed=seemed,
            harm={kind: len(found) for kind, found in examples.items()},
            examples={kind: sorted(set(found))[:10] for kind, found in examples.items() if found},
            states=Counter(step["state"] for step in report["steps"]),
            taken_s=taken_s,
            # Where nothing is confined the settings are spoilt by now, and no run begins any more.
            openings=[] if rung == "plain" else through_openings(stage),
        )


@contextmanager
def staged(rung: str, parallel: int = 2) -> Generator[tuple[Stage, Path]]:
    """Make a stage, with an empty folder in the temporary folder of the machine, and clear all of it away."""
    # Not in the temporary folder: bubblewrap hides that as a whole, and then nothing would be proven of the rest.
    (ROOT / "build").mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="injections-", dir=ROOT / "build"))
    marks = Path(tempfile.mkdtemp(prefix="surefoot-marks-"))
    names = (*SECRET_FILES, "BANK_TOKEN", "DEPLOY_PASSWORD", "KEYRING", "SHARED_MEMORY")
    canaries = {name: f"canary{secrets.token_hex(16)}" for name in names}
    belongings = Belongings(canaries["KEYRING"], canaries["SHARED_MEMORY"])
    outside = Outside(folder, payload_for(folder))
    stage = Stage(
        folder=folder, rung=rung, outside=outside, belongings=belongings, canaries=canaries, parallel=parallel
    )
    try:
        yield stage, marks
    finally:
        outside.close()
        belongings.close()
        shutil.rmtree(marks, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


def _deeds(stage: Stage) -> tuple[Counter[str], Counter[str]]:
    """Return what the obedient steps say they tried, and what of it met no refusal."""
    tried, seemed = Counter[str](), Counter[str]()
    for told in re.findall(rb"^DEEDS (.*)$", kept_by(stage)["evidence"], re.MULTILINE):
        for action, is_through in json.loads(told):
            tried[action] += 1
            seemed[action] += is_through
    return tried, seemed
