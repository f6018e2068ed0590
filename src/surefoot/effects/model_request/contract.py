"""The contract of `model_request`: a model is asked once."""

from __future__ import annotations

from typing import ClassVar

from surefoot.core.agent_types import Fault, Finish, ModelFacts, Part, Role, ToolCall, Usage
from surefoot.core.event import StepEvent
from surefoot.core.ids import BlobId
from surefoot.core.raw import GivenName, Handle
from surefoot.core.record import record
from surefoot.effects.effect import Breakage, Effect, OnCrash, StepCommand


@record
class ModelRequested(StepEvent):
    """A model is to be asked; what it may take is reserved."""

    version: ClassVar[int] = 2
    is_decision: ClassVar[bool] = True
    is_waited_for: ClassVar[bool] = True
    turn: int
    """Numbered from 1 in each conversation. A turn whose reply was lost, or could not be used, is asked again."""
    model: GivenName
    """`provider:name`."""
    tokens: int
    reserved_usd: float = 0.0
    """What the request may cost at worst; 0 where the price is unknown."""
    reserved_tokens: int = 0
    stubbed: int = 0
    """Of turns up to this one long results stand in the brief as stubs."""
    folded: int = 0
    """Turns up to this one stand in the brief in short."""
    is_summary: bool = False
    """Whether it asks for a summary of those, and is no turn of the conversation itself."""
    temperature: float | None = None
    """How freely the model is to choose its words; None: as its provider has it; since version 2."""
    messages: tuple[Handle, ...] = ()
    """What people said since the last reply, by id; it stands at the end of the request; since version 2."""
    is_focused: bool = False
    """Whether it asks for whole files, without tools; since version 2."""


@record
class ModelResponded(StepEvent):
    """A model replied."""

    version: ClassVar[int] = 2
    is_waited_for: ClassVar[bool] = True
    turn: int
    model: str
    """The model that answered, as the provider names it."""
    reply: BlobId
    """The reply in our own form: text, and calls with their arguments."""
    said: str
    """How its text begins."""
    tokens: int
    """About how many tokens the reply takes in later briefs."""
    calls: tuple[ToolCall, ...] = ()
    finish: Finish = Finish.STOP
    usage: Usage = Usage()
    raw: BlobId | None = None
    """The reply as the provider library holds it: to be kept, not to be read."""
    duration_s: float = 0.0


@record
class ModelRequestFailed(StepEvent):
    """There is no usable reply."""

    is_waited_for: ClassVar[bool] = True
    turn: int
    fault: Fault
    text: str
    retry_after_s: float | None = None
    usage: Usage | None = None
    """What it took all the same; None: nobody knows, so that what was reserved counts as spent."""
    said: BlobId | None = None
    """What of a reply had come."""


@record
class RequestModel(StepCommand):
    """Ask a model once. Answered by `ModelResponded` or `ModelRequestFailed`."""

    turn: int
    role: Role
    facts: ModelFacts
    parts: tuple[Part, ...]
    must_hold: tuple[str, ...] = ()
    """For summaries: what must not be lost; put behind a reply that does not hold it."""
    is_summary: bool = False
    has_stubs: bool = False
    """Whether texts stand in the brief in short, so that there is something to recall."""
    temperature: float | None = None
    whole_files: tuple[str, ...] = ()
    """The files that are asked for whole, as one call of `edit`; none: the request has tools."""
    without_tools: tuple[str, ...] = ()
    """The tools of its role that were taken away."""


def _model_request_failed(command: RequestModel, how: Breakage) -> ModelRequestFailed:
    return ModelRequestFailed(
        **command.at(how.at),
        turn=command.turn,
        fault=Fault.UNAVAILABLE,
        text=how.reason,
    )


MODEL_REQUEST = Effect(
    name="model_request",
    label="asking the model",
    requested=ModelRequested,
    command=RequestModel,
    results=(ModelResponded, ModelRequestFailed),
    performer="surefoot.effects.model_request.perform:request_model",
    on_crash=OnCrash.REDO,
    is_ended_by_pause=True,
    broken=_model_request_failed,
)
