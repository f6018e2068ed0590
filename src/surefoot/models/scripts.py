"""The interface of scripted models: what a script is told and what it may answer.

An answer has to follow from what the script is told, not from memory: after a kill another engine asks again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from surefoot.core.agent_types import Fault, Usage
from surefoot.core.record import record
from surefoot.core.regex import regex
from surefoot.ports import Asker, Message, Speaker

SCRIPTED = "scripted:"
"""How a model begins that is a script."""
_FOLDED = regex(r"Turns 1 to (\d+), in short\.")
_PHASES = {"scout": "understand", "planner": "plan", "worker": "execute", "reviewer": "validate"}


@record
class ScriptedRequest:
    """What a script is told: what any model would be told, and whose attempt asks."""

    messages: tuple[Message, ...]
    """What was said so far, the system's words first."""
    tools: tuple[str, ...]
    """Names of the tools it may call; none where a summary is asked for."""
    role: str = ""
    """`scout`, `planner`, `worker` or `reviewer`; empty where nobody says."""
    run: str = ""
    step: str = ""
    """The step's id; `(understand)`, `(plan)` and `(review)` for the other phases."""
    attempt: int = 1
    turn: int = 1
    """Which reply of the conversation is asked for, from 1; those told in short count, too."""

    @property
    def phase(self) -> str:
        """The phase the role is at work in."""
        return _PHASES.get(self.role, "")

    @property
    def text(self) -> str:
        """All that it is told, as one text."""
        return "\n".join(message.text for message in self.messages)

    @property
    def news(self) -> str:
        """What is new since its last reply, as one text; at first everything."""
        last = max((at for at, message in enumerate(self.messages) if message.speaker is Speaker.MODEL), default=-1)
        return "\n".join(message.text for message in self.messages[last + 1 :])


@record
class ScriptedReply:
    """What a script answers: a reply, or a fault of the provider it plays."""

    say: str = ""
    calls: Sequence[tuple[str, Mapping[str, object] | str]] = ()
    """The tools it calls, each with its arguments; a text stands for arguments as a model may have written them."""
    fault: Fault | None = None
    """What goes wrong; the rest is then what of a reply had come."""
    retry_after_s: float | None = None
    why: str = ""
    """What the provider says about the fault."""
    usage: Usage | None = None
    """What it took; None: about what the texts take."""
    delay_s: float = 0.0


Answered = ScriptedReply | str | Sequence[tuple[str, Mapping[str, object] | str]]
"""What a function may return: a reply, a text, or calls."""
Script = Callable[[ScriptedRequest], Answered | Awaitable[Answered]]
"""A function that plays a model, `async` or not."""


def request_of(messages: Sequence[Message], tools: Sequence[str], asker: Asker | None = None) -> ScriptedRequest:
    """Return what a script is told."""
    folded = max((int(match[1]) for message in messages if (match := _FOLDED.match(message.text))), default=0)
    replies = sum(message.speaker is Speaker.MODEL for message in messages)
    return ScriptedRequest(
        messages=tuple(messages),
        tools=tuple(tools),
        role="" if asker is None else asker.role.value,
        run="" if asker is None else asker.run,
        step="" if asker is None else asker.step,
        attempt=1 if asker is None else asker.attempt,
        turn=folded + replies + 1,
    )


def reply_of(answered: Answered) -> ScriptedReply:
    """Return what a function has answered as a reply."""
    if isinstance(answered, ScriptedReply):
        return answered
    if isinstance(answered, str):
        return ScriptedReply(say=answered)
    return ScriptedReply(calls=tuple(answered))
