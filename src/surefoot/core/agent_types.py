"""Records that runtime and models exchange: roles, requests, replies, tool calls, claims.

A *conversation* is what one role says and does within one attempt: turn by turn a request, a reply, and the reply's
tool calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, fields
from enum import StrEnum
from typing import ClassVar

from surefoot.core.ids import BlobId, StepId
from surefoot.core.policy_types import CommandFacts
from surefoot.core.raw import SETTINGS, Digest, Handle, ProviderName, Raw, ToolName
from surefoot.core.record import record


class Role(StrEnum):
    """A named duty with its own tools, models and limits."""

    SCOUT = "scout"
    """Finds out what there is, in UNDERSTAND."""
    PLANNER = "planner"
    """Makes the plan, in PLAN."""
    REPLANNER = "replanner"
    """The planner once more, in EXECUTE: changes the plan in force, or leaves it."""
    WORKER = "worker"
    """Carries out one attempt at one step, in EXECUTE."""
    REVIEWER = "reviewer"
    """Looks at the whole result with fresh eyes, in VALIDATE; may object, never pass."""

    @property
    def cast(self) -> Role:
        """The role whose models play it."""
        return Role.PLANNER if self is Role.REPLANNER else self


CAST = tuple(role for role in Role if role.cast is role)
"""The roles that models are named for."""


class Fault(StrEnum):
    """Why a model did not give a reply that can be used; decides what is done about it."""

    RATE_LIMIT = "rate_limit"
    """Too many requests; passes by itself, after `retry_after_s` where the provider says so."""
    OVERLOADED = "overloaded"
    UNAVAILABLE = "unavailable"
    """No connection, a connection that broke, or an error of the server."""
    TIMEOUT = "timeout"
    QUOTA = "quota"
    AUTH = "auth"
    """The key is missing, wrong, or may not use this model."""
    UNKNOWN_MODEL = "unknown_model"
    BAD_REQUEST = "bad_request"
    """The provider will not take the request as it is, now or later."""
    CONTEXT = "context"
    """The request is longer than the model takes."""
    REFUSED = "refused"
    """The model, or a filter of its provider, will not answer."""
    CUT = "cut"
    """The reply ended before it was complete."""
    MALFORMED = "malformed"
    EMPTY = "empty"
    """There is neither text nor a tool call in the reply."""

    @property
    def passes(self) -> bool:
        """Tell whether asking the same model again later may help."""
        return self in (Fault.RATE_LIMIT, Fault.OVERLOADED, Fault.UNAVAILABLE, Fault.TIMEOUT)


class Finish(StrEnum):
    """Why a model stopped writing."""

    STOP = "stop"
    TOOLS = "tools"
    LENGTH = "length"
    FILTER = "filter"


class ToolKind(StrEnum):
    """What a tool does; decides how its calls are ordered, and what follows a crash."""

    READ = "read"
    """Changes nothing: calls of one reply run side by side, and again after a crash."""
    WRITE = "write"
    """Changes the lane: one after the other; after a crash the lane goes back to where the last one left it."""
    ASK = "ask"
    """Is answered by a person."""
    NOTE = "note"
    """Only says something to the runtime."""
    END = "end"
    """Ends the conversation."""


@record
class Usage:
    """What requests to models took."""

    requests: int = 0
    input_tokens: int = 0
    """Tokens sent, those read from a cache included."""
    output_tokens: int = 0
    cache_read_tokens: int = 0
    """Of those sent, the ones the provider had in its cache."""
    cache_write_tokens: int = 0
    """Of those sent, the ones it put there."""
    cost_usd: float = 0.0
    """What they cost, in US dollars, where the price is known."""
    lost_usd: float = 0.0
    """Of that, what was reserved for requests whose reply was lost, so that nobody knows."""

    def plus(self, other: Usage) -> Usage:
        """Return both together."""
        return Usage(
            requests=self.requests + other.requests,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cache_read_tokens=self.cache_read_tokens + other.cache_read_tokens,
            cache_write_tokens=self.cache_write_tokens + other.cache_write_tokens,
            cost_usd=self.cost_usd + other.cost_usd,
            lost_usd=self.lost_usd + other.lost_usd,
        )

    def minus(self, other: Usage) -> Usage:
        """Return what came after the other."""
        return Usage(**{one.name: getattr(self, one.name) - getattr(other, one.name) for one in fields(Usage)})

    @property
    def tokens(self) -> int:
        """Tokens in all."""
        return self.input_tokens + self.output_tokens


@record
class Price:
    """What a model costs, in US dollars for a million tokens."""

    input_usd: float
    """Sent."""
    output_usd: float
    """Written."""
    cache_read_usd: float | None = None
    """Sent and found in the provider's cache; None: as any sent."""
    cache_write_usd: float | None = None
    """Sent and put into the provider's cache; None: as any sent."""
    origin: str = ""
    """Where the price was found: `settings`, or a price list with its version."""


@record
class ModelFacts:
    """What is known of a model beforehand."""

    name: str
    """`provider:name`."""
    price: Price | None = None
    """What it costs; None: unknown."""
    context_tokens: int | None = None
    """The longest request and reply together; None: unknown."""
    output_tokens_max: int = 4096
    native_tools: bool = True
    """Whether it takes tools as such; else they are put to it as a schema its reply has to follow."""


@record
class RoleModels:
    """Which models play a role."""

    chain: tuple[ModelFacts, ...]
    """The first is asked; the next one where a model has no capacity, no quota, or refuses."""
    stronger: ModelFacts | None = None
    """Asked in the last attempt, once those in the chain have failed the step."""


@record
class ModelRouting:
    """Who plays what in a run, and what that costs; journaled as it was when an engine began."""

    raw: ClassVar[Raw] = SETTINGS

    roles: Mapping[str, RoleModels] = field(default_factory=dict[str, RoleModels])
    """For each role, by its word."""
    unknown_price: str = "refuse"
    """What is done about a model without a known price: `refuse` or `tokens-only`."""
    brief_tokens_max: int = 32_000
    """No brief is longer, whatever the model takes."""
    with_planner: bool = False
    """Whether somebody named a model for the planner: then it is asked where a step of a written plan fails, too."""
    with_reviewer: bool = False
    remind_every: int = 5
    """After so many turns an agent is told its goal once more."""


@record
class ToolCall:
    """A tool call as a model has asked for it."""

    call: Handle
    """Its id in the conversation: `TURN.NUMBER`, both from 1."""
    tool: ToolName
    arguments: BlobId
    """Its arguments, as JSON, with secrets masked: to be shown."""
    summary: str
    """The call in a line, for people and for briefs in which the arguments have no room."""
    tokens: int = 0
    does: CommandFacts | None = None
    """For shell commands: what they do, as far as their text tells."""
    command: str = ""
    """For shell commands: the text; for questions to a person: the question."""
    options: tuple[str, ...] = ()
    """For questions to a person: the answers it takes; empty: any text."""
    flaw: str = ""
    """Why the arguments cannot be used, and what was expected; empty where they can."""
    provider_id: ProviderName = ""
    private: Handle = ""
    """The name of its arguments as the model wrote them, in the private store of the run; empty: nothing in
    `arguments` is masked."""
    kind: ToolKind | None = None
    """What its tool does; None: there is no such tool, or the event is older than this field."""


@record
class Reached:
    """A command of an agent that reached others, or may have."""

    call: str
    """The call, as `TURN.NUMBER`."""
    attempt: int
    command: str
    shown: str
    """By what an equal command is known."""
    rule: str
    key: str
    """Its idempotency key."""
    applied: bool | None = None
    """Whether it is known to have happened; None: nobody knows."""


@record
class Statement:
    """One thing a claim says, and what it is said to rest on."""

    text: str
    """What is said, such as `all tests pass`."""
    evidence: str = ""
    """The call (`TURN.NUMBER`) or blob it rests on; empty: none is named."""


@record
class Claim:
    """What an agent says when it says that it is done. It proves nothing: checks do."""

    summary: str
    changed: tuple[str, ...] = ()
    """Files it says to have changed."""
    statements: tuple[Statement, ...] = ()
    confidence: float | None = None
    """How sure it says to be, from 0 to 1."""
    uncertainties: tuple[str, ...] = ()
    changes_next: str = ""
    """What should change in the steps that follow, and why; empty: nothing."""
    gives_up: bool = False
    objections: tuple[str, ...] = ()
    """For reviewers: what speaks against the result."""


@record
class KeyFile:
    """A file that matters for the goal."""

    path: str
    learned: str


@record
class Understanding:
    """What is known before a plan is made: the record that UNDERSTAND ends with, but for the baseline."""

    summary: str
    """What the goal asks for, and how things stand, in a few sentences."""
    files: tuple[KeyFile, ...] = ()
    scope: tuple[str, ...] = ()
    """Globs over files that the work may change; empty: everything."""
    risks: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    """What is not known and could not be found out."""
    requirements: tuple[str, ...] = ()
    """What the goal asks for, one thing each."""


@record
class Note:
    """A fact that somebody noted, to be kept in every later brief of the run."""

    text: str
    by: Handle
    """The step it was noted in, or who."""
    call: Handle = ""


@record
class Lesson:
    """What an attempt that failed has taught."""

    attempt: int
    tried: str
    said: str
    """What the check, or the runtime, said to it."""


@record
class Guidance:
    """A project's own advice to agents: untrusted, changes neither tiers nor scope."""

    path: str
    text: BlobId
    digest: Digest
    """SHA-256 of its bytes, in hex."""
    tokens: int


class ExcerptKind(StrEnum):
    """What an agent is shown before its first request."""

    OUTPUT = "output"
    """What a check printed that is red before the work."""
    FILE = "file"
    """A file, whole."""
    SIZES = "sizes"
    """Files that matter and are too long to be shown, with their sizes."""
    TESTS = "tests"
    """Commands that seem to run the tests of the project."""
    TREE = "tree"
    """The files of the repository, folders in short where there are many."""
    LOG = "log"
    """The latest commits, and what those of the run have changed."""


@record
class Excerpt:
    """A text that an agent is shown before its first request: untrusted, as everything in files and outputs is."""

    kind: ExcerptKind
    name: str = ""
    """The path of a file, or the question of a check."""
    text: BlobId
    """The text, fenced."""
    tokens: int


@record
class RedCheck:
    """A check that is red before the work, and that the agent may know of."""

    asks: str
    text: str
    """What its answer said."""
    evidence: BlobId | None
    """All that it printed."""


@record
class FirstLook:
    """What an agent is to be shown before its first request."""

    role: Role
    commit: str
    """The commit that the lane holds."""
    base: str
    """The commit that the run began with."""
    writes: tuple[str, ...]
    about: str
    """The words that say what is to be done: files that they name are shown."""
    red: tuple[RedCheck, ...]
    room: int
    """So many tokens may take what it is shown."""


@record
class GoalOptions:
    """What the person who gave a goal in words wants done with it."""

    plan_only: bool = False


@record
class Spent:
    """What models took for one purpose."""

    phase: str
    step: StepId
    role: Role
    model: str
    usage: Usage


@record
class ToolUse:
    """How often a model called a tool."""

    model: str
    tool: str
    """Its name; all tools that there are not count as `UNKNOWN_TOOL`."""
    calls: int = 0
    misused: int = 0
    """Of these the ones that were wrong in themselves: refused, or not carried out as asked."""


UNKNOWN_TOOL = "(unknown)"


@record
class Part:
    """A piece of a brief: a text, or a blob that holds one."""

    speaker: str
    """`system`, `user`, `model` or `tool`."""
    tokens: int
    text: str = ""
    """The text; for a blob what stands before it."""
    blob: BlobId | None = None
    """The text, or for `model` the reply in our own form."""
    file: str = ""
    """For a blob that is a reply with whole files: the one whose text is meant."""
    tool: str = ""
    """The tool whose schema stands behind the text, with an example of a call."""
    turn: int = 0
    """For `model`: the turn it is the reply of."""
    call: str = ""
    """For `tool`: the call it is the result of."""
    is_stub: bool = False
    """Whether it stands for a longer text, which `recall` brings back."""
    is_cache_end: bool = False
    """Whether everything up to here will be said again in the next request."""
