"""What a program may do with a report, read by the type checker as well as run: `make check` holds these types.

Must stay free of casts: a shape that is `object` is found by pyright here.
"""

from __future__ import annotations

from pathlib import Path

import surefoot
from surefoot import AttemptFailed, Event, Plan, Report, RunState, Step, StepArgument, Watching


async def _body(_: StepArgument) -> None:
    """Do nothing."""


def _states(report: Report) -> dict[str, str]:
    """Return the state of each step, and of each check by its name."""
    checks = {check["name"]: check["verdict"] for step in report["steps"] for check in step["checks"]}
    return {**{step["id"]: step["state"] for step in report["steps"]}, **checks}


def test_a_report_is_typed_down_to_its_checks(tmp_path: Path) -> None:
    """Loops over its steps need no cast."""
    report = surefoot.run(Plan(goal="g", steps=[Step("a", _body)]), home=tmp_path)
    assert (_states(report), report["usage"]["requests"] + 1) == ({"a": "verified"}, 1)


def test_progress_is_watched_with_public_names_alone(tmp_path: Path) -> None:
    """`Watching` and the events that matter are exported."""
    seen: list[str] = []

    def observe(state: RunState, event: Event) -> None:
        seen.append(f"{len(state.nodes)} {event.kind}" if not isinstance(event, AttemptFailed) else event.reason)

    surefoot.run(Plan(goal="g", steps=[Step("a", _body)]), home=tmp_path, watching=Watching(observer=observe))
    assert "1 step_verified" in seen


def test_every_public_name_is_there() -> None:
    """Also the errors that the docstrings name, and the version."""
    assert {"PlanInvalid", "RunHeld", "Watching", "Report", "__version__"} <= set(surefoot.__all__)
    assert [name for name in surefoot.__all__ if getattr(surefoot, name, None) is None] == []
