"""The state of a conversation: turns, calls, usage."""

from __future__ import annotations

from dataclasses import field

from surefoot.core.agent_types import Claim, Excerpt, Fault, Guidance, Role, ToolCall, ToolKind, Usage
from surefoot.core.events import (
    ConversationStopped,
    LookedAgain,
    ModelRequested,
    ModelRequestFailed,
    ModelResponded,
    ToolCallFinished,
    ToolCallResolved,
)
from surefoot.core.ids import BlobId
from surefoot.core.plan import digest_of
from surefoot.core.record import record


def shown_of(call: ToolCall) -> str:
    """Name what an approval of a call rests on, and by what an equal call is known."""
    # Two commands that differ in a secret alone are shown alike.
    private = (call.private,) if call.private else ()
    return f"call {digest_of((call.tool, call.command, *private))}"


@record(frozen=False, kw_only=False)
class ToolCallState:
    """One tool call and what became of it."""

    asked: ToolCall
    kind: ToolKind | None
    """What the tool does; None: there is no such tool."""
    is_open: bool = False
    question: str | None = None
    answer: str | None = None
    """What became of its command as a person says, until that has been acted on."""
    result: ToolCallFinished | ToolCallResolved | None = None
    """What became of it; None: nothing yet."""
    raised_by: str = ""
    """The rule that recognised in its command what reaches others; empty: none did, or it was not begun."""
    doubt: str = ""
    """Why nobody knows whether its command reached others, until somebody has said; empty: it is not in doubt."""

    @property
    def shown(self) -> str:
        """Name what an approval of the call rests on."""
        return shown_of(self.asked)


@record(frozen=False, kw_only=False)
class Turn:
    """One reply and its calls."""

    number: int
    answered: ModelResponded
    calls: list[ToolCallState]
    same_as: tuple[int, ...] = ()
    """Turns not long before it with the same reply, since which no file was changed."""
    messages: tuple[str, ...] = ()
    """What people said before it, by id."""
    is_focused: bool = False
    """Whether whole files were asked for, without tools."""
    tree: str | None = None
    """The tree of the lane when its reply came."""
    model: str = ""
    """The model that was asked."""
    at_seq: int = 0
    """The position of its reply in the journal."""

    @property
    def changed(self) -> tuple[str, ...]:
        """The paths that its calls changed."""
        results = (call.result for call in self.calls)
        found = (path for one in results if isinstance(one, ToolCallFinished) for path in one.changed)
        return tuple(dict.fromkeys(found))

    @property
    def is_over(self) -> bool:
        """Tell whether all of its calls have a result."""
        return all(call.result is not None for call in self.calls)


@record(frozen=False, kw_only=False)
class Conversation:
    """A conversation, within one attempt at one step."""

    role: Role
    is_begun: bool = False
    guidance: Guidance | None = None
    shown: tuple[Excerpt, ...] = ()
    """What it is shown before its first request."""
    turns: list[Turn] = field(default_factory=list[Turn])
    """Those that were answered, in order."""
    asked: ModelRequested | None = None
    due: float | None = None
    """When the next request may be made."""
    is_timed: bool = False
    """Whether a clock runs for that."""
    fault: ModelRequestFailed | None = None
    """Why the last request brought no usable reply, until one does."""
    too_long: int | None = None
    """The tokens of the last request that the model refused as too long."""
    position: int = 0
    """Which model of the role's chain is asked."""
    faults: int = 0
    """Requests in a row that brought no usable reply."""
    unusable: dict[Fault, tuple[int, ...]] = field(default_factory=dict[Fault, tuple[int, ...]])
    """Where in the journal replies stand that could not be used, by what was wrong; waiting does not help there."""
    idle: int = 0
    """Replies in a row that held no call."""
    focused: int = 0
    """Requests for whole files that brought a reply, usable or not."""
    misuses: int = 0
    stubbed: int = 0
    """Of turns up to this one long results stand in the brief as stubs."""
    folded: int = 0
    """Turns up to this one stand in the brief in short."""
    summary: BlobId | None = None
    """What a model wrote about the turns up to `summarised`."""
    summarised: int = 0
    summary_tokens: int = 0
    tree: str | None = None
    """The tree of the lane after the last call that wrote."""
    first_tree: str | None = None
    """The tree that it began with."""
    seen: dict[str, str] = field(default_factory=dict[str, str])
    """Files whose content the model has seen, with its digest."""
    usage: Usage = field(default_factory=Usage)
    worked_s: float = 0.0
    """How long its requests and calls took together, in seconds."""
    claim: Claim | None = None
    ended: ToolCallFinished | None = None
    stopped: ConversationStopped | None = None
    """Set when it was ended before the agent said that it is done."""
    reached_before: int = 0
    """So many commands of earlier attempts at the step reached others."""
    away: tuple[float, int] | None = None
    """For how long nobody worked on it when an engine last took it up again, in seconds, and after which turn."""
    looked: LookedAgain | None = None
    """What was found out after that about what it saw; None: nothing yet."""
    looked_at: int = 0
    """The position of that in the journal."""
    is_compressed: bool = False
    """Whether its briefs have half the room, as an earlier attempt grew too long."""
    words_before: int = 0
    """So much had been said by people when it began."""

    @property
    def repeats(self) -> int:
        """How often the last reply was given before, while no file was changed."""
        return len(self.turns[-1].same_as) if self.turns else 0

    @property
    def away_s(self) -> float | None:
        """For how long nobody worked on it before its next request; None: not for long."""
        return None if self.away is None or self.away[1] != len(self.turns) else self.away[0]

    @property
    def put_off(self) -> ToolCallFinished | None:
        """Return the call by which the agent ended its work while a person said something that it has not read yet."""
        results = (call.result for call in self.turns[-1].calls if call.kind is ToolKind.END) if self.turns else ()
        found = (one for one in results if isinstance(one, ToolCallFinished) and one.ok)
        return None if self.ended is not None else next(found, None)

    @property
    def is_open(self) -> bool:
        """Tell whether a tool call is being carried out."""
        return bool(self.turns) and any(call.is_open for call in self.turns[-1].calls)

    @property
    def changed(self) -> tuple[str, ...]:
        """The paths that its calls changed."""
        return tuple(dict.fromkeys(path for turn in self.turns for path in turn.changed))

    @property
    def has_changed_files(self) -> bool:
        """Tell whether one of its calls changed a file; of commands only the tree tells."""
        return any(turn.changed for turn in self.turns) or (
            None not in (self.tree, self.first_tree) and self.tree != self.first_tree
        )

    @property
    def is_reaching(self) -> bool:
        """Tell whether a command that reaches others is under way."""
        return bool(self.turns) and any(call.is_open and call.raised_by for call in self.turns[-1].calls)

    @property
    def doubtful(self) -> ToolCallState | None:
        """Return the call whose command may have reached others, while nobody has said whether it did."""
        calls = self.turns[-1].calls if self.turns else []
        return next((call for call in calls if call.doubt), None)

    def call(self, name: str) -> ToolCallState | None:
        """Return the call of that id."""
        turn = name.partition(".")[0]
        calls = (call for one in reversed(self.turns) if str(one.number) == turn for call in one.calls)
        return next((call for call in calls if call.asked.call == name), None)


def texts_of(conversation: Conversation) -> tuple[tuple[BlobId, ...], tuple[tuple[BlobId, BlobId], ...]]:
    """Return what an agent wrote and was told by calls that went well, and the arguments and outputs of the others."""
    known, failed = list[BlobId](), list[tuple[BlobId, BlobId]]()
    for call in (call for turn in conversation.turns for call in turn.calls):
        result = call.result
        if not isinstance(result, ToolCallFinished) or call.kind not in {ToolKind.READ, ToolKind.WRITE}:
            continue
        output = result.whole or result.output
        if not result.ok or result.absent is not None or result.exit_code:
            failed.append((call.asked.arguments, output))
        else:
            known += (call.asked.arguments, output) if call.kind is ToolKind.WRITE else (output,)
    return tuple(known), tuple(failed)
