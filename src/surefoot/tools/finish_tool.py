"""The tool `finish`: an agent's claim that it is done. It proves nothing: the checks decide."""

from __future__ import annotations

from surefoot.core.agent_types import Claim, Role, Statement
from surefoot.tools.argument_schema import Shape, flag, listed, record_of, text, texts
from surefoot.tools.arguments import Arguments
from surefoot.tools.tool_context import Tool, ToolContext, ToolResult, on_thread


def finish(arguments: Arguments, _context: ToolContext) -> ToolResult:
    """Take down a claim."""
    confidence = arguments.get("confidence")
    statements = arguments.objects("statements")
    claim = Claim(
        summary=arguments.text("summary"),
        changed=arguments.texts("changed"),
        statements=tuple(Statement(text=one.text("text"), evidence=one.text("evidence")) for one in statements),
        confidence=float(confidence) if isinstance(confidence, int | float) else None,
        uncertainties=arguments.texts("uncertainties"),
        changes_next=arguments.text("changes_next"),
        gives_up=arguments.flag("gives_up"),
        objections=arguments.texts("objections"),
    )
    return ToolResult(ok=True, text="taken down; the checks decide", payload=claim)


_KEYS: dict[str, Shape] = {
    "summary": text("What was done, in a few sentences."),
    "changed": texts("Files you have changed."),
    "statements": listed(
        record_of(
            {
                "text": text("What you say is so, in a sentence."),
                "evidence": text("The call that shows it: TURN.CALL, in numbers.", may_be_empty=True),
            },
            "text",
        ),
        "What you say to be so, each with its evidence. What has none is marked as unfounded.",
    ),
    "confidence": {"type": "number", "minimum": 0, "maximum": 1, "description": "How sure you are, from 0 to 1."},
    "uncertainties": texts("What you are not sure of."),
    "changes_next": text("What should change in the steps that follow, and why.", may_be_empty=True),
    "gives_up": flag("True if it cannot be done as it stands; the summary then says why."),
    "objections": texts("For reviewers: what speaks against the result, each with the place. None: nothing does."),
}
_OF_WORKERS = record_of({key: shape for key, shape in _KEYS.items() if key != "objections"}, "summary", "confidence")
_OF_REVIEWERS = record_of(
    {key: _KEYS[key] for key in ("summary", "objections", "statements", "confidence", "uncertainties")},
    "summary",
    "objections",
    "confidence",
)
_TEXT = (
    "End your work: say what you did and what you know to be so. It proves nothing: the checks decide. Say what "
    "you are not sure of."
)
_TEXT_FOR_REVIEWERS = (
    "End your work: say what speaks against the result, each with the place, or that nothing does. You can object, not "
    "pass: the checks decide."
)
TOOL = Tool(
    text=_TEXT,
    schema=record_of(_KEYS, "summary", "confidence"),
    basic=(
        "End your work: say what you did, and how sure you are, from 0 to 1. The checks decide.",
        record_of({key: _KEYS[key] for key in ("summary", "confidence")}, "summary", "confidence"),
    ),
    perform=on_thread(finish),
    summary=lambda arguments: arguments.text("summary"),
    for_role={Role.WORKER: (_TEXT, _OF_WORKERS), Role.REVIEWER: (_TEXT_FOR_REVIEWERS, _OF_REVIEWERS)},
)
