"""Events of trains: results that wait, and that are judged together."""

from __future__ import annotations

from typing import ClassVar

from surefoot.core.event import Event, StepEvent
from surefoot.core.ids import StepId
from surefoot.core.raw import Digest
from surefoot.core.record import record


@record
class ResultParked(StepEvent):
    """What is its own has passed in its lane: the result waits for a train, and the lane is free."""

    is_decision: ClassVar[bool] = True


@record
class TrainFormed(Event):
    """These results are judged together, each on top of those before it."""

    is_decision: ClassVar[bool] = True
    train: int
    cars: tuple[StepId, ...]
    onto: Digest
    """The head of the run branch."""
    onto_tree: Digest


@record
class TrainSplit(Event):
    """The last tree of a train does not pass: fewer results are judged at a time."""

    is_decision: ClassVar[bool] = True
    train: int
    kept: tuple[StepId, ...]
    """The results that go on in the train; the others wait for the next one."""
    why: str
