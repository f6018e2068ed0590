"""What followed failures of agents, and whether it helped."""

from __future__ import annotations

from typing import Any

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_types import ModelRouting, RoleModels
from surefoot.core.event_words import Diagnosis, Verdict
from surefoot.core.plan import RetryPolicy
from surefoot.core.run_stats import Recovery, by_side, step_figures, together
from tests.core.test_kernel_conversations import AGENT, CASTING, FIRST, begun, failing

AGAIN = {**AGENT, "checks": (failing(),), "retry": RetryPolicy(maximum_attempts=2)}
WEAK = ModelRouting(roles={name: RoleModels(chain=(FIRST,)) for name in CASTING.roles})


def failed_once(run: Any) -> Any:
    """Let the check of the first attempt fail."""
    return run.will(do.AskCheck, "k", verdict=Verdict.FAILED, text="1 != 2").go()


def test_the_last_attempt_is_that_of_the_stronger_model(play: Any) -> None:
    """Each model has its own share of what the step took."""
    run = failed_once(begun(play, {"a": AGAIN}))
    (found,) = step_figures(run.state, run.journal)
    assert (found.kind, found.attempts, found.failures) == ("agent", 2, (Diagnosis.VERIFICATION,))
    assert found.recoveries == (Recovery(move="stronger", helped=True),)
    models = by_side([found])["model"]
    assert {name: one.steps for name, one in models.items()} == {"m": 1, "s": 1}
    assert sum(one.tokens for one in models.values()) == together([found]).tokens


def test_without_one_it_is_the_lesson_that_helps(play: Any) -> None:
    """And where it does not, that is known as well."""
    run = failed_once(begun(play, {"a": AGAIN}, routing=WEAK))
    assert step_figures(run.state, run.journal)[0].recoveries == (Recovery(move="fresh", helped=True),)
    again = begun(play, {"a": AGAIN}, routing=WEAK)
    for _ in range(2):
        again.will(do.AskCheck, "k", verdict=Verdict.FAILED, text="1 != 2")
    again.go()
    (found,) = step_figures(again.state, again.journal)
    assert found.recoveries == (Recovery(move="fresh", helped=False),)
    assert together([found]).recoveries == {"fresh": (0, 1)}


def test_what_a_recovery_came_to_is_unknown_while_it_is_under_way(play: Any) -> None:
    """It counts nowhere."""
    run = failed_once(begun(play, {"a": AGAIN}))
    end = next(at for at, event in enumerate(run.journal) if isinstance(event, ev.StepVerified))
    assert step_figures(run.state, run.journal[:end])[0].recoveries == ()


def test_a_verified_step_that_proved_wrong_has_failed_by_name(play: Any) -> None:
    """No attempt failed; what helped is that it was taken back (M140)."""
    run = play({"a": {}}).go().say(ev.StepsFoundWrong, steps=("a",), why="It is wrong").claim().go()
    (found,) = step_figures(run.state, run.journal)
    assert found.failures == (Diagnosis.SILENT_ERROR,)
    assert found.recoveries == (Recovery(move="invalidate", helped=True),)
    named = [one["diagnosis"] for one in run.report["findings"] if one["kind"] == "found-wrong"]
    assert named == ["silent_error"]
