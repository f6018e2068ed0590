"""Events of results that proved wrong after they were verified, and of their way off the branch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar

from surefoot.core.event import Event
from surefoot.core.ids import StepId
from surefoot.core.raw import Digest, GivenName
from surefoot.core.record import record


@record
class Taint:
    """A step that is done again because of a result that was found wrong."""

    step: StepId
    by: StepId | None = None
    """The tainted step whose result it consumed; None: it was found wrong itself."""
    why: str = ""
    """What it consumed of that step, as the end of the sentence `it …`."""


@record
class TakingBack:
    """What is taken back, and what stays."""

    tainted: tuple[Taint, ...]
    """What was found wrong and all that consumed it, in the order of the results."""
    kept: tuple[StepId, ...] = ()
    """The later results that did not: they are brought onto the branch anew, in this order, and judged again."""
    onto: Digest | None = None
    """The commit that the branch goes back to; None: no commit has to go."""
    tree: Digest | None = None
    rests_on: Mapping[StepId, tuple[StepId, ...]] = field(default_factory=dict[StepId, tuple[StepId, ...]])
    """By step: those among all of these whose results it had consumed; it comes after them again."""


@record
class StepsFoundWrong(Event):
    """Somebody says that verified steps are wrong. What consumed them and runs is brought to its end first."""

    is_waited_for: ClassVar[bool] = True
    steps: tuple[StepId, ...]
    why: str
    by: GivenName


@record
class ResultsTakenBack(Event):
    """The results that were found wrong are off the branch, with all that consumed them."""

    is_decision: ClassVar[bool] = True
    is_waited_for: ClassVar[bool] = True
    taken: TakingBack
