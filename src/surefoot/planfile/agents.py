"""The body of a step that an agent carries out.

Owns the keys of `agent`. Must never know which models there are, nor what an agent may declare beside it:
`surefoot.core.agents` judges that. Read `surefoot.planfile.steps` next.
"""

from __future__ import annotations

import re
from functools import partial

from surefoot.core.plan import AgentBody, AgentLimits
from surefoot.planfile.fields import Fields, Page
from surefoot.planfile.tree import Table, Tree

AGENT_KEYS = ("do", "model", "turns", "limits")
AGENT_LIMITS_KEYS = ("cost_usd", "tokens", "requests")
_MODEL = re.compile(r"[A-Za-z][\w.-]*:.*\S")


def read_agent(page: Page, node: Tree) -> AgentBody | None:
    """Read what an agent is to do: a text, or a mapping that says more."""
    if not isinstance(node, Table):
        text = page.text(node)
        return None if text is None else AgentBody(instructions=text)
    fields = Fields.read(page, node, "`agent`", AGENT_KEYS)
    if fields is None:
        return None
    usual = AgentBody(instructions="")
    return AgentBody(
        instructions=fields.need("do", page.text, "", "what the agent is to do, in words,"),
        model=fields.take("model", partial(read_model, page), None),
        turns_max=fields.take("turns", page.count, usual.turns_max),
        limits=fields.take("limits", partial(_read_limits, page), usual.limits),
    )


def read_model(page: Page, node: Tree) -> str | None:
    """Read the name of a model with that of its provider."""
    text = page.text(node)
    if text is not None and _MODEL.fullmatch(text) is None:
        expected = "PROVIDER:NAME was expected; write it like that, as in anthropic:NAME or local:PATH.gguf"
        page.flaw(node, f"{text!r} does not say whose model it is; {expected}")
        return None
    return text


def _read_limits(page: Page, node: Tree) -> AgentLimits | None:
    fields = Fields.read(page, node, "`limits` of an agent", AGENT_LIMITS_KEYS)
    if fields is None:
        return None
    return AgentLimits(
        cost_usd=fields.take("cost_usd", page.number, None),
        tokens=fields.take("tokens", page.count, None),
        requests=fields.take("requests", page.count, None),
    )
