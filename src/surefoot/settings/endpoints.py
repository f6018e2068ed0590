"""Providers of models that the user's settings name.

Owns what is known of an address that speaks a provider's interface. Must never hold a key: it names the variable that
does. Read `surefoot.models.providing` next.
"""

from __future__ import annotations

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
