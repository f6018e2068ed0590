"""`command` probes: a program in the sandbox whose output answers."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.core.event_words import Applied
from surefoot.core.probe_kinds import CommandProbe, Probe
from surefoot.probes import Subject, ask, command_probe

APPLIED, NOT_APPLIED, UNKNOWN = Applied


def saying(text: str, applied: str = "^state: live$", not_applied: str | None = "^state: none$") -> Probe:
    """Return a probe whose program prints a text."""
    return Probe(ask=CommandProbe(argv=("printf", "%b", text), applied=applied, not_applied=not_applied))


@pytest.mark.parametrize(
    ("probe", "answer"),
    [
        (saying("shop\\nstate: live\\n"), APPLIED),
        (saying("state: none"), NOT_APPLIED),
        (saying("state: none", not_applied=None), UNKNOWN),
        (saying("state: alive"), UNKNOWN),
        (saying("state: live\\nstate: none"), UNKNOWN),
        (saying("x", applied="("), UNKNOWN),
        (Probe(ask=CommandProbe(argv=("nowhere-to-be-found",), applied=".*")), UNKNOWN),
        (Probe(ask=CommandProbe(argv=("bash", "-c", "echo yes; exit 3"), applied="yes")), APPLIED),
        (Probe(ask=CommandProbe(argv=("bash", "-c", "echo yes; kill -9 $$"), applied="yes")), UNKNOWN),
    ],
)
async def test_declared_patterns_over_the_output_answer(commands: Any, probe: Probe, answer: Applied) -> None:
    """Nothing else does: not the exit status, and not a program that was ended."""
    assert (await ask(probe, commands)).answer is answer


async def test_no_shell_reads_the_arguments(commands: Any) -> None:
    """Each item is one argument, as it stands."""
    probe = Probe(ask=CommandProbe(argv=("echo", "$HOME; `id`", "*"), applied=r"^\$HOME; `id` \*$"))
    assert (await ask(probe, commands)).answer is APPLIED


@pytest.mark.parametrize("network", [False, "loopback", True])
async def test_the_program_is_confined_with_the_network_of_its_step(commands: Any, network: Any) -> None:
    """And is told of the effect it is asked about."""
    subject = Subject(step="a", key="k", network=network)
    await ask(saying("x"), commands, subject=subject)
    (asked,) = commands.asked
    assert (asked.confine, asked.network, asked.text) == (True, network, "")
    assert asked.env == {"SUREFOOT_STEP": "a", "SUREFOOT_IDEMPOTENCY_KEY": "k"}


async def test_output_that_is_too_long_is_not_searched(commands: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows what stands in it."""
    monkeypatch.setattr(command_probe, "SEARCHED_MAX", 3)
    reply = await ask(saying("state: live"), commands)
    assert (reply.answer, "more than 3 bytes" in reply.text) == (UNKNOWN, True)
