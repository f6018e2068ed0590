"""The records of model settings: roles, addresses, prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from surefoot.core.agent_types import Price
from surefoot.core.record import record


@record
class Endpoint:
    """An address at which models are asked."""

    name: str
    """What comes before the colon: `NAME:model`."""
    base_url: str
    """Where it is, with the version in the path where the provider has one."""
    kind: str = "openai"
    """The interface it speaks: `openai` (chat completions) or `anthropic` (messages)."""
    key_env: str | None = None
    """The variable that holds the key; None: it takes none."""
    native_tools: bool = True
    """Whether its models take tools as such."""
    context_tokens: int | None = None
    """The longest request and reply together; None: unknown."""
    output_tokens_max: int | None = None
    """No reply may be longer; None: as for any model."""


@record
class ModelSettings:
    """What `[models]`, `[providers]` and `[prices]` say; None and nothing where they say nothing."""

    chains: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """For a role by its word, or `default` for all others: the model, and those asked where it has nothing to give."""
    stronger: str | None = None
    """Asked in the last attempt."""
    unknown_price: str | None = None
    """What is done about a model without a known price: `refuse` or `tokens-only`."""
    brief_tokens: int | None = None
    """No brief is longer."""
    output_tokens: int | None = None
    """No reply is longer."""
    review: bool | None = None
    """Whether a reviewer looks at the result."""
    timeout_s: float | None = None
    """No reply within so many seconds is a time-out."""
    endpoints: Mapping[str, Endpoint] = field(default_factory=dict[str, Endpoint])
    """Addresses by their names."""
    prices: Mapping[str, Price] = field(default_factory=dict[str, Price])
    """Prices by `provider:name`, or `provider:*` for all of one."""
