"""Programs that die at any commit while a plan changes, or a person answers about a step that failed.

Each history is carried out once undisturbed, and again with a death at each commit, the person's own commits included.
Its end is the same, nothing that was verified is done again, and nothing that was said is lost. `test_dying_journal.py`
has the effects, `../crash` real programs.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from surefoot import ScriptedReply, ScriptedRequest, api
from surefoot.api.engagement import Source
from surefoot.api.takeover import lane_of
from surefoot.core.agent_types import ModelFacts, ModelRouting, Role, RoleModels
from surefoot.core.event_words import QuestionKind
from surefoot.core.ids import RunId
from surefoot.core.kernel import apply
from surefoot.core.report import status_of
from surefoot.core.state import QuestionState, RunState
from surefoot.errors import SurefootError
from surefoot.models.scripted import scripted
from surefoot.planfile import parse_plan
from surefoot.testing import DyingJournal
from tests.scripted_runs import repository

FIRST, RUN = RunId("20260101-bbbbbb"), RunId("20260101-aaaaaa")
LOG = "echo $SUREFOOT_STEP >> $SUREFOOT_MEETING/ran"
FAILING = f"""
goal: Build it
steps:
  - {{id: first, run: "{LOG}; echo b > b.txt"}}
  - id: build
    needs: [first]
    run: "{LOG}; test -e new.txt && echo more >> new.txt || {{ echo half > new.txt; exit 3; }}"
    MORE
    retry: {{maximum_attempts: 1}}
    checks: [{{file: new.txt, exists: true}}]
  - {{id: after, needs: [build], run: "{LOG}; cat new.txt > after.txt"}}
"""
ASKING = FAILING.replace("MORE", "on_failure: ask")
AGENT = f"""
goal: Say two
steps:
  - id: fix
    agent: Make it say something.
    writes: [new.txt]
    on_failure: ask
    retry: {{maximum_attempts: 1}}
    checks: [{{run: grep -q two new.txt, expect: fail_to_pass}}]
  - {{id: after, needs: [fix], run: "{LOG}; cat new.txt > after.txt"}}
"""
DOUBTFUL = f"""
goal: Publish what was built
steps:
  - {{id: build, run: "{LOG}; echo version=two >> $SUREFOOT_OUTPUT", expects: {{version: '[0-9]+'}}}}
  - {{id: publish, needs: [build], run: "{LOG}; echo {{steps.build.version}} > published.txt"}}
"""
PATCH = "--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1 @@\n+mine\n"
BUILD = {"id": "build", "why": "w", "needs": ["first"], "checks": [{"file": "new.txt", "exists": True}]}
REPLACED = [{"replace": {**BUILD, "run": f"{LOG}; echo planned > new.txt"}}]
SPLIT = [
    {"add": {"id": "build/1", "why": "w", "needs": ["first"], "run": f"{LOG}; echo part > new.txt"}, "before": "build"},
    {"replace": {**BUILD, "needs": ["build/*"], "verify": True}},
]

Person = Callable[[api.Home, QuestionState], object]


def planner(request: ScriptedRequest, changes: list[dict[str, Any]]) -> ScriptedReply:
    """Change the plan, and say whether a person has refused that before."""
    why = "as you said" if "Not like this" in request.text else "it failed"
    return ScriptedReply(calls=[("amend", {"why": why, "changes": changes})])


def worker(request: ScriptedRequest) -> ScriptedReply:
    """Write what is right once a person has said so."""
    word = "two" if "Use two" in request.text else "three"
    made = ("edit", {"create": [{"path": "new.txt", "content": f"{word}\n"}]})
    done = ("finish", {"summary": "It says something.", "confidence": 1.0})
    return ScriptedReply(calls=[made] if request.turn == 1 else [done])


def word(text: str, **more: Any) -> Person:
    """Return the person who says this to every question about a failed step, and yes to all else."""

    def say(home: api.Home, found: QuestionState) -> object:
        if found.asked.about is QuestionKind.CONFIRM or text not in found.asked.options:
            return api.answer(home, found.asked.question, "yes")
        return api.answer(home, found.asked.question, text, **more)

    return say


YES = word("yes")


def edits(**wanted: Any) -> Person:
    """Return the person who wants something else tried."""
    return lambda home, found: api.edit(home, found.asked.question, **wanted)


def refuses_once(home: api.Home, found: QuestionState) -> object:
    """Refuse the first change of the plan, and say why."""
    if found.asked.question.endswith(".1"):
        return api.reject(home, found.asked.question, "Not like this")
    return api.answer(home, found.asked.question, "yes")


def by_hand(home: api.Home, found: QuestionState) -> object:
    """Take the step over, do it in its lane, and say so."""
    if "done" not in found.asked.options:
        return api.take_over(home, found.asked.question)
    lane = lane_of(home, home.state(RUN), found)
    assert lane is not None
    Path(lane, "new.txt").write_text("by hand\n", "utf-8")
    return api.answer(home, found.asked.question, "done")


def add_and_keep(home: api.Home) -> None:
    """Let something hold for the run, and change its plan, before it is worked on."""
    state = home.state(RUN)
    if not state.plan.constraints and not any("Hands off" in str(one) for one in state.amendments.values()):
        api.keep(home, RUN, "Hands off", deny=("a.txt",))
    if not any("more" in str(one) for one in home.state(RUN).amendments.values()):
        api.amend(home, RUN, "amend: [{add: {id: more, needs: [after], run: echo more > more.txt}}]")


@dataclass(frozen=True)
class History:
    """A plan, what its planner wants, and what a person does."""

    plan: str
    person: Person = YES
    changes: list[dict[str, Any]] | None = None
    """None: no planner is named."""
    fork: bool = False
    first: Callable[[api.Home], None] = lambda _: None


HISTORIES = {
    "replanned": History(FAILING.replace("MORE", ""), changes=REPLACED),
    "planner split": History(FAILING.replace("MORE", ""), changes=SPLIT),
    "planner refused": History(FAILING.replace("MORE", ""), refuses_once, REPLACED),
    "doubt left by the planner": History(DOUBTFUL, changes=[]),
    "doubt": History(DOUBTFUL, word("go_on")),
    "said": History(AGENT, word("retry", say="Use two")),
    "instructed": History(AGENT, edits(command="Use two")),
    "kept changes": History(ASKING, word("retry_with_changes")),
    "another command": History(ASKING, edits(command="echo whole > new.txt")),
    "patched": History(ASKING, edits(patch=PATCH)),
    "by hand": History(ASKING, by_hand),
    "left to the planner": History(ASKING, word("replan", say="Otherwise"), REPLACED),
    "split on request": History(ASKING, word("split"), SPLIT),
    "forked": History(ASKING, word("retry_with_changes"), fork=True),
    "held": History(FAILING.replace("exit 3", "true").replace("MORE", ""), first=add_and_keep),
}


def options_of(history: History) -> api.Options:
    """Return who plays the models."""

    def play(request: ScriptedRequest) -> ScriptedReply:
        return worker(request) if request.role == "worker" else planner(request, history.changes or [])

    roles = [Role.WORKER, *([Role.PLANNER] if history.changes is not None else [])]
    models = {role.value: RoleModels(chain=(ModelFacts(name="scripted:play"),)) for role in roles}
    routing = ModelRouting(roles=models, unknown_price="tokens-only", with_planner=history.changes is not None)
    named = () if history.changes is None else ("planner=scripted:play",)
    return api.Options(by="una", models=named, routing=routing, asking=scripted(play))


def work(folder: Path, history: History, left: int | None = None, *, is_written: bool = False) -> int:
    """Begin the run, or go on with it, on a journal that dies; return the commits taken."""
    journal = DyingJournal.open(folder)
    journal.left, journal.is_written = left, is_written
    with api.Home(folder, journal=journal) as home:
        try:
            begin(home, folder, history)
            history.first(home)
            while asyncio.run(api.engage(home, RUN, options_of(history))).open_questions:
                for found in home.state(RUN).open_questions:
                    history.person(home, found)
        except SurefootError:
            if left is None:
                raise
    return journal.taken


def begin(home: api.Home, folder: Path, history: History) -> None:
    """Make the run, if there is none; perhaps out of another one."""
    if home.journal.head(RUN)[0] > 0:
        return
    source = Source(repository=folder / "repo")
    plan, options = parse_plan(history.plan, "plan").plan, options_of(history)
    if not history.fork:
        api.create_run(home, plan, source, run_id=RUN, options=options)
        return
    if home.journal.head(FIRST)[0] == 0:
        api.create_run(home, plan, source, run_id=FIRST, options=options)
    asyncio.run(api.engage(home, FIRST, options))
    api.fork_run(home, f"{FIRST}@first", options, run_id=RUN)


def made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the user's repository and the folder that all steps may write."""
    repository(folder / "repo", {"a.txt": "one\n"})
    (folder / "meeting").mkdir()
    monkeypatch.setenv("SUREFOOT_MEETING", str(folder / "meeting"))
    return folder


def folded(folder: Path) -> RunState | None:
    """Fold the journal from its first event."""
    state: RunState | None = None
    with api.Home(folder) as home:
        for recorded in api.events(home, RUN) if home.journal.head(RUN)[0] else ():
            state = apply(state, recorded.event)
    return state


def ending(folder: Path) -> tuple[Any, ...]:
    """Return what has to be the same however often the program died."""
    state = folded(folder)
    assert state is not None
    tree = subprocess.run(
        ["git", "-C", folder / "repo", "rev-parse", f"surefoot/{RUN}^{{tree}}"], check=True, capture_output=True
    ).stdout
    steps = {(node.spec.id, status_of(node).value) for node in state.steps()}
    in_force = [one.revision for one in state.amendments.values() if one.revision]
    said = [(one.by, one.text) for one in state.said]
    return str(state.outcome), tree, steps, len(in_force), said, state.plan.constraints


def ran(folder: Path) -> Counter[str]:
    """Count how often each body began."""
    log = folder / "meeting" / "ran"
    return Counter(log.read_text("utf-8").splitlines() if log.exists() else ())


def verified(folder: Path) -> dict[str, int]:
    """Return how often the bodies ran of steps that are verified."""
    state = folded(folder)
    nodes = () if state is None else state.steps()
    return {node.spec.id: ran(folder)[node.spec.id] for node in nodes if node.status == "verified"}


QUICK = ("replanned", "doubt", "kept changes", "forked", "held")
"""The histories of which `make test` tries every so many-th commit."""


@pytest.mark.parametrize(
    ("name", "every"),
    [*((name, 31) for name in QUICK), *(pytest.param(name, 1, marks=pytest.mark.slow) for name in HISTORIES)],
)
def test_a_history_that_dies_at_any_commit_ends_as_it_does_undisturbed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, every: int
) -> None:
    """Lost or just written: the same end, nothing verified done again, nothing lost that was said."""
    history = HISTORIES[name]
    calm = made(tmp_path / "calm", monkeypatch)
    taken = work(calm, history)
    for number in range(every // 2, taken, every):
        folder = made(tmp_path / str(number), monkeypatch)
        work(folder, history, number, is_written=number % 2 == 0)
        done = verified(folder)
        work(folder, history)
        assert ending(folder) == ending(calm), number
        assert {step: ran(folder)[step] for step in done} == done, number
