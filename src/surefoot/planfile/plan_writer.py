"""The writer of plans and parts of plans, as text that `load_plan` reads back.

Values at their default are left out. Nothing is judged here: the readers do that.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import cast

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from surefoot.core.plan import Limits
from surefoot.core.plan_keys import Key, defaults_of
from surefoot.core.plan_schema import TABLES
from surefoot.core.regex import regex
from surefoot.planfile.json_schema import EDITOR_LINE

_BLOCK = regex(r"\S.*\S\n?", re.DOTALL)
"""Texts that stand as they are below `|`: nothing invisible at their ends."""
_ODD = regex(r"[\x00-\x09\x0b-\x1f\x7f-\xa0\u2028\u2029\ufeff]")
"""What editors do not show, terminals obey, or readers take for the end of a line."""
_FLAGS_ELSEWHERE = frozenset({"yes", "no", "on", "off", "y", "n"})
"""Texts in YAML 1.2, flags for readers of YAML 1.1."""


def plan_text(document: Mapping[str, object]) -> str:
    """Return the plan file that says what the document says: mappings, lists, texts, numbers and flags."""
    # Its keys, and those of its steps, stand as in the reference.
    plan = _sorted(document, TABLES["plan"].names)
    steps = plan.get("steps")
    if isinstance(steps, Sequence) and not isinstance(steps, str):
        plan["steps"] = [
            _sorted(cast("Mapping[str, object]", step), TABLES["step"].names) if isinstance(step, Mapping) else step
            for step in cast("Sequence[object]", steps)
        ]
    return f"{EDITOR_LINE}\n{document_text(plan)}"


def document_text(document: Mapping[str, object]) -> str:
    """Return a document as YAML in which every text is read back as that text."""
    yaml = YAML()
    yaml.width = 2**20
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    yaml.dump(_written(document), out)  # pyright: ignore[reportUnknownMemberType]
    return out.getvalue()


def record_said(record: object, name: str) -> dict[str, object]:
    """Return a part of a plan as a plan file has it, by the table of that name."""
    table = TABLES[name]
    said: dict[str, object] = {}
    for kind in table.kinds:
        question = getattr(record, "ask", None)
        if isinstance(question, kind.type):
            within = _said(question, kind.within)
            said |= {kind.name: within} if kind.is_nested else within
    return said | _said(record, table.keys)


def limits_said(limits: Limits) -> dict[str, object]:
    """Return `limits` as a plan file has it."""
    resources: dict[str, object] = {
        name: {"count": count, "observe": limits.observed[name]} if name in limits.observed else count
        for name, count in limits.resources.items()
    }
    return record_said(limits, "limits") | ({"resources": resources} if resources else {})


def _said(record: object, keys: Iterable[Key]) -> dict[str, object]:
    usual = defaults_of(type(record))
    values = [(key, getattr(record, key.fills)) for key in keys if key.fills]
    return {
        key.name: _value_said(key, value)
        for key, value in values
        if key.fills not in usual or value != usual[key.fills]
    }


def _value_said(key: Key, value: object) -> object:
    match value:
        case StrEnum():
            return str(value)
        case int() | float() if key.value.kind in ("time", "duration"):
            return f"{value:f}".rstrip("0").rstrip(".") + "s"
        case tuple():
            return list(cast("tuple[object, ...]", value))
        case Mapping():
            return dict(cast("Mapping[str, object]", value))
        case _:
            return record_said(value, key.value.table) if key.value.kind == "record" else value


def _sorted(table: Mapping[str, object], keys: Sequence[str]) -> dict[str, object]:
    known = {key: table[key] for key in keys if key in table}
    return {**known, **{key: value for key, value in table.items() if key not in known}}


def _written(value: object) -> object:
    """Return what the library writes for a value, so that every text is read back as that text."""
    match value:
        case Mapping():
            table = cast("Mapping[str, object]", value)
            return {str(key): _written(one) for key, one in table.items()}
        case str():
            if value.lower() in _FLAGS_ELSEWHERE or _ODD.search(value):
                return DoubleQuotedScalarString(value)
            if "\n" not in value:
                return value
            has_open_end = any(line != line.rstrip() for line in value.split("\n"))
            is_block = _BLOCK.fullmatch(value) and not has_open_end
            return LiteralScalarString(value) if is_block else DoubleQuotedScalarString(value)
        case Sequence():
            return [_written(one) for one in cast("Sequence[object]", value)]
        case _:
            return value
