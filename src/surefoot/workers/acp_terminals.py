"""Terminals that an agent of others asks for: commands of the step in its lane, confined as the step's own are."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from surefoot.core.record import record
from surefoot.ports import CommandOutcome, CommandRequest
from surefoot.workers.command import LaneCommands

_OUTPUT_MAX = 20_000_000
_SHOWN_MAX = 1_000_000


@record(frozen=False)
class Terminal:
    """A command that was begun for an agent."""

    shown_max: int
    """So many bytes of the end of its output the agent wants to see."""
    end: asyncio.Future[None]
    """To be done when it shall end."""
    lines: list[str] = field(default_factory=list[str])
    running: asyncio.Task[CommandOutcome] | None = None

    @property
    def is_over(self) -> bool:
        """Tell whether the command has ended."""
        return self.running is not None and self.running.done()

    def kill(self) -> None:
        """Have it end."""
        if not self.end.done():
            self.end.set_result(None)


def begin(commands: LaneCommands, request: CommandRequest, shown_max: int | None) -> Terminal:
    """Begin a command."""
    end = asyncio.get_running_loop().create_future()
    terminal = Terminal(shown_max=min(shown_max or _SHOWN_MAX, _SHOWN_MAX), end=end)
    own = LaneCommands(
        context=commands.context,
        lane=commands.lane,
        mark=f"{commands.mark}/terminal-{id(terminal)}",
        step=commands.step,
        services=commands.services,
        on_line=terminal.lines.append,
    )
    terminal.running = asyncio.create_task(own.run(request, until=end))
    return terminal


def request_of(params: Mapping[str, Any], template: CommandRequest, cwd: str | None) -> CommandRequest:
    """Return the command that an agent wants run: a line for a shell, or a program with its arguments."""
    return CommandRequest(
        text=command_text(params),
        cwd=cwd,
        env={str(one["name"]): str(one["value"]) for one in params.get("env") or ()},
        timeout_s=template.timeout_s,
        network=template.network,
        confine=template.confine,
        output_max=_OUTPUT_MAX,
    )


def command_text(params: Mapping[str, Any]) -> str:
    """Return the command of a request as one line for a shell."""
    arguments: Sequence[object] = params.get("args") or ()
    command = str(params["command"])
    return f"{command} {shlex.join(map(str, arguments))}" if arguments else command


def output_of(terminal: Terminal) -> dict[str, Any]:
    """Return what a terminal has printed so far, and how its command ended."""
    content = "\n".join(terminal.lines).encode()
    shown = content[-terminal.shown_max :].decode("utf-8", "ignore")
    said: dict[str, Any] = {"output": shown, "truncated": len(content) > terminal.shown_max}
    return {**said, "exitStatus": exit_of(terminal)} if terminal.is_over else said


def exit_of(terminal: Terminal) -> dict[str, Any]:
    """Return how the command of a terminal ended."""
    assert terminal.running is not None
    outcome = terminal.running.result()
    return {"exitCode": outcome.exit_code, "signal": None if outcome.signal is None else str(outcome.signal)}


async def end_all(terminals: Sequence[Terminal]) -> None:
    """End what still runs, and wait for it."""
    for one in terminals:
        one.kill()
    running = [one.running for one in terminals if one.running is not None]
    if running:
        await asyncio.wait(running)
