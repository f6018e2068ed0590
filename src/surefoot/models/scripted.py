"""A Python function as a model, for programs that run plans themselves."""

from __future__ import annotations

from surefoot.models.client import Providers
from surefoot.models.scripts import Script


def scripted(function: Script) -> Providers:
    """Return what asks the function in place of every model: `Options(asking=scripted(function))`.

    The function is given a `ScriptedRequest`, may be `async`, and returns a text, a list of `(tool, arguments)`, or a
    `ScriptedReply`. What it returns has to follow from what it is given: after a kill it is asked again.
    """
    return Providers({}, {}, function)
