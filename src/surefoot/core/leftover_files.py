"""Ignored files that commands are known to make, which reach no other step unless the plan hands them on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from surefoot.core.event_words import Finding, Severity
from surefoot.core.globs import matches
from surefoot.core.plan import Check, Plan, Step
from surefoot.core.regex import regex

_NAMED_MAX = 5
_PATH = r"(?P<path>[\w.][\w./-]*)"
_OPTIONS = r"(?:\s+-\S+)*"
_MAKES: tuple[tuple[re.Pattern[str], str], ...] = (
    (regex(rf"\bpython[\d.]*\s+-m\s+venv{_OPTIONS}\s+{_PATH}"), ""),
    (regex(rf"\bvirtualenv{_OPTIONS}\s+{_PATH}"), ""),
    (regex(rf"\buv\s+venv{_OPTIONS}(?:[ \t]+{_PATH})?"), ".venv"),
    (regex(r"\buv\s+sync\b"), ".venv"),
    (regex(r"\b(?:npm|pnpm)\s+(?:install|ci|i)\b|\byarn(?:\s+install)?\s*(?:$|[\n;&|])"), "node_modules"),
    (regex(r"\bcargo\s+build\b"), "target"),
    (regex(r"\bpython[\d.]*\s+-m\s+build\b"), "dist"),
)
"""Commands that make a folder: what they look like, and which it is where they do not name it."""
_MAY_MAKE = regex(r"venv|\buv\b|npm|yarn|cargo|build")
"""What is in all of them: most commands have none of it."""
_MISSING = regex(r"no such file|not found|cannot find|cannot open|does not exist", re.IGNORECASE)


def products_of(step: Step, plan: Plan) -> Iterator[str]:
    """Yield the folders the step's command is known to make and that the step declares nowhere.

    They count from the folder of the plan.
    """
    texts = [text for text, _ in step.body.commands if _MAY_MAKE.search(text)]
    made = ((usual, found) for text in texts for of, usual in _MAKES for found in of.finditer(text))
    for usual, found in made:
        name = (found.groupdict().get("path") or usual).rstrip("/").removeprefix("./")
        path = name if step.cwd is None else f"{step.cwd.strip('/')}/{name}"
        if not matches(f"{plan.folder}/{path}" if plan.folder else path, step.uncommitted):
            yield path


def named_by(plan: Plan, path: str, maker: Step) -> tuple[str, ...]:
    """Return the other steps, and the acceptance checks, whose commands name a path or what lies below it."""
    own = path.rstrip("/").removeprefix(plan.folder_prefix)
    found: list[str] = []
    for step in plan.steps:
        texts = [*((text, step.cwd) for text, _ in step.body.commands), *_asked(step.checks)]
        if step.id != maker.id and any(_names(text, cwd, own) for text, cwd in texts):
            found.append(step.id)
    is_accepted = any(_names(text, cwd, own) for text, cwd in _asked(plan.accept))
    return (*found, *(("the acceptance checks",) if is_accepted else ()))


def _names(text: str, cwd: str | None, path: str) -> bool:
    """Tell whether a text that counts from `cwd` names the path, or something below it."""
    near = path if cwd is None else path.removeprefix(f"{cwd.strip('/')}/")
    return re.search(rf"(?<![\w-]){re.escape(near)}(?![\w-])", text) is not None


def _asked(checks: Iterable[Check]) -> Iterator[tuple[str, str | None]]:
    for check in checks:
        text = check.ask.runs or check.ask.looks_at
        if text is not None:
            yield text, check.cwd


def finding_of(plan: Plan, step: Step, paths: Sequence[str]) -> Finding | None:
    """Return what is to be said of products that no commit holds; None: nobody is left who could need them."""
    if not paths or (len(plan.steps) == 1 and step.for_each is None and not plan.accept):
        return None
    wanting = list(dict.fromkeys(one for path in paths for one in named_by(plan, path, step)))
    named = f", though {', '.join(wanting[:_NAMED_MAX])} may need it" if wanting else ""
    text = (
        f"{', '.join(paths[:_NAMED_MAX])} lies where git ignores it: no commit holds it, and other lanes do not have it"
        f"{named}. Name it in `artifacts` to hand it to the steps that need this one, or make it in each lane with "
        "`prepare`; where nobody needs it, name it in `scratch`."
    )
    severity = Severity.WARNING if wanting else Severity.NOTE
    return Finding(kind="undeclared-product", severity=severity, text=text, step=step.id)


def spoiled_finding(step: Step, paths: Sequence[str]) -> Finding:
    """Return what is to be said of files that `prepare` had made and that the body changed."""
    text = (
        f"It changed what `prepare` had made: {', '.join(paths[:_NAMED_MAX])}. The lane was prepared anew before its "
        "checks, and later steps do not get the change. Make it in `prepare`, with the files it depends on as `key`; "
        "hand it on with `artifacts`; or name it in `scratch` where it may change freely."
    )
    return Finding(kind="prepared-changed", severity=Severity.WARNING, text=text, step=step.id)


def lost_product(makers: Iterable[tuple[Step, Sequence[str]]], output: str) -> str:
    """Say which product of an earlier step an output seems to miss; empty: none is seen."""
    if not _MISSING.search(output):
        return ""
    for step, paths in makers:
        for path in paths:
            if path.rstrip("/") in output:
                return f"step {step.id} made {path} in its own lane; hand it on with `artifacts`, or use `prepare`"
    return ""
