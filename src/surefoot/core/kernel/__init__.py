"""The kernel: `apply` folds one event into the state, `decide` says what shall happen next.

Owns every decision of a run. Both functions are deterministic and touch nothing but their arguments; `decide` does not
even change those. An event that cannot happen in a state raises `IllegalTransition` and changes nothing.

A run goes through its phases at the gates in `run_rules`; within EXECUTE each active step is asked, rule by rule, what
its attempt still lacks (`attempt_rules`), and the first thing missing is proposed. An effect whose outcome is unknown
is settled before anything else (`surefoot.core.recovery`).

`decide` is loaded on first use: who only reads a run needs `apply` alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from surefoot.core.kernel.apply import apply, first_state
from surefoot.core.kernel.proposal import Proposal

if TYPE_CHECKING:
    from surefoot.core.kernel.run_rules import decide

__all__ = ["Proposal", "apply", "decide", "first_state"]


def __getattr__(name: str) -> object:
    """Load `decide` on first use."""
    if name != "decide":
        raise AttributeError(f"module 'surefoot.core.kernel' has no attribute {name!r}")
    from surefoot.core.kernel.run_rules import decide

    return decide
