"""A plan as the text of a plan file, from what the user gave, what was found out, and what a model says.

Owns the way from checks and other parts of a plan back to the keys of a plan file, and the quoting of lines in which
something is wrong. What is written here and read again by `surefoot.planfile` is the same. Must never judge a plan.
Read `surefoot.tools.planning` next.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace

from surefoot.core.check_kinds import CallCheck, ChangedCheck, CommandCheck, Expect, FileCheck, TestsCheck
from surefoot.core.globs import literal
from surefoot.core.plan import Check, Limits, Plan, Prepare, Service

PLAN_NAME = "plan"
"""What stands for the file in places."""
_CHECK_TIMEOUT_S = 600.0
_STEP_TIMEOUT_S = 1800.0
_SERVICE_TIMEOUT_S = 60.0
_PLACE = re.compile(rf"{PLAN_NAME}:(\d+):\d+: ")
_LINE_MAX = 160


def unfolded(plan: Plan) -> Plan:
    """Return a plan made for a folder of a repository with the globs it was written with; see `within`."""
    start = f"{literal(plan.folder)}/"

    def globs(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(text.removeprefix(start) for text in texts)

    def check(one: Check) -> Check:
        return replace(one, ask=ChangedCheck(globs=globs(one.ask.globs))) if isinstance(one.ask, ChangedCheck) else one

    if not plan.folder:
        return plan
    prepare = None if plan.prepare is None else replace(plan.prepare, key=globs(plan.prepare.key))
    return replace(plan, prepare=prepare, accept=tuple(map(check, plan.accept)), scope_write=globs(plan.scope_write))


def check_said(check: Check) -> dict[str, object]:
    """Return a check as a plan file has it, its name included."""
    said: dict[str, object] = {}
    match check.ask:
        case CommandCheck():
            said["run"] = check.ask.command
        case TestsCheck():
            said["tests"] = check.ask.command
            said |= {"format": check.ask.format} if check.ask.format != "junit" else {}
        case FileCheck():
            said["file"] = check.ask.glob
            said |= {key: value for key, value in asdict(check.ask).items() if key != "glob" and value is not None}
        case CallCheck():
            said["call"] = check.ask.function
        case ChangedCheck():
            said["changed"] = list(check.ask.globs)
    said["name"] = check.name
    said |= {"expect": str(check.expect)} if check.expect is not Expect.PASS else {}
    said |= _timeout(check.timeout_s, _CHECK_TIMEOUT_S)
    said |= _set({"cwd": check.cwd, "env": dict(check.env), "network": check.network, "uses": list(check.uses)})
    said |= {} if check.confine else {"confine": False}
    said |= {"held_back": True} if check.held_back else {}
    return said


def prepare_said(prepare: Prepare) -> dict[str, object]:
    """Return `prepare` as a plan file has it."""
    said: dict[str, object] = {"run": prepare.run}
    said |= _set({"key": list(prepare.key), "path": list(prepare.path), "network": prepare.network})
    return said | _timeout(prepare.timeout_s, _STEP_TIMEOUT_S)


def service_said(service: Service) -> dict[str, object]:
    """Return a service as a plan file has it, without its name."""
    said: dict[str, object] = {"run": service.run}
    said |= _set({"ready": service.ready, "stop": service.stop, "cwd": service.cwd, "env": dict(service.env)})
    said |= _set({"network": service.network})
    return said | _timeout(service.timeout_s, _SERVICE_TIMEOUT_S)


def limits_said(limits: Limits) -> dict[str, object]:
    """Return `limits` as a plan file has it."""
    said: dict[str, object] = {}
    said |= {"wall": _duration(limits.wall_s)} if limits.wall_s is not None else {}
    said |= {"parallel": limits.parallel} if limits.parallel != 1 else {}
    said |= _set({"cost_usd": limits.cost_usd, "tokens": limits.tokens, "requests": limits.requests})
    resources = {
        name: {"count": count, "observe": limits.observed[name]} if name in limits.observed else count
        for name, count in limits.resources.items()
    }
    return said | _set({"resources": resources})


def _set(values: Mapping[str, object]) -> dict[str, object]:
    """Return what says something."""
    return {key: value for key, value in values.items() if value not in (None, False, [], {}, "")}


def _timeout(seconds: float, usual: float) -> dict[str, object]:
    return {} if seconds == usual else {"timeout": _duration(seconds)}


def _duration(seconds: float) -> str:
    return f"{seconds:f}".rstrip("0").rstrip(".") + "s"


def quoted(problems: Iterable[str], text: str) -> str:
    """Return the problems, each followed by the line of the document it is about."""
    lines = text.splitlines()
    told: list[str] = []
    for problem in problems:
        told.append(problem)
        place = _PLACE.match(problem)
        number = int(place[1]) if place is not None else 0
        if 0 < number <= len(lines):
            told.append(f"    {number} | {lines[number - 1][:_LINE_MAX]}")
    return "\n".join(told)
