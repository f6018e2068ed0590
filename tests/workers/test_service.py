"""What a service that could not start is told with: the key that would open what the sandbox refused."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.event_words import Diagnosis
from surefoot.core.plan import Service
from surefoot.sandbox import Rung

LOOKUP = "getaddrinfo ENOTFOUND db.example"
NO_NETWORK = "(the plan gives this service no network; `network: true` would)"
NO_WRITE = "(the sandbox lets it write only in its lane; write there)"


def failed(lane: Any, said: str, rung: Rung = Rung.LANDLOCK) -> ev.EffectFailed:
    """Start a service that says something and ends; return its failure."""
    lane.context.rung = rung
    service = Service(name="db", run=f"echo '{said}' >&2; exit 1", ready="false")
    event = lane.perform(do.StartService(step=None, attempt=1, lane="0", service=service, up=()))
    assert isinstance(event, ev.EffectFailed)
    return event


@pytest.mark.parametrize(("said", "cure"), [(LOOKUP, NO_NETWORK), ("mkdir: /var/db: Permission denied", NO_WRITE)])
def test_a_service_that_the_sandbox_refused_something_says_what_would_open_it(lane: Any, said: str, cure: str) -> None:
    """Its last lines stay below; a service has neither `writes` nor `confine` (M118)."""
    expected = f"service db ended with exit status 1 before it was ready {cure}: {said}"
    assert failed(lane, said).reason == expected


@pytest.mark.parametrize(
    ("rung", "diagnosis"), [(Rung.LANDLOCK, Diagnosis.STRUCTURAL), (Rung.PLAIN, Diagnosis.TRANSIENT)]
)
def test_a_lookup_without_a_network_is_not_tried_again(lane: Any, rung: Rung, diagnosis: Diagnosis) -> None:
    """Where the sandbox is what refused it: the next attempt would find no network, either."""
    assert failed(lane, LOOKUP, rung).diagnosis is diagnosis
