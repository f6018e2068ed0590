"""The page `docs/agents-measured.md`: what is kept of every system, case by case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.agents.trial import REQUESTS_MAX, SECONDS_MAX, Trial

REMARKS = Path(__file__).with_name("remarks.md")
"""How it is done and what follows, which no figure says."""
_HEAD = """# Agents, measured

Made by `python -m bench.agents`; do not edit.

Does what Surefoot puts round a model help a small one? The same model, the same cases, the same budget, for:

- **bare**: a loop of a hundred lines in the style of mini-swe-agent: one shell command a reply, until the model says
  done;
- **one-shot**: file and red output in, whole file out, at most three requests, the tests decide; no tools;
- **steps**: an `agent` step of Surefoot that may write the faulty file, with the visible tests as its check;
- **goals**: the same words as a goal, with the faulty file as `--scope` and the visible tests as `--accept`.

"Solved" is what tests say that no system could change. A false "done" is a case that a system calls repaired and that
is not.
"""
_ORDER = ("bare", "one-shot", "steps", "goals")
_ROWS: tuple[tuple[str, Callable[[Sequence[Trial]], str]], ...] = (
    ("cases", lambda trials: str(len(trials))),
    ("solved", lambda trials: f"**{sum(one.solved for one in trials)}**"),
    ('false "done"', lambda trials: f"**{sum(one.is_false for one in trials)}**"),
    ("requests", lambda trials: str(sum(one.requests for one in trials))),
    ("tokens sent", lambda trials: f"{sum(one.input_tokens for one in trials):,}"),
    ("tokens written", lambda trials: f"{sum(one.output_tokens for one in trials):,}"),
    ("minutes", lambda trials: f"{sum(one.taken_s for one in trials) / 60:.0f}"),
    ("calls", lambda trials: str(sum(sum(one.calls.values()) for one in trials))),
    ("of these misused", lambda trials: str(sum(sum(one.misuses.values()) for one in trials))),
)


def page(trials: Sequence[Trial]) -> str:
    """Return the page."""
    parts = [_HEAD]
    for model in sorted({one.model for one in trials}):
        of_model = [one for one in trials if one.model == model]
        systems = [name for name in _ORDER if any(one.system == name for one in of_model)]
        tried = [{one.case for one in of_model if one.system == name} for name in systems]
        cases = {one.case for one in of_model}
        shared = {case for case in cases if all(case in one for one in tried)}
        parts.append(f"## {model}\n")
        if len(shared) < len(cases):
            parts += [f"On the {len(shared)} cases that all systems were given:\n", _summed(of_model, systems, shared)]
            parts.append("All that was tried, so that the columns do not compare:\n")
        parts += [_summed(of_model, systems, cases), "### Case by case\n", _cases(of_model, systems)]
        parts += ["### Calls, and misuse by tool\n", _misuse(of_model, systems)]
    conditions = Counter(value for one in trials for key, value in one.conditions.items() if key != "load")
    loads = [float(one.conditions["load"]) for one in trials if "load" in one.conditions]
    said = f"load of the machine {min(loads):.1f} to {max(loads):.1f}; " if loads else ""
    budget = f"at most {REQUESTS_MAX} requests and {SECONDS_MAX:.0f} s a case"
    parts += [REMARKS.read_text("utf-8"), f"Conditions: {', '.join(conditions)}; {said}{budget}.\n"]
    return "\n".join(parts)


def _summed(trials: Sequence[Trial], systems: Sequence[str], cases: set[str]) -> str:
    columns = [[one for one in trials if one.system == name and one.case in cases] for name in systems]
    return _table(("", *systems), [(name, *map(cell, columns)) for name, cell in _ROWS])


def _cases(trials: Sequence[Trial], systems: Sequence[str]) -> str:
    found = {(one.case, one.system): one for one in trials}
    names = sorted({one.case for one in trials})
    return _table(("case", *systems), [(name, *(_cell(found.get((name, one))) for one in systems)) for name in names])


def _cell(trial: Trial | None) -> str:
    if trial is None:
        return "not tried"
    word = "**solved**" if trial.solved else '**false "done"**' if trial.is_false else "no"
    return f"{word}, {trial.requests} requests, {trial.taken_s:.0f} s: {trial.end}"


def _misuse(trials: Sequence[Trial], systems: Sequence[str]) -> str:
    rows: list[tuple[str, ...]] = []
    for system in systems:
        calls, misuses = Counter[str](), Counter[str]()
        for one in trials:
            if one.system == system:
                calls.update(one.calls)
                misuses.update(one.misuses)
        rows += [(system, tool, str(count), str(misuses[tool])) for tool, count in sorted(calls.items())]
    return _table(("system", "tool", "calls", "misused"), rows)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
