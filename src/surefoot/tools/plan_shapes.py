"""The shapes of steps and checks that a model can write, made from the schema of plans.

Keys that open the sandbox, the home, sockets or secrets are left out on purpose: only a person gives them.
"""

from __future__ import annotations

from collections.abc import Iterable

from surefoot.core.plan_keys import Key
from surefoot.core.plan_schema import TABLES
from surefoot.tools.argument_schema import Shape, flag, listed, one_of, record_of, text, texts


def _shape_of(key: Key) -> Shape:
    """Return the shape of a key as a model may write it; what takes more than texts is judged by the plan's reader."""
    value = key.planned or key.value
    if value.table == "check":
        return listed(CHECK, key.planner)
    if value.is_many:
        return texts(key.planner)
    match value.kind:
        case "word":
            return one_of([str(word) for word in value.words], key.planner)
        case "flag":
            return flag(key.planner)
        case "record" | "named" | "variables" | "for_each" | "on_failure":
            return {"type": "object", "description": key.planner}
        case _:
            return text(key.planner)


def _properties(keys: Iterable[Key]) -> dict[str, Shape]:
    return {key.name: _shape_of(key) for key in keys if key.planner}


_TABLE = TABLES["check"]
_KINDS = [kind for kind in _TABLE.kinds if kind.keys[0].planner]
CHECK: Shape = record_of(
    {**_properties(key for kind in _KINDS for key in kind.keys), **_properties(_TABLE.keys)},
    said=f"One question with an executable answer: exactly one of {', '.join(kind.name for kind in _KINDS)}.",
)
STEP: Shape = record_of(
    _properties(TABLES["step"].keys),
    "id",
    "why",
    said="One step: exactly one of agent, run, ask; done, checked and undone as a whole.",
)
PREPARE: Shape = record_of(
    _properties(TABLES["prepare"].keys),
    "run",
    said="How a bare checkout is made usable, so that the checks can run. Leave it out where nothing is needed.",
)
SERVICES: Shape = {
    "type": "object",
    "description": "Commands that run beside steps, by name: {db: {run: COMMAND, ready: COMMAND}}.",
}
