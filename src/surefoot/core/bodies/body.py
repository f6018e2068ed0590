"""What all else asks of the body of a step, without knowing of which kind the body is."""

from __future__ import annotations

from typing import ClassVar, NamedTuple, Self

from surefoot.core.record import record


@record
class AgentLimits:
    """What a model may use; None: no limit of its own."""

    cost_usd: float | None = None
    tokens: int | None = None
    """Tokens, sent and written."""
    requests: int | None = None


class ShellCommand(NamedTuple):
    """A command for a shell."""

    text: str
    shell: str


class Body:
    """A body of any kind. What is said here holds for most kinds; a kind says what is different with it."""

    __slots__ = ()
    kind: ClassVar[str]
    """What pages call the kind; where plan files have it, its key."""
    lead: ClassVar[str] = ""
    """What stands before its text where a plan is shown to be decided upon."""
    acts: ClassVar[bool] = True
    """Whether anything is carried out; else nothing has to be allowed, kept apart, looked at or proved."""
    changes: ClassVar[bool] = True
    """Whether it can change anything; else its checks are asked only once, and have to pass."""
    in_program: ClassVar[bool] = False
    """Whether it runs in the program that made the run: only that one can go on with it, and no sandbox holds it."""
    by_model: ClassVar[bool] = False
    """Whether a model chooses what is done: nobody knows it beforehand, its word is no proof, and it learns."""
    starts_program: ClassVar[bool] = False
    """Whether it is one program, started for it, that the sandbox holds."""
    reaches_provider: ClassVar[bool] = False
    """Whether its program is given the network, by which it reaches the provider of its model."""
    takes_outputs: ClassVar[bool] = False
    """Whether it is handed what earlier steps put out."""
    has_outputs: ClassVar[bool] = False
    """Whether it can put out values for later steps."""

    @property
    def text(self) -> str:
        """What is done, as its author wrote it."""
        raise NotImplementedError

    @property
    def commands(self) -> tuple[ShellCommand, ...]:
        """The shell commands that it runs."""
        return ()

    @property
    def calls(self) -> str | None:
        """The Python function that it calls in a child, if it calls one."""
        return None

    @property
    def played_by(self) -> str:
        """The model that carries it out, or the role whose model does; empty: none."""
        return ""

    @property
    def named_model(self) -> str | None:
        """The model that it names."""
        return None

    @property
    def worker_named(self) -> str | None:
        """The agent of others that carries it out."""
        return None

    @property
    def own_limits(self) -> AgentLimits:
        """What all attempts at it together may use."""
        return AgentLimits()

    @property
    def shown_files(self) -> tuple[str, ...]:
        """Globs of the files that a person is shown with it."""
        return ()

    @property
    def needs_lane(self) -> bool:
        """Tell whether it can be carried out in a workspace alone."""
        return self.acts and not self.in_program

    def given_to(self, worker: str) -> Body:
        """Return the body as an agent of others carries it out; most bodies are none for an agent, and stay."""
        del worker
        return self

    def with_command(self, command: str) -> Self:
        """Return the body with the command that a person wants in place of its own; for those that run one."""
        raise NotImplementedError(command)

    def with_instruction(self, instruction: str) -> Self:
        """Return the body with the instruction that a person wants in place of its own; for those by a model."""
        raise NotImplementedError(instruction)

    @classmethod
    def of(cls, body: Body) -> Self:
        """Return the body of a step that is known to be of this kind, for what belongs to the kind alone."""
        assert isinstance(body, cls)
        return body
