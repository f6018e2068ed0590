"""Bodies that are a shell command."""

from __future__ import annotations

from dataclasses import replace
from typing import Self

from surefoot.core.bodies.body import Body, ShellCommand
from surefoot.core.record import record


@record
class RunBody(Body):
    """A shell command."""

    kind = "run"
    starts_program = True
    has_outputs = True

    command: str
    """The text given to the shell."""
    shell: str = "bash"
    """`bash` (`-eo pipefail -c`) or `sh` (`-e -c`)."""

    @property
    def text(self) -> str:
        """The command."""
        return self.command

    @property
    def commands(self) -> tuple[ShellCommand, ...]:
        """The command."""
        return (ShellCommand(self.command, self.shell),)

    def with_command(self, command: str) -> Self:
        """Return the body with another command for the same shell."""
        return replace(self, command=command)
