"""Tools: what agents can do in their lane. Each is a row in `surefoot.core.tool_table` and a module here."""

from surefoot.tools.agents_md import Found, guidance_of
from surefoot.tools.registry import (
    arguments_of,
    basic_specs_of,
    flaw_of,
    question_of,
    shell_command_of,
    specs_of,
    summary_of,
    use,
)
from surefoot.tools.tool_context import ToolContext, ToolResult, failed

__all__ = [
    "Found",
    "ToolContext",
    "ToolResult",
    "arguments_of",
    "basic_specs_of",
    "failed",
    "flaw_of",
    "guidance_of",
    "question_of",
    "shell_command_of",
    "specs_of",
    "summary_of",
    "use",
]
