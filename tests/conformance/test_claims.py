"""What all claims do: one engine a run, who holds it, and taking it over; with real programs as holders."""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from surefoot.core.ids import RunId
from surefoot.errors import RunHeld
from surefoot.journal.claim import FlockClaims
from surefoot.ports.storage import Claims
from tests.conformance.holders import RUN, Start, child_of, holders

IMPLEMENTATIONS: Mapping[str, Callable[[Path], Claims]] = {"flock": FlockClaims}
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who holds a lock")


@pytest.fixture(params=IMPLEMENTATIONS.values(), ids=IMPLEMENTATIONS)
def claims(request: pytest.FixtureRequest, tmp_path: Path) -> Claims:
    """Claims of each kind, none of them held."""
    return request.param(tmp_path)


@pytest.fixture
def start(claims: Claims, tmp_path: Path) -> Iterator[Start]:
    """Starts other programs that hold the run; they end with the test."""
    with holders(type(claims), tmp_path) as one:
        yield one


def test_a_run_nobody_holds_is_claimed(claims: Claims) -> None:
    """And says who holds it from then on."""
    claim = claims.acquire(RUN)
    holder = claims.holder(RUN)
    assert holder is not None
    assert (holder.pid, holder.host, holder.is_visible) == (os.getpid(), os.uname().nodename, True)
    claim.release()


def test_a_held_run_is_refused_by_name(claims: Claims, start: Start) -> None:
    """The error names pid, host, command and the way out, also in another program."""
    program = start()
    with pytest.raises(RunHeld, match=rf"pid {program.pid} on .* since .*resume {RUN} --take-over") as caught:
        claims.acquire(RUN)
    assert caught.value.facts["holder"].pid == program.pid
    assert pickle.loads(pickle.dumps(caught.value)).facts["holder"].pid == program.pid  # noqa: S301


def test_the_same_program_cannot_claim_twice(claims: Claims) -> None:
    """Two engines in one program are two engines."""
    claim = claims.acquire(RUN)
    with pytest.raises(RunHeld):
        claims.acquire(RUN)
    claim.release()


def test_a_released_run_is_free(claims: Claims) -> None:
    """Releasing twice does no harm to the next holder."""
    first = claims.acquire(RUN)
    first.release()
    second = claims.acquire(RUN)
    first.release()
    assert claims.holder(RUN) is not None
    second.release()


def test_a_killed_holder_leaves_the_run_free(claims: Claims, start: Start) -> None:
    """No claim outlives its program."""
    program = start()
    program.kill()
    program.wait()
    assert claims.holder(RUN) is None
    claims.acquire(RUN).release()


def test_a_child_of_a_killed_holder_holds_nothing(claims: Claims, start: Start) -> None:
    """The lock is not inherited."""
    program = start("child")
    child = child_of(program)
    program.kill()
    program.wait()
    try:
        claims.acquire(RUN).release()
    finally:
        os.kill(child, signal.SIGKILL)


def test_taking_over_a_free_run_ends_nobody(claims: Claims, start: Start) -> None:
    """Nor does it end who held it before."""
    claims.acquire(RUN).release()
    claims.take_over(RUN, grace_s=0.0).release()


def test_a_claim_on_one_run_is_none_on_another(claims: Claims) -> None:
    """Engines work on different runs side by side."""
    first, second = claims.acquire(RUN), claims.acquire(RunId("20260102-zzzzzz"))
    first.release()
    second.release()


@linux_only
def test_a_holder_is_asked_to_stop_before_it_is_taken_over(claims: Claims, start: Start) -> None:
    """One that listens ends in its own way."""
    program = start("polite")
    claims.take_over(RUN, grace_s=60.0).release()
    assert program.wait() == 3


@linux_only
def test_a_holder_that_does_not_stop_is_killed(claims: Claims, start: Start) -> None:
    """Its time is over after the grace."""
    program = start("stubborn")
    claims.take_over(RUN, grace_s=0.05).release()
    assert program.wait() == -signal.SIGKILL


@linux_only
def test_an_engine_does_not_end_itself(claims: Claims) -> None:
    """A program that holds the run cannot take it over."""
    claim = claims.acquire(RUN)
    with pytest.raises(RunHeld):
        claims.take_over(RUN, grace_s=0.0)
    claim.release()
