"""x."""

from surefoot.core.talk import Talk
from surefoot.core.talking import Claim


def ungrounded(claim: Claim, talk: Talk, changed: tuple[str, ...]) -> tuple[str, ...]:
    """Stub."""
    return ()
