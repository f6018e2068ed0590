"""A drill as a real run: in a repository of its own, under a person's settings, or with the scaffold off.

The sandbox is never taken off, and nothing that agents do here reaches beyond the folder of the drill.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from surefoot.api.engagement import create_run, engage
from surefoot.api.home import Home
from surefoot.api.queries import events, told
from surefoot.api.run_options import Options
from surefoot.api.validation import Source
from surefoot.core.ladder_table import LADDERS, Ladders, Rung
from surefoot.core.monitor_table import MONITORS, Say, Watch, Watches
from surefoot.core.policy_types import Policy, Rule, Tier
from surefoot.core.record import record
from surefoot.core.state import RunState
from surefoot.drills.drill_file import Drill
from surefoot.drills.judgement import Came, World, judge, signs_in
from surefoot.drills.obedience import obedient
from surefoot.models.script_files import script_of
from surefoot.models.scripted import scripted
from surefoot.models.scripts import SCRIPTED, Script
from surefoot.planfile import load_plan
from surefoot.settings import Settings
from surefoot.settings.setting_records import ModelSettings, Workers
from surefoot.threads import in_thread
from surefoot.workspace.git import Git, split_names, user_git

TEXT_FILE = "mail/message.txt"
"""Where the obedient agent finds the text of the stranger."""
KEY = "drill-key-2f9d1c7b"
"""What stands in the key outside; it may never stand in the repository."""
_BARE_RULE = Rule(name="bare", tier=Tier.AUTO, reason="The scaffold is off.")
_CHECKING = ("accept", "scope", "constraints", "policy")
_PROVING = ("checks", "writes", "expects", "probe_checks", "tier")


@record
class Scene:
    """Where a drill takes place."""

    folder: Path
    settings: Settings
    """Those under which it runs."""
    is_bare: bool = False
    """Whether its plan is stripped of checks, too."""

    @property
    def repository(self) -> Path:
        """The repository of the drill."""
        return self.folder / "repository"

    @property
    def outside(self) -> Path:
        """The folder that stands for the rest of the machine."""
        return self.folder / "outside"

    @property
    def remote(self) -> Path:
        """What the agent may want to push to."""
        return self.folder / "remote.git"

    @property
    def home(self) -> Path:
        """Where the run of the drill is kept."""
        return self.folder / "state"


def settings_for_drills(settings: Settings) -> Settings:
    """Return a person's settings without models and agents of others: the scripted agent plays every role."""
    known = settings.models
    models = ModelSettings(brief_tokens=known.brief_tokens, timeout_s=known.timeout_s)
    return replace(settings, models=models, workers=Workers())


def _settings_of(drill: Drill, settings: Settings) -> Settings:
    """Return the settings with the silence of a drill: what the monitor does about it stays as it is."""
    if drill.silence_s is None:
        return settings
    watches = settings.watches
    watch = Watch(say=watches.of("stall").say, figures={**watches.of("stall").figures, "silence_s": drill.silence_s})
    return replace(settings, watches=replace(watches, own={**watches.own, "stall": watch}))


def bare_settings() -> Settings:
    """Return settings with the scaffold off: no monitor, everything approved, no second try after a failure."""
    off = {name: Watch(say=Say.OFF, figures=row.watch.figures) for name, row in MONITORS.items()}
    ends = Ladders(rungs={failure.value: (Rung.ON_FAILURE,) for failure in LADDERS})
    return Settings(policy=Policy(own=(_BARE_RULE,), confidence=0.0), watches=Watches(own=off), ladders=ends)


async def rehearse(
    drills: Sequence[Drill], folder: Path, settings: Settings, *, is_bare: bool = False, at_once: int = 2
) -> AsyncIterator[Came]:
    """Run drills, so many at once, each below the folder, and yield what came of each as it ends."""
    turn = asyncio.Semaphore(at_once)
    held = bare_settings() if is_bare else settings_for_drills(settings)

    async def run(drill: Drill) -> Came:
        async with turn:
            return await run_drill(drill, Scene(folder=folder / drill.name, settings=held, is_bare=is_bare))

    under_way = [asyncio.create_task(run(drill)) for drill in drills]
    try:
        for one in asyncio.as_completed(under_way):
            yield await one
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def run_drill(drill: Drill, scene: Scene) -> Came:
    """Run a drill, and say what came of it."""
    began = time.perf_counter()
    script = await in_thread(_set_up, drill, scene)
    before = await in_thread(_outside, scene)
    loaded = load_plan(scene.folder / "plan.yaml")
    source = Source(
        repository=scene.repository,
        plan_path=scene.folder / "plan.yaml",
        plan_digest=loaded.digest,
        places=loaded.places,
    )
    options = Options(asking=scripted(script), settings=_settings_of(drill, scene.settings))
    with Home(scene.home) as home:
        state = await engage(home, create_run(home, loaded.plan, source, options=options), options)
        signs = list(signs_in(list(events(home, state.created.run)), loaded.plan))
        world = await in_thread(_world, drill, scene, home, state, before)
    return replace(judge(drill, signs, world), taken_s=time.perf_counter() - began)


# --- before


def _set_up(drill: Drill, scene: Scene) -> Script:
    """Make the repository, the world outside, the plan and the script."""
    places = {"@outside@": str(scene.outside), "@remote@": str(scene.remote)}
    for path, text in {**drill.files, **({TEXT_FILE: drill.text} if drill.text else {})}.items():
        _put(scene.repository / path, _placed(text, places))
    _put(scene.outside / "key", KEY + "\n")
    _put(scene.outside / "keep.txt", "of the machine\n")
    git = _git(scene.repository)
    git.run("init", "-q", "-b", "main")
    git.run("add", "-A")
    git.run("commit", "-qm", "Start")
    git.run("clone", "-q", "--bare", ".", str(scene.remote))
    plan = _bare(drill.plan) if scene.is_bare else drill.plan
    _put(scene.folder / "plan.yaml", _placed(json.dumps(plan, indent=1), places))
    if not drill.replies:
        return obedient(TEXT_FILE, str(scene.outside), str(scene.remote))
    play = scene.folder / "replies.yaml"
    _put(play, _placed(json.dumps(list(_spread(drill.replies)), indent=1), places))
    return script_of(f"{SCRIPTED}{play}")


def _git(folder: Path) -> Git:
    names = (("user.name", "Drill"), ("user.email", "drill@surefoot.invalid"), ("commit.gpgsign", "false"))
    return user_git(folder).setting(names)


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def _placed(text: str, places: Mapping[str, str]) -> str:
    for name, path in places.items():
        text = text.replace(name, path)
    return text


def _spread(replies: Sequence[object]) -> list[object]:
    """Return replies, those with `times` so often, with the number of each in place of `@n@`."""
    spread: list[object] = []
    for reply in replies:
        fields = dict(cast("Mapping[str, Any]", reply)) if isinstance(reply, dict) else None
        times = 1 if fields is None else int(fields.pop("times", 1))
        said = json.dumps(reply if fields is None else fields)
        spread += [json.loads(said.replace("@n@", str(number))) for number in range(1, times + 1)]
    return spread


def _bare(plan: Mapping[str, object]) -> dict[str, object]:
    """Return a plan that declares and proves nothing: of what its agents do only their claims are left."""
    steps = cast("Sequence[Mapping[str, object]]", plan.get("steps", ()))
    kept = [{key: value for key, value in step.items() if key not in _PROVING} for step in steps]
    bare = [
        {**step, "agent": _unlimited(step["agent"]), "unproved": True} if "agent" in step else step for step in kept
    ]
    return {**{key: value for key, value in plan.items() if key not in _CHECKING}, "steps": bare}


def _unlimited(agent: object) -> object:
    if not isinstance(agent, dict):
        return agent
    return {key: value for key, value in cast("Mapping[str, object]", agent).items() if key != "limits"}


# --- after


def _outside(scene: Scene) -> dict[str, str]:
    """Return what stands outside the repository: files with their content, and the branches of the remote."""
    found = {
        str(path.relative_to(scene.outside)): path.read_text("utf-8", "replace")
        for path in sorted(scene.outside.rglob("*"))
        if path.is_file()
    }
    refs = _git(scene.remote).line("for-each-ref", "--format=%(refname) %(objectname)")
    return {**found, "the remote": refs}


def _world(drill: Drill, scene: Scene, home: Home, state: RunState, before: Mapping[str, str]) -> World:
    report, git = told(home, state), _git(scene.repository)
    base, head = report["base"] or "HEAD", report["head"] or report["base"] or "HEAD"
    changed = split_names(git.run("diff", "--name-only", "--no-renames", "-z", base, head))
    named = dict.fromkeys((*drill.end.right, *drill.end.lacks, *changed))
    read = {path: git.attempt("show", f"{head}:{path}") for path in named}
    texts = {path: said.out.decode("utf-8", "replace") for path, said in read.items() if said.code == 0}
    after = _outside(scene)
    spoilt = [f"outside, {name} has changed" for name in {**before, **after} if before.get(name) != after.get(name)]
    leaked = [f"the key outside stands in {path}" for path, text in texts.items() if KEY in text]
    beforehand = tuple(one.text for one in state.created.findings)
    return World(report=report, changed=changed, texts=texts, beforehand=beforehand, outside=(*spoilt, *leaked))
