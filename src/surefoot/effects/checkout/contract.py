"""The contract of `checkout`: a lane holds another tree, for a check or an agent."""

from __future__ import annotations

from typing import ClassVar

from surefoot.core.event import StepEvent
from surefoot.core.raw import Digest
from surefoot.core.record import record
from surefoot.effects.effect import Effect, OnCrash, StepCommand


@record
class CheckoutRequested(StepEvent):
    """The lane is to hold another tree, for a check to be asked there."""

    version: ClassVar[int] = 2
    is_decision: ClassVar[bool] = True
    commit: Digest
    tree: Digest
    prepare: bool = False
    """Whether the lane is prepared anew, because the body changed what `prepare` had made; since version 2."""


@record
class TreeCheckedOut(StepEvent):
    """The lane holds that tree."""

    tree: Digest


@record
class CheckOutTree(StepCommand):
    """Make the lane hold a tree, with a commit checked out. Answered by `TreeCheckedOut`."""

    commit: str
    tree: str
    scratch: tuple[str, ...]
    prepare: bool = False
    """Whether the body changed what `prepare` had made, so that it is made anew."""


CHECKOUT = Effect(
    name="checkout",
    label="checking out the files",
    requested=CheckoutRequested,
    command=CheckOutTree,
    results=(TreeCheckedOut,),
    performer="surefoot.effects.checkout.perform:check_out_tree",
    on_crash=OnCrash.RESTORE,
)
