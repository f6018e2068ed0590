"""Names of providers: which variables hold their keys, and which extra brings their library.

Owns what has to be known of a provider before its library is loaded. Must never import one. Read
`surefoot.models.providing` next.
"""

from __future__ import annotations

from collections.abc import Mapping

KEYS: Mapping[str, tuple[str, ...]] = {
    "anthropic": ("ANTHROPIC_API_KEY",),
    "openai": ("OPENAI_API_KEY",),
    "openai-chat": ("OPENAI_API_KEY",),
    "openai-responses": ("OPENAI_API_KEY",),
}
"""For each provider the variables of which one holds its key."""
EXTRAS: Mapping[str, str] = {}
"""For each provider that is not in the base installation the extra that brings it."""
