"""What a model can say in a plan: the shapes of steps and checks.

Owns which keys of a plan file a model is offered. Those that open the sandbox, the home, sockets or secrets are left
out on purpose: only a person gives them. Must never repeat what a key means beyond what a model needs. Read
`surefoot.tools.planning` next.
"""

from __future__ import annotations

from collections.abc import Mapping

from surefoot.core.check_kinds import Expect
from surefoot.core.plan import OnFailure
from surefoot.core.rules import Effect
from surefoot.tools.shapes import Shape, flag, listed, one_of, record_of, text, texts


def _free(said: str) -> Shape:
    """Return the shape of an object that the plan's own reader judges."""
    return {"type": "object", "description": said}


CHECK: Shape = record_of(
    {
        "run": text("A command; passed when its exit status is 0."),
        "tests": text("A command that runs tests, judged test by test, such as `python -m pytest -q`."),
        "format": one_of(("junit", "unittest"), "With `tests`: how it tells of its tests. pytest: junit (default)."),
        "file": text("A glob over files; goes with exists, contains, lacks or matches."),
        "exists": flag("With `file`: whether one matches."),
        "contains": text("With `file`: each holds this text."),
        "lacks": text("With `file`: none holds this text."),
        "matches": text("With `file`: each matches this regular expression somewhere."),
        "changed": texts("All changed paths match these globs."),
        "name": text("A short name of its own."),
        "expect": one_of(
            tuple(Expect),
            "pass: holds afterwards (default). pass_to_pass: held before and holds afterwards. fail_to_pass: does not "
            "hold now and holds afterwards; the strongest proof.",
        ),
        "timeout": text("Such as `90s` or `10m`."),
        "cwd": text("Folder to ask in."),
        "uses": texts("Services it needs."),
    },
    said="One question with an executable answer: exactly one of run, tests, file, changed.",
)
STEP_KEYS: Mapping[str, Shape] = {
    "id": text("A short name no other step has; a group's holds its placeholder, as in `fix-{item}`."),
    "title": text("A few words for people; becomes the commit's subject."),
    "why": text("The reason for the step."),
    "risk": text("What may go wrong with it."),
    "needs": texts("Ids of the steps whose verified result it needs."),
    "for_each": _free("Makes it a group: {NAME: [items]} or {NAME: {glob: GLOB}}; {NAME} is replaced in its texts."),
    "agent": text("Body: what an agent shall do, complete in itself, for it sees no other step's talk."),
    "run": text("Body: a shell command, where no thought is needed."),
    "ask": text("Body: a question to a person."),
    "cwd": text("Folder in which commands start."),
    "env": _free("Variables for its commands: {NAME: value}."),
    "reads": texts("Globs over files it reads."),
    "writes": texts("Globs over files it may change: as few as possible, but tests and docs it has to change, too."),
    "scratch": texts("Globs over files that are never committed."),
    "artifacts": texts("Globs over ignored files that later steps need."),
    "uses": texts("Services and resources it needs."),
    "network": flag(
        "Whether its command may use the network; then `effect` has to be stated, and a person is asked first."
    ),
    "checks": listed(CHECK, "What proves the step. An `agent` step has to have one that can fail."),
    "unproved": flag(
        "Only for an `agent` step that no check can prove: it then counts as unproved, and the run as partially "
        "completed."
    ),
    "effect": one_of(tuple(Effect), "What it does to the world outside the workspace; default: reversible."),
    "tier": one_of(("auto", "log", "confirm"), "`confirm` has a person asked first; can only be raised."),
    "probe": _free(
        "How to find out whether an outside effect was applied, as in plan files; of kind run (confined, without the "
        "network), file, git, http (GET or HEAD), port or package."
    ),
    "undo": text("How an outside effect is taken back."),
    "timeout": text("Such as `30m`."),
    "on_failure": one_of(
        [word for word in OnFailure if word is not OnFailure.ROLLBACK],
        "What its final failure means; default: `ask` for an `agent` step, `block` for any other.",
    ),
    "optional": flag(
        "Whether the run can be completed although the step failed; only for what the goal does not need."
    ),
    "estimate": text("How long it will take, such as `5m`."),
}
STEP: Shape = record_of(
    STEP_KEYS, "id", "why", said="One step: exactly one of agent, run, ask; done, checked and undone as a whole."
)
PREPARE: Shape = record_of(
    {
        "run": text("The command, such as `python -m venv .venv && .venv/bin/pip install -e .[test]`."),
        "key": texts("Globs over the files its result depends on."),
        "path": texts("Folders put in front of PATH, such as `.venv/bin`."),
        "network": flag("Whether it needs the network."),
        "timeout": text("Such as `30m`."),
    },
    "run",
    said="How a bare checkout is made usable, so that the checks can run. Leave it out where nothing is needed.",
)
SERVICES: Shape = _free("Commands that run beside steps, by name: {db: {run: COMMAND, ready: COMMAND}}.")
