"""`run` and `changed` checks."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.core.check_kinds import ChangedCheck, CommandCheck
from surefoot.core.event_words import Verdict


@pytest.mark.parametrize(
    ("command", "verdict"),
    [
        ("true", Verdict.PASSED),
        ("exit 3", Verdict.FAILED),
        ("false | true", Verdict.FAILED),
        ("exit 255", Verdict.FAILED),
        ("touch it; ./it", Verdict.INCONCLUSIVE),
        ("no-such-program", Verdict.INCONCLUSIVE),
        ("kill -SEGV $$", Verdict.INCONCLUSIVE),
        ("bash -c 'kill -KILL $$'; exit", Verdict.INCONCLUSIVE),
    ],
)
async def test_the_end_of_the_command_is_the_verdict(asking: Any, command: str, verdict: Verdict) -> None:
    """0 passes; what never ran or was ended by a signal says nothing, also where bash reports it as 128 and more."""
    assert (await asking(CommandCheck(command=command))).verdict is verdict


async def test_a_time_out_says_nothing(asking: Any) -> None:
    """A command that was ended by Surefoot has neither passed nor failed."""
    answer = await asking(CommandCheck(command="sleep 60"), timeout_s=0.2)
    assert (answer.verdict, answer.text.split(" after")[0]) == (Verdict.INCONCLUSIVE, "time-out")


async def test_the_text_of_a_failure_is_how_it_ended_and_what_it_said_last(asking: Any) -> None:
    """A person sees the reason without opening the evidence."""
    answer = await asking(CommandCheck(command="seq 100; echo; echo broken here; echo ------; exit 2"))
    assert answer.text.splitlines()[0::6] == ["exit status 2", "broken here"]


async def test_the_whole_output_is_evidence(asking: Any, commands: Any) -> None:
    """What the verdict rests on is kept."""
    answer = await asking(CommandCheck(command="echo one; echo two >&2"))
    assert commands.load(answer.evidence) == b"one\ntwo\n"


async def test_the_variables_of_a_check_win(asking: Any, commands: Any) -> None:
    """A check's `env` lies over those of the step and the plan."""
    await asking(CommandCheck(command="true"), env={"LAYER": "check"})
    assert commands.asked[0].env["LAYER"] == "check"


async def test_cwd_and_network_reach_the_command(asking: Any, commands: Any, lane: Any) -> None:
    """The keys all checks have in common hold for the command."""
    (lane / "sub").mkdir()
    answer = await asking(CommandCheck(command="basename $PWD"), cwd="sub", network=True)
    assert (commands.load(answer.evidence), commands.asked[0].network) == (b"sub\n", True)


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [((), Verdict.PASSED), (("src/a.py", "src/x/b.py"), Verdict.PASSED), (("src/a.py", "README"), Verdict.FAILED)],
)
async def test_all_changed_paths_must_lie_inside(asking: Any, changed: tuple[str, ...], verdict: Verdict) -> None:
    """Nothing changed is nothing outside."""
    assert (await asking(ChangedCheck(globs=("src/**", "docs/*")), changed=changed)).verdict is verdict


async def test_the_first_ten_paths_outside_are_named(asking: Any) -> None:
    """A step that touched everything does not flood the report."""
    paths = tuple(f"out/{number:02}" for number in range(30))
    text = (await asking(ChangedCheck(globs=("src/**",)), changed=paths)).text
    assert text == f"30 of 30 changed paths lie outside src/**: {', '.join(paths[:10])} and 20 more"
